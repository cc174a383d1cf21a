package reports_test

import (
	"errors"
	"iter"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/preflight"
	"adferry/plan"
	"adferry/reports"
)

func TestPlanGolden(t *testing.T) {
	p, f := planned(t)
	for name, asJSON := range map[string]bool{"plan.txt": false, "plan.json": true} {
		var out strings.Builder
		if err := reports.NewPlan("merger.csv", p, f).Write(&out, asJSON); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.String())
	}
}

func TestCheckedPlanGolden(t *testing.T) {
	p, f := planned(t)
	d := reports.NewPlan("merger.csv", p, f)
	d.Check = &preflight.Finding{
		ToDo: 1, Already: map[jobs.Reason]int{jobs.AlreadyPresent: 1}, Problems: map[jobs.Reason]int{jobs.Denied: 2},
		Calls: 9, Least: preflight.Duration(time.Minute), Most: preflight.Duration(time.Hour), Untold: 1, Unread: 1,
		Accounts: []preflight.AccountFinding{
			{Account: "11", Readable: true, ToDo: 1, Already: 1, Writes: 1},
			{Account: "22", Error: "(#200) no\x1b[31m", Failing: 2},
		},
	}
	for name, asJSON := range map[string]bool{"plan_check.txt": false, "plan_check.json": true} {
		var out strings.Builder
		if err := d.WriteChecked(&out, asJSON, checkedRows(nil)); err != nil {
			t.Fatal(err)
		}
		golden(t, name, out.String())
	}
}

// A job that cannot be read to its end leaves no report that looks whole.
func TestCheckedPlanUnreadable(t *testing.T) {
	p, f := planned(t)
	d := reports.NewPlan("merger.csv", p, f)
	d.Check = &preflight.Finding{}
	broken := errors.New("broken")
	for _, asJSON := range []bool{false, true} {
		var out strings.Builder
		if err := d.WriteChecked(&out, asJSON, checkedRows(broken)); !errors.Is(err, broken) {
			t.Errorf("got error %v, want %v", err, broken)
		}
	}
}

func checkedRows(fail error) iter.Seq2[preflight.RowFinding, error] {
	return seq([]preflight.RowFinding{
		{Row: 2, Operation: "copy", Source: "11", Hash: hash(1), Target: "22", Status: jobs.StatusFailed, Reason: jobs.Denied, Message: "(#200) no\x1b[31m"},
		{Row: 3, Operation: "copy", Source: "11", Hash: hash(2), Target: "11", Status: jobs.StatusSkipped, Reason: jobs.AlreadyPresent},
	}, fail)
}

// planned is a plan of each kind of row, with its forecast.
func planned(t *testing.T) (*plan.Plan, preflight.Forecast) {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("operation,source_account,hash,target_account\n")
	for _, row := range []string{
		"copy,11," + string(hash(1)) + ",22", "copy,11," + string(hash(1)) + ",22",
		"move,11," + string(hash(2)) + ",22", "delete,33," + string(hash(3)) + ",",
	} {
		rows.WriteString(row + "\n")
	}
	p, err := plan.Read(strings.NewReader(rows.String()), nil)
	if err != nil {
		t.Fatal(err)
	}
	return p, preflight.Forecast{
		Reads: 8, Writes: 4, Calls: 12, Points: 20, Full: preflight.Duration(90 * time.Second), Limited: preflight.Duration(30 * time.Hour),
		Accounts: []preflight.AccountForecast{
			{Account: "11", Deletes: 1, Reads: 4, Calls: 5, Points: 7, Full: preflight.Duration(time.Second), Limited: preflight.Duration(30 * time.Hour)},
			{Account: "22", Copies: 2, Reads: 4, Calls: 6, Points: 10, Full: preflight.Duration(90 * time.Second)},
		},
		Times: []preflight.TimeForecast{
			{Limits: preflight.AllLimits, Full: preflight.Duration(90 * time.Second), Limited: preflight.Duration(30 * time.Hour)},
			{Limits: preflight.NoScore, Full: preflight.Duration(90 * time.Second), Limited: preflight.Duration(30 * time.Hour)},
			{Limits: preflight.HourlyLimit, Limited: preflight.Duration(2 * time.Hour)},
		},
	}
}

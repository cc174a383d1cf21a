package cleanup_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/cleanup"
	"adferry/plan"
)

func schedules(t *testing.T, text string) []cleanup.Scheduled {
	t.Helper()
	all, err := cleanup.ParseSchedules("schedules.csv", "/dir", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestParseSchedules(t *testing.T) {
	all := schedules(t, "\ufeffSchedule,cron,accounts,yes,timezone,unused,older_than,name,keep,min_age,max_delete,backup,keep_jobs\r\n"+
		"nightly,0 3 * * *,act_11 22 act_11,yes,Europe/Berlin,yes,180d,tmp-*,keep.csv /etc/more.csv,0,5%,/kept,30\r\n"+
		"weekly,@weekly,11,yes,,yes,,,,,,,\r\n")
	s := all[0]
	if len(all) != 2 || s.Name != "nightly" || !slices.Equal(s.Accounts, []plan.Account{"11", "22"}) || !s.Policy.Unused || s.Policy.OlderThan != 180*24*time.Hour ||
		s.Policy.Name != "tmp-*" || s.Policy.MinAge != 0 || s.Limit != (jobs.Limit{Percent: 5, Set: true}) || !slices.Equal(s.Keep, []string{"/dir/keep.csv", "/etc/more.csv"}) ||
		s.Backup != "/kept" || s.KeepJobs != 30 {
		t.Errorf("got %+v", s)
	}
	if w := all[1]; w.Limit != cleanup.DefaultLimit || w.Policy.MinAge != cleanup.DefaultMinAge {
		t.Errorf("got %+v, want the defaults of cleanup", w)
	}
}

// What would delete more than meant, or never, is refused with its line.
func TestParseSchedulesProblems(t *testing.T) {
	const header = "schedule,cron,accounts,yes,unused,timezone,older_than,backup,max_delete,min_age,keep_jobs\n"
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "line 1"},
		{"no consent column", "schedule,cron,accounts\n", "line 1: there is no column yes"},
		{"other column", "schedule,cron,accounts,yes,olderthan\n", `the column "olderthan" is not one of`},
		{"column twice", "schedule,cron,accounts,yes,yes\n", "the column yes comes twice"},
		{"no row", header, "has no schedule"},
		{"name", header + "a b,@daily,11,yes,yes,,,,,,\n", "line 2: schedule: "},
		{"twice", header + "a,@daily,11,yes,yes,,,,,,\na,@daily,12,yes,yes,,,,,,\n", "line 3: line 2 has a schedule a already"},
		{"cron", header + "a,61 3 * * *,11,yes,yes,,,,,,\n", "line 2: cron: "},
		{"cron with seconds", header + "a,0 0 3 * * *,11,yes,yes,,,,,,\n", "line 2: cron: "},
		{"interval", header + "a,@every 1h,11,yes,yes,,,,,,\n", "line 2: cron: @every"},
		{"never", header + "a,0 0 30 2 *,11,yes,yes,,,,,,\n", "line 2: cron: it is never due"},
		{"zone in cron", header + "a,CRON_TZ=UTC 0 3 * * *,11,yes,yes,,,,,,\n", "line 2: cron: it names a time zone"},
		{"zone", header + "a,@daily,11,yes,yes,Berlin,,,,,\n", "line 2: timezone: "},
		{"this machine's zone", header + "a,@daily,11,yes,yes,Local,,,,,\n", "line 2: timezone: "},
		{"account", header + "a,@daily,act_x,yes,yes,,,,,,\n", "line 2: accounts: "},
		{"no account", header + "a,@daily,,yes,yes,,,,,,\n", "line 2: accounts: it names no ad account"},
		{"selects all", header + "a,@daily,11,yes,,,,,,,\n", "line 2: policy: it selects nothing"},
		{"age", header + "a,@daily,11,yes,,,30m,,,,\n", "line 2: older_than: "},
		{"least age", header + "a,@daily,11,yes,yes,,,,,x,\n", "line 2: min_age: "},
		{"limit", header + "a,@daily,11,yes,yes,,,,many,,\n", "line 2: max_delete: "},
		{"backup", header + "a,@daily,11,yes,yes,,,kept,,,\n", "line 2: backup: kept is relative"},
		{"jobs", header + "a,@daily,11,yes,yes,,,,,,-1\n", "line 2: keep_jobs: "},
		{"no consent", header + "a,@daily,11,,yes,,,,,,\n", "line 2: yes: the deletions are not agreed to"},
		{"two", header + "a,x,11,yes,yes,,,,,,\nb,@daily,x,yes,yes,,,,,,\n", "line 3: accounts: "},
		{"cells", header + "a,@daily\n", "line 2"},
	} {
		if all, err := cleanup.ParseSchedules("schedules.csv", "", strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v, want %q", tt.name, all, err, tt.want)
		}
	}
}

// A cleanup is due by the clock of its time zone, also when that is changed.
func TestDue(t *testing.T) {
	all := schedules(t, "schedule,cron,accounts,yes,unused,timezone\na,30 2 * * *,11,yes,yes,Europe/Berlin\nb,30 2 * * *,11,yes,yes,\n")
	for _, tt := range []struct {
		schedule          int
		after, next, last string
	}{
		{0, "2026-01-10T00:00:00Z", "2026-01-10T01:30:00Z", "2026-01-09T01:30:00Z"},
		{0, "2026-07-10T00:00:00Z", "2026-07-10T00:30:00Z", "2026-07-09T00:30:00Z"},
		{0, "2026-03-29T00:59:00Z", "2026-03-29T01:30:00Z", "2026-03-28T01:30:00Z"}, // 2:30 is skipped
		{0, "2026-10-25T00:00:00Z", "2026-10-25T00:30:00Z", "2026-10-24T00:30:00Z"}, // 2:30 comes twice
		{0, "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T00:30:00Z"},
		{1, "2026-10-25T00:30:00Z", "2026-10-25T02:30:00Z", "2026-10-24T02:30:00Z"},
	} {
		after, err := time.Parse(time.RFC3339, tt.after)
		if err != nil {
			t.Fatal(err)
		}
		s := all[tt.schedule]
		if got := s.Next(after).UTC().Format(time.RFC3339); got != tt.next {
			t.Errorf("after %s: got %s, want %s", tt.after, got, tt.next)
		}
		if got, ok := s.Due(after, 26*time.Hour); !ok || got.Format(time.RFC3339) != tt.last {
			t.Errorf("before %s: got %s, want %s", tt.after, got, tt.last)
		}
		if got, ok := s.Due(after.Add(-time.Minute), 0); ok {
			t.Errorf("a minute before %s: got %s, want none", tt.after, got)
		}
	}
}

func TestScheduledRequest(t *testing.T) {
	s := schedules(t, "schedule,cron,accounts,yes,unused\na,@daily,11,yes,yes\n")[0]
	s.Keep = []string{filepath.Join(t.TempDir(), "keep.txt")}
	if _, err := s.Request("https://graph.facebook.com"); err == nil {
		t.Error("a keep list that is gone protects nothing")
	}
	for _, hash := range []string{strings.Repeat("a", 32), strings.Repeat("b", 32)} { // read anew each time
		if err := os.WriteFile(s.Keep[0], []byte(hash+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		r, err := s.Request("https://graph.facebook.com")
		if err != nil || !r.Policy.Keep.Has("11", plan.Hash(hash)) || r.Policy.Keep.Len() != 1 {
			t.Errorf("got %v, %v", r, err)
		}
	}
}

package rehearsal_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs/rehearsal"
	"adferry/plan"
)

const (
	hashA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	hashB = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	hashC = "cccccccccccccccccccccccccccccccc"
	hashD = "dddddddddddddddddddddddddddddddd"
)

func read(manifest string) rehearsal.ReadFunc {
	return func(visit func(plan.Row) error) (*plan.Plan, error) {
		return plan.Read(strings.NewReader(manifest), visit)
	}
}

// Every source has its image, unless the sandbox column says otherwise; a copy that goes
// on from an earlier one finds nothing yet.
func TestFill(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	seeds, err := rehearsal.ReadSeeds(read("operation,source_account,hash,target_account,sandbox\n" +
		"copy,11," + hashA + ",22,\n" +
		"copy,22," + hashA + ",33,\n" +
		"copy,11," + hashB + ",22,Present name=logo.gif\n" +
		"copy,11," + hashC + ",22,missing\n" +
		"delete,44," + hashD + ",,in_use age=200d\n"))
	if err != nil {
		t.Fatal(err)
	}
	server := sandbox.New(sandbox.Options{})
	seeds.Fill(server, now)
	got := map[string][]string{}
	for _, account := range []string{"11", "22", "33", "44"} {
		for _, i := range server.Images(account) {
			got[account] = append(got[account], i.Hash+" "+i.Name)
			if account == "44" && (len(i.Creatives) == 0 || !i.Created.Equal(now.Add(-200*24*time.Hour))) {
				t.Errorf("got %+v, want it in use and 200 days old", i)
			}
		}
	}
	for account, want := range map[string]string{
		"11": hashA + " aaaaaaaa.jpg, " + hashB + " logo.gif", "22": hashB + " logo.gif", "33": "", "44": hashD + " dddddddd.jpg",
	} {
		if s := strings.Join(got[account], ", "); s != want {
			t.Errorf("%s has %q, want %q", account, s, want)
		}
	}
}

func TestColumnError(t *testing.T) {
	for cell, want := range map[string]string{
		"mising":  `line 2: sandbox column: unknown word "mising"; did you mean missing?`,
		"age=old": "line 2: sandbox column: age=old must be a number of days",
	} {
		_, err := rehearsal.ReadSeeds(read("source_account,hash,target_account,sandbox\n11," + hashA + ",22," + cell + "\n"))
		var column *rehearsal.ColumnError
		if !errors.As(err, &column) || column.Line != 2 || !strings.Contains(column.Error(), want) {
			t.Errorf("%s: got %v, want %q", cell, err, want)
		}
	}
}

//go:build unix

package cli

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"adferry/jobs"
	"adferry/jobs/store/postgres/pgtest"
)

// waiting is how long a test waits for what has to come.
const waiting = 10 * time.Minute

// Lanes whose credential no worker has wait, and status and jobs say so, until a worker comes that
// has it; then the job ends.
func TestWorkerCredentials(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 60, fast)
	d := inDatabase(t, pgtest.Common(t), r)
	south := target(0)
	file := filepath.Join(t.TempDir(), "accounts.csv")
	writeFile(t, file, "account,token\n*,NORTH_TOKEN\n"+south+",SOUTH_TOKEN\n")
	f := newFleet(t, d, 0)
	worker := func(env ...string) {
		c := f.command(t, "worker", "--credentials", file, "--retry-base", "5ms")
		c.Env = append(slices.DeleteFunc(c.Env, func(v string) bool { return strings.HasPrefix(v, "ADFERRY_ACCESS_TOKEN=") }), env...)
		f.run(t, c)
	}
	worker("NORTH_TOKEN=north")
	lane := func() (l jobs.LaneHold) {
		var s jobs.Summary
		if err := json.Unmarshal([]byte(f.out(t, "status", "--job", "autumn", "--json")), &s); err != nil {
			t.Fatal(err)
		}
		for _, l = range s.Lanes {
			if string(l.Account) == south {
				return l
			}
		}
		return jobs.LaneHold{}
	}
	until(t, "the lane waits for its credential", func() bool {
		l := lane()
		return l.Worker == "" && strings.Contains(l.Waits, "SOUTH_TOKEN")
	})
	if text := f.out(t, "status", "--job", "autumn"); !strings.Contains(text, "no worker has") {
		t.Errorf("status does not say what a lane waits for:\n%s", text)
	}
	var list struct {
		Jobs    []struct{ Workers int }
		Workers []jobs.WorkerState
	}
	if err := json.Unmarshal([]byte(f.out(t, "jobs", "--json")), &list); err != nil {
		t.Fatal(err)
	}
	if len(list.Workers) != 1 || !slices.Equal(list.Workers[0].Credentials, []string{"NORTH_TOKEN"}) || len(list.Jobs) != 1 {
		t.Errorf("got %+v, want one worker with one credential", list)
	}
	worker("NORTH_TOKEN=north", "SOUTH_TOKEN=south")
	f.end(t)
	checkEffects(t, r)
}

// A worker says why it leaves a job alone, and goes on.
func TestWorkerRefusesJob(t *testing.T) {
	t.Parallel()
	r := newTrial(t, 20, fast)
	d := &databaseTrial{r, nil, "ADFERRY_DATABASE=" + migrated(t, pgtest.Common(t)), filepath.Join(t.TempDir(), "files")}
	d.submit(t, r.manifest, "--job", "rehearsal", "--sandbox")
	d.submit(t, r.manifest, "--job", "elsewhere", "--endpoint", "https://other.example")
	f := newFleet(t, d, 0)
	log := f.run(t, f.command(t, "worker"))
	for _, want := range []string{"job rehearsal: not carried out here: it runs against the embedded sandbox", "job elsewhere: not carried out here: it runs against https://other.example"} {
		until(t, want, func() bool { return strings.Contains(log(), want) })
	}
	until(t, "status says why nobody carries out the job", func() bool {
		return strings.Contains(f.out(t, "status", "--job", "elsewhere", "--json"), "it runs against https://other.example")
	})
	f.leave(t)
	if !strings.Contains(log(), "has left") {
		t.Errorf("the worker does not say that it leaves:\n%s", log())
	}
}

// until waits until something is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(waiting); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

// out is what a command prints that has to succeed.
func (f *machines) out(t *testing.T, args ...string) string {
	t.Helper()
	code, out, stderr := ran(t, f.command(t, args...))
	if code != exitDone {
		t.Fatalf("%s: got exit code %d\n%s", args[0], code, stderr)
	}
	return out
}

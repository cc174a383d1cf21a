//go:build unix

package cli

import (
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"adferry/jobs/campaign"
	"adferry/jobs/store/postgres/pgtest"
)

// databaseTrial is a trial of smallRows whose job is in a database.
type databaseTrial struct {
	*trial
	server *pgtest.Server
	env    string
	job    string // folder for the job's files
}

func newDatabaseTrial(t *testing.T, server *pgtest.Server) *databaseTrial {
	t.Helper()
	return inDatabase(t, server, newTrial(t, smallRows, fast))
}

// inDatabase makes the job of a trial in a database of a server.
func inDatabase(t *testing.T, server *pgtest.Server, r *trial) *databaseTrial {
	t.Helper()
	d := &databaseTrial{r, server, "ADFERRY_DATABASE=" + migrated(t, server), filepath.Join(t.TempDir(), "files")}
	d.submit(t, d.manifest, "--job", "autumn")
	return d
}

// submit makes a job.
func (d *databaseTrial) submit(t *testing.T, args ...string) {
	t.Helper()
	if code, _, stderr := ran(t, d.command(t, append([]string{"submit", "--yes"}, args...)...)); code != exitDone {
		t.Fatalf("submit: got exit code %d\n%s", code, stderr)
	}
}

func (d *databaseTrial) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := d.trial.command(t, args...)
	c.Env = append(c.Env, d.env)
	return c
}

// resume is a command that runs what is left of the job.
func (d *databaseTrial) resume(t *testing.T) *exec.Cmd {
	t.Helper()
	return d.command(t, "resume", "--job", "autumn", "--output", d.job, "--batch-size", "3", "--retry-base", "5ms")
}

// end runs the job to its end, which has to be that of one in a folder that nothing disturbed.
func (d *databaseTrial) end(t *testing.T) {
	t.Helper()
	if code, out, stderr := ran(t, d.resume(t)); code != exitFailures {
		t.Fatalf("resume: got exit code %d, want %d\n%s%s", code, exitFailures, out, stderr)
	}
	checkUndisturbed(t, d.trial, d.job)
}

// A job in a database whose process is killed again and again ends as one in a folder that
// nothing disturbs, and repeats no write.
func TestDatabaseRunnerKilled(t *testing.T) {
	t.Parallel()
	const least, most = 3, 20
	d, kills, killed := newDatabaseTrial(t, pgtest.Common(t)), campaign.Start(t, campaign.Kills), 0
	for ; killed < least || killed < most && kills.Next(); killed++ {
		c := d.resume(t)
		if code, out, stderr := d.killed(t, 1+rand.IntN(12), c); c.ProcessState.Exited() {
			t.Logf("after %d kills the job ended by itself, with exit code %d\n%s%s", killed, code, out, stderr)
			break
		}
		d.handleAll(t)
	}
	t.Logf("killed %d times", killed)
	d.onRequest(0, nil)
	d.end(t)
}

// A run whose PostgreSQL is killed again and again goes on as soon as it is back, in the same
// process, and ends as one in a folder that nothing disturbs.
func TestDatabaseServerKilled(t *testing.T) {
	t.Parallel()
	const least, most = 1, 5
	d, kills, killed := newDatabaseTrial(t, pgtest.Start(t)), campaign.Start(t, campaign.Kills), 0
	c := d.resume(t)
	ended := make(chan int, 1)
	arrived := make(chan struct{}, 1)
	wait := func() { d.onRequest(1+rand.IntN(25), func() { arrived <- struct{}{} }) }
	wait()
	go func() {
		code, _, stderr := ran(t, c)
		t.Logf("standard error: %s", stderr)
		ended <- code
	}()
	for code := -1; code < 0; {
		select {
		case code = <-ended:
			if code != exitFailures {
				t.Fatalf("got exit code %d, want %d", code, exitFailures)
			}
		case <-arrived:
			if killed >= least && (killed == most || !kills.Next()) {
				continue
			}
			killed++
			d.server.Kill(t)
			d.server.Start(t)
			wait()
		}
	}
	t.Logf("PostgreSQL was killed %d times", killed)
	if killed == 0 {
		t.Error("the job ended before PostgreSQL was killed: the test is void")
	}
	checkUndisturbed(t, d.trial, d.job)
}

// While PostgreSQL is away nothing is sent; a run that may wait only so long for it ends with
// exit code 3, and a later one goes on.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	d := newDatabaseTrial(t, pgtest.Start(t))
	c := d.resume(t)
	c.Args = append(c.Args, "--max-wait", "1s")
	arrived := make(chan struct{})
	d.onRequest(10, func() { close(arrived) })
	ended := make(chan int, 1)
	var stderr string
	go func() {
		var code int
		code, _, stderr = ran(t, c)
		ended <- code
	}()
	<-arrived
	d.server.Kill(t)
	if code := <-ended; code != exitStopped {
		t.Errorf("got exit code %d, want %d\n%s", code, exitStopped, stderr)
	}
	d.handleAll(t)
	d.server.Start(t)
	d.end(t)
}

// A job that would delete what another unfinished job of the database copies is refused, until
// that one is given up.
func TestDatabaseContradiction(t *testing.T) {
	t.Parallel()
	d := newDatabaseTrial(t, pgtest.Common(t))
	c := d.resume(t)
	if code, _, stderr := d.killed(t, 3, c); c.ProcessState.Exited() {
		t.Fatalf("the first job ended by itself, with exit code %d\n%s", code, stderr)
	}
	d.handleAll(t)
	cleanup := filepath.Join(t.TempDir(), "cleanup.csv")
	for _, record := range readCSV(t, d.manifest) {
		if record[1] == "copy" {
			text := "operation,source_account,hash,target_account\ndelete," + record[4] + "," + record[3] + ",\n"
			writeFile(t, cleanup, text)
			break
		}
	}
	files := filepath.Join(t.TempDir(), "files")
	writes := len(d.trial.server.Log())
	for _, tt := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"submit", cleanup, "--job", "winter", "--yes"}, exitDone, ""},
		{[]string{"resume", "--job", "winter", "--output", files}, exitGuard, "which the unfinished job autumn copies or uploads there"},
		{[]string{"resume", "--job", "winter", "--output", files}, exitGuard, "or give it up with adferry jobs --remove autumn, then adferry resume --job winter"},
		{[]string{"jobs", "--remove", "autumn", "--yes"}, exitDone, ""},
		{[]string{"resume", "--job", "winter", "--output", files}, exitDone, ""},
	} {
		if tt.says != "" && len(d.trial.server.Log()) != writes {
			t.Error("writes were sent")
		}
		if code, _, stderr := ran(t, d.command(t, tt.args...)); code != tt.code || !strings.Contains(stderr, tt.says) {
			t.Fatalf("%s: got exit code %d, want %d and %q\n%s", tt.args[0], code, tt.code, tt.says, stderr)
		}
	}
}

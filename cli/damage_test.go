package cli

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

// A job file that was cut short is refused and left as it is.
func TestTruncatedJob(t *testing.T) {
	t.Parallel()
	job, server := settledJob(t)
	whole := readFile(t, filepath.Join(job, "job.db"))
	n := len(whole)
	for _, size := range []int{0, 1, 15, 16, 99, 100, 511, 512, 4095, 4096, 4097, n / 3, n / 2, n - 4096, n - 4095, n - 1} {
		dir := damagedJob(t, whole[:size], nil)
		code, _, stderr := inProcess(t, server, "resume", dir)
		if code != exitUnusable || !strings.Contains(stderr, "damaged") {
			t.Errorf("%d of %d bytes: got exit code %d, want %d\n%s", size, n, code, exitUnusable, stderr)
		}
		wantUntouched(t, dir, whole[:size], nil)
	}
}

// A job file with a flipped bit is refused and left as it is, or what the plan
// says and what came of it is not affected: the texts of outcomes alone have no
// sum.
func TestFlippedBits(t *testing.T) {
	t.Parallel()
	job, server := settledJob(t)
	whole := readFile(t, filepath.Join(job, "job.db"))
	want := fates(t, job)
	refused := 0
	for i := range 120 {
		at := 16 + i // the header, then all over the file
		if i >= 60 {
			at = (i - 60) * 6007 % len(whole)
		}
		bad := slices.Clone(whole)
		bad[at] ^= 1 << (i % 8)
		dir := damagedJob(t, bad, nil)
		switch code, _, stderr := inProcess(t, server, "resume", dir); code {
		case exitUnusable:
			refused++
			wantUntouched(t, dir, bad, nil)
		case exitFailures:
			if got := fates(t, dir); !slices.Equal(got, want) {
				t.Errorf("byte %d: the results changed, and nothing was said", at)
			}
		default:
			t.Errorf("byte %d: got exit code %d, want %d or %d\n%s", at, code, exitUnusable, exitFailures, stderr)
		}
		if code, _, stderr := inProcess(t, server, "status", dir); code != exitUnusable && code != exitDone {
			t.Errorf("byte %d: status: got exit code %d, want %d or %d\n%s", at, code, exitUnusable, exitDone, stderr)
		}
	}
	if refused < 40 {
		t.Errorf("only %d of 120 flipped bits were noticed", refused)
	}
}

// A finished job with all its reports is not opened to be run; damage of its plan is noticed all the
// same.
func TestFlippedBitOfFinishedJob(t *testing.T) {
	t.Parallel()
	job, server := settledJob(t)
	path := filepath.Join(job, "job.db")
	whole := readFile(t, path)
	hash := readCSV(t, filepath.Join(job, "results.csv"))[1][3]
	at := bytes.Index(whole, []byte(hash)) // in its row, before what came of it
	if at < 0 {
		t.Fatalf("the job's file does not have %s", hash)
	}
	whole[at] ^= 1
	writeFile(t, path, whole)
	if code, _, stderr := inProcess(t, server, "resume", job); code != exitUnusable {
		t.Errorf("got exit code %d, want %d\n%s", code, exitUnusable, stderr)
	}
	wantUntouched(t, job, whole, nil)
}

// A run reads while its job's file is still being checked. It writes nothing of a damaged one,
// neither to the API nor to the job's folder, and says what is wrong in one line.
func TestDamagedUnfinishedJob(t *testing.T) {
	t.Parallel()
	r, job := startedJob(t)
	path := filepath.Join(job, "job.db")
	before := readCSV(t, filepath.Join(job, "results.csv"))
	whole, results := readFile(t, path), readFile(t, filepath.Join(job, "results.csv"))
	for _, row := range []int{1, len(before) / 2, len(before) - 1} {
		bad := bytes.Replace(whole, []byte(before[row][3]), []byte(strings.Repeat("f", 32)), 1)
		writeFile(t, path, bad)
		for _, command := range [][]string{{"resume", job}, {"run", r.manifest, "--job", job, "--yes"}} {
			code, _, stderr := inProcess(t, at(r.url), command...)
			if code != exitUnusable || strings.Count(stderr, "is damaged") != 1 {
				t.Errorf("%s, row %d: got exit code %d, want %d and one line about it\n%s", command[0], row, code, exitUnusable, stderr)
			}
			wantUntouched(t, job, bad, nil)
		}
	}
	if !bytes.Equal(readFile(t, filepath.Join(job, "results.csv")), results) {
		t.Error("the reports were written again")
	}
	if n := len(r.server.Log()); n != 0 {
		t.Errorf("%d writes took effect", n)
	}
}

// A job that somebody edited is counted anew, and then run to its end.
func TestEditedUnfinishedJob(t *testing.T) {
	t.Parallel()
	r, job := startedJob(t)
	db, err := sql.Open("sqlite", filepath.Join(job, "job.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`INSERT INTO outcomes SELECT id, 'failed', 'denied', '', 0, 0, 0, 1, 0, 0, '', '', 1, 2, 0, '' FROM ops WHERE kind = 'copy'`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := inProcess(t, at(r.url), "resume", job, "--max-failures", "100%", "--retry-base", "5ms")
	if code != exitFailures {
		t.Errorf("got exit code %d, want %d\n%s", code, exitFailures, stderr)
	}
	if s := readSummary(t, job); s.Totals.Settled() != s.Totals.Rows || s.Totals.Failed < s.Totals.Rows/2 {
		t.Errorf("got %+v, want every row settled and its copies failed", s.Totals)
	}
}

// startedJob is the folder of a job that was stopped before its first request.
func startedJob(t *testing.T) (r *trial, job string) {
	t.Helper()
	r = newTrial(t, 60, sandbox.Options{})
	ends(t, exitStopped, at(r.url), "run", r.manifest, "--job", r.job, "--yes", "--max-duration", "1ns")
	return r, r.job
}

// What a job has sent and waited is read before anything is written, so that a flipped bit
// in it is found in time.
func TestDamagedTally(t *testing.T) {
	t.Parallel()
	job, server := settledJob(t)
	whole := readFile(t, filepath.Join(job, "job.db"))
	bad := bytes.ReplaceAll(whole, []byte(`tally{"http_requests":`), []byte(`tally{"http_requests"?`))
	if bytes.Equal(bad, whole) {
		t.Fatal("the job file has no tally")
	}
	for _, command := range []string{"resume", "retry", "undo"} {
		dir := damagedJob(t, bad, nil)
		code, _, stderr := inProcess(t, server, command, dir)
		if code != exitUnusable || strings.Count(stderr, "is damaged") != 1 {
			t.Errorf("%s: got exit code %d, want %d and one line about it\n%s", command, code, exitUnusable, stderr)
		}
		wantUntouched(t, dir, bad, nil)
	}
}

// The write-ahead log beside a damaged job file is evidence, and stays, too.
func TestDamagedJobKeepsLog(t *testing.T) {
	t.Parallel()
	job, server := settledJob(t)
	whole := readFile(t, filepath.Join(job, "job.db"))
	log := bytes.Repeat([]byte("what a killed process left"), 1000)
	bad := slices.Clone(whole)
	const pageSize = 4096
	bad[len(bad)/4/pageSize*pageSize] ^= 0x10 // the kind of a page: whatever else is there may be a value that has no checksum
	for _, command := range []string{"resume", "status", "report"} {
		dir := damagedJob(t, bad, log)
		if code, _, stderr := inProcess(t, server, command, dir); command == "resume" && code != exitUnusable {
			t.Errorf("%s: got exit code %d, want %d\n%s", command, code, exitUnusable, stderr)
		}
		wantUntouched(t, dir, bad, log)
	}
}

// settledJob is the folder of a small job that has ended; no request is needed
// to take it up again from the server that environment names.
func settledJob(t *testing.T) (job string, environment []string) {
	t.Helper()
	r := newTrial(t, 60, sandbox.Options{})
	job = filepath.Join(r.dir, "job")
	r.ends(t, exitFailures, "run", r.manifest, "--job", job, "--yes", "--retry-base", "5ms")
	return job, at(r.url)
}

// damagedJob makes a job folder of a job file and a write-ahead log.
func damagedJob(t *testing.T, file, log []byte) string {
	t.Helper()
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "job.db"), file)
	if log != nil {
		writeFile(t, filepath.Join(dir, "job.db-wal"), log)
	}
	return dir
}

func wantUntouched(t *testing.T, dir string, file, log []byte) {
	t.Helper()
	if got := readFile(t, filepath.Join(dir, "job.db")); !bytes.Equal(got, file) {
		t.Errorf("the job file was changed")
	}
	if log == nil {
		return
	}
	if got := readFile(t, filepath.Join(dir, "job.db-wal")); !bytes.Equal(got, log) {
		t.Errorf("the write-ahead log was changed: %d bytes, and were %d", len(got), len(log))
	}
}

// fates are the results of a job as far as the plan and the statuses go.
func fates(t *testing.T, job string) []string {
	t.Helper()
	var all []string
	for _, row := range readCSV(t, filepath.Join(job, "results.csv")) {
		all = append(all, strings.Join(append(row[:6:6], row[15:]...), ","))
	}
	return all
}

package reports_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gofrs/flock"
	"github.com/google/go-cmp/cmp"

	"adferry/jobs"
	"adferry/plan"
	"adferry/reports"
)

var update = flag.Bool("update", false, "write the golden files again")

var names = []string{"failed.csv", "mapping.csv", "report.html", "results.csv", "summary.json"}

func TestWriteGolden(t *testing.T) {
	dir := written(t, sample())
	for _, name := range names {
		t.Run(name, func(t *testing.T) { golden(t, name, read(t, dir, name)) })
	}
	if got := list(t, dir); !slices.Equal(got, names) {
		t.Errorf("got files %q, want %q", got, names)
	}
}

func TestTotalsAgree(t *testing.T) {
	dir := written(t, sample())
	var summary jobs.Summary
	if err := json.Unmarshal([]byte(read(t, dir, "summary.json")), &summary); err != nil {
		t.Fatal(err)
	}
	rows := records(t, read(t, dir, "results.csv"))
	status, reason := slices.Index(rows[0], "status"), slices.Index(rows[0], "reason")
	var totals jobs.Totals
	reasons := make(map[jobs.Reason]int)
	for _, row := range rows[1:] {
		totals.Add(jobs.Status(row[status]), 1)
		if row[reason] != "" {
			reasons[jobs.Reason(row[reason])]++
		}
	}
	if d := cmp.Diff(totals, summary.Totals); d != "" {
		t.Errorf("results.csv (-) and summary.json (+) count differently:\n%s", d)
	}
	if d := cmp.Diff(reasons, summary.Reasons); d != "" {
		t.Errorf("results.csv (-) and summary.json (+) give other reasons:\n%s", d)
	}
	if got := len(records(t, read(t, dir, "failed.csv"))) - 1; got != totals.Failed {
		t.Errorf("got %d rows in failed.csv, want %d", got, totals.Failed)
	}
	for r := range causesOf(sample()) {
		if !strings.Contains(read(t, dir, "report.html"), reports.CauseOf(r).Short) {
			t.Errorf("report.html does not explain %s", r)
		}
	}
}

// A failed.csv is a manifest, and its own failed.csv must look just the same.
func TestFailedCSVIsAManifest(t *testing.T) {
	first := read(t, written(t, sample()), "failed.csv")
	if _, err := plan.Read(strings.NewReader(first), nil); err != nil {
		t.Errorf("failed.csv is no manifest: %v", err)
	}
	header, rest, _ := strings.Cut(first, "\n")
	again := job{header: records(t, header)[0]}
	was := causesOf(sample())
	for i, record := range strings.Split(strings.TrimRight(rest, "\n"), "\n") {
		r := was[jobs.Reason(records(t, record)[0][7])]
		r.Line, r.Record = i+2, record
		again.results = append(again.results, r)
	}
	again.summary = summarize(again.results)
	dir := written(t, again)
	second := records(t, read(t, dir, "failed.csv"))
	if d := cmp.Diff(records(t, header)[0], second[0]); d != "" {
		t.Errorf("the header has changed (-first +second):\n%s", d)
	}
	if got, want := len(second)-1, len(again.results); got != want {
		t.Errorf("got %d rows, want %d", got, want)
	}
	results := records(t, read(t, dir, "results.csv"))[0]
	if got, want := strings.Join(results[15:], ","), "note,file,campaign"; got != want {
		t.Errorf("got user columns %s in results.csv, want %s", got, want)
	}
}

// What package plan reads as the user's cells, it reads again from both files.
func TestUserCellsSurvive(t *testing.T) {
	const manifest = "\ufeffnote,source_account,hash,target_account,more\r\n" +
		"\"a, \"\"b\"\"\r\nc\",act_11,00112233445566778899AABBCCDDEEFF,12, d \r\n" +
		"\r\n" +
		"=1+1,11,10112233445566778899aabbccddeeff,12,lone\rreturn\n" +
		",11,20112233445566778899aabbccddeeff,12,last\r\r\n"
	var j job
	var want [][]string
	p, err := plan.Read(strings.NewReader(manifest), func(row plan.Row) error {
		cells, err := plan.Cells(row.Record)
		want = append(want, cells)
		j.results = append(j.results, jobs.Result{Line: row.Line, Record: row.Record, Verb: row.Verb,
			Fate: jobs.Fate{Status: jobs.StatusFailed, Reason: jobs.Invalid, Message: "-1\r\n2"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	j.header, j.summary = p.Header, summarize(j.results)
	dir := written(t, j)
	var got [][]string
	_, err = plan.Read(strings.NewReader(read(t, dir, "failed.csv")), func(row plan.Row) error {
		cells, err := plan.Cells(row.Record)
		got = append(got, cells[:len(p.Header)])
		return err
	})
	if err != nil {
		t.Fatalf("failed.csv is no manifest: %v", err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("failed.csv changes cells (-want +got):\n%s", d)
	}
	results := read(t, dir, "results.csv")
	for _, cell := range []string{"\"a, \"\"b\"\"\r\nc\", d \n", "=1+1,\"lone\rreturn\"\n", ",\"last\r\"\n"} {
		if !strings.Contains(results, cell) {
			t.Errorf("got results.csv\n%q\nwant %q in it", results, cell)
		}
	}
}

func TestUserColumns(t *testing.T) {
	row := jobs.Result{Line: 2, Record: `1,h,2,,=1+1,"a` + "\r\n" + `b",x`, Fate: jobs.Fate{Status: jobs.StatusFailed, Reason: jobs.Invalid}}
	for _, test := range []struct {
		name, header, wantResults, wantFailed string
	}{
		{"plain", "source_account,hash,target_account,operation,formula,lines,id", "formula,lines,id", "source_account,hash,target_account,operation,formula,lines,id"},
		{"ours in other spellings", "Source_Account, HASH ,target_account,OPERATION,a,b,FILE", "a,b,FILE", "Source_Account, HASH ,target_account,OPERATION,a,b,FILE"},
		{"a reason of the user's", "source_account,hash,target_account,operation,reason,error_code,", "reason,error_code,", "source_account,hash,target_account,operation,reason,error_code,"},
	} {
		t.Run(test.name, func(t *testing.T) {
			j := job{header: strings.Split(test.header, ","), results: []jobs.Result{row}, summary: summarize([]jobs.Result{row})}
			dir := written(t, j)
			results, failed := read(t, dir, "results.csv"), read(t, dir, "failed.csv")
			if _, got, _ := strings.Cut(firstLine(results), "finished_at,"); unquoted(got) != test.wantResults {
				t.Errorf("got user columns %s, want %s", got, test.wantResults)
			}
			if got, _, _ := strings.Cut(firstLine(failed), ",reason,error_code,error_subcode,"); unquoted(got) != test.wantFailed {
				t.Errorf("got manifest columns %s, want %s", got, test.wantFailed)
			}
			if want := `,=1+1,"a` + "\r\n" + `b",x`; !strings.Contains(results, want+"\n") || !strings.Contains(failed, want+",invalid,") {
				t.Errorf("cells of the user are not as they were:\n%s\n%s", results, failed)
			}
		})
	}
}

func TestNothingFailed(t *testing.T) {
	j := sample()
	j.results = j.results[:2]
	j.summary = summarize(j.results)
	dir := written(t, j)
	if got := len(records(t, read(t, dir, "failed.csv"))); got != 1 {
		t.Errorf("got %d records in failed.csv, want the header alone", got)
	}
	if page := read(t, dir, "report.html"); strings.Contains(page, "Failures by cause") || strings.Contains(page, "retry") {
		t.Error("report.html speaks of failures where there are none")
	}
}

func TestFreshJobHasObjects(t *testing.T) {
	var b bytes.Buffer
	if err := reports.WriteSummary(&b, jobs.Summary{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"operations": {}`, `"reasons": {}`, `"accounts": {}`, `"finished_at": null`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("got %s, want %s in it", b.String(), want)
		}
	}
}

func TestWriteFailure(t *testing.T) {
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	many := sample()
	for range 200 {
		many.results = append(many.results, many.results[0], many.results[1], many.results[2], many.results[3], many.results[4], many.results[5])
	}
	broken, short := sample(), sample()
	broken.fail = errors.New("the disk has a scratch")
	short.header = short.header[1:]
	for _, test := range []struct {
		name string
		ctx  context.Context
		src  reports.Source
		want string
	}{
		{"the source breaks off", context.Background(), broken, "write reports: the disk has a scratch"},
		{"the context ends", gone, many, "write reports: context canceled"},
		{"a row is not like the header", context.Background(), short, "write reports: row 2 has 7 cells, and the header has 6: the job file does not hold the manifest that it was made from"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := written(t, sample())
			before := read(t, dir, "results.csv")
			err := reports.Write(test.ctx, reports.Place{Folder: dir}, test.src)
			if err == nil || err.Error() != test.want {
				t.Fatalf("got error %v, want %s", err, test.want)
			}
			if read(t, dir, "results.csv") != before {
				t.Error("the former results.csv is gone")
			}
			if got := list(t, dir); !slices.Equal(got, names) {
				t.Errorf("got files %q, want %q", got, names)
			}
		})
	}
	if err := reports.Write(context.Background(), reports.Place{Folder: filepath.Join(t.TempDir(), "none")}, sample()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got error %v for a folder that is not there, want ErrNotExist", err)
	}
}

// What a killed process left goes, whatever its age; what another one is still writing
// stays, and so does what only looks like it.
func TestRemainsAreSwept(t *testing.T) {
	dir := t.TempDir()
	left, written, foreign := ".results.csv123", ".mapping.csv456", ".results.csv.bak"
	for _, name := range []string{left, written, foreign} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	writer := flock.New(filepath.Join(dir, written))
	if _, err := writer.TryRLock(); err != nil {
		t.Fatal(err)
	}
	defer writer.Unlock()
	if err := reports.Write(context.Background(), reports.Place{Folder: dir}, sample()); err != nil {
		t.Fatal(err)
	}
	if got, want := list(t, dir), append([]string{written, foreign}, names...); !slices.Equal(got, want) {
		t.Errorf("got files %q, want %q", got, want)
	}
}

// causesOf gives a failed row of each reason.
func causesOf(j job) map[jobs.Reason]jobs.Result {
	rows := make(map[jobs.Reason]jobs.Result)
	for _, r := range j.results {
		if r.Status == jobs.StatusFailed {
			rows[r.Reason] = r
		}
	}
	return rows
}

func written(t testing.TB, src reports.Source) (dir string) {
	t.Helper()
	dir = t.TempDir()
	if err := reports.Write(context.Background(), reports.Place{Folder: dir}, src); err != nil {
		t.Fatal(err)
	}
	return dir
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(read(t, "testdata", name), got); d != "" {
		t.Errorf("%s differs (-want +got); -update accepts it:\n%s", name, d)
	}
}

func read(t testing.TB, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func list(t *testing.T, dir string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return found
}

func records(t *testing.T, text string) [][]string {
	t.Helper()
	rs, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

func unquoted(s string) string { return strings.ReplaceAll(s, `"`, "") }

// The failed rows of uploads name their files as seen from where they lie.
func TestFailedUploads(t *testing.T) {
	root := t.TempDir()
	src := sample()
	src.files = filepath.Join(root, "pictures")
	src.header = []string{"operation", "target_account", "file", "note"}
	src.results = []jobs.Result{
		{Line: 2, Verb: plan.Upload, Target: "22", File: "spring/a.png", Record: `upload,22,.\spring\a.png,"x, y"`, Fate: jobs.Fate{Status: jobs.StatusFailed, Reason: jobs.Denied}},
		{Line: 3, Verb: plan.Delete, Source: "22", Hash: hash(1), Record: "delete,,,z", Fate: jobs.Fate{Status: jobs.StatusFailed, Reason: jobs.InUse}},
	}
	src.summary = summarize(src.results)
	dir := filepath.Join(root, "jobs", "one")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := reports.Write(context.Background(), reports.Place{Folder: dir}, src); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "failed.csv"))
	if err != nil {
		t.Fatal(err)
	}
	want := "operation,target_account,file,note,reason,error_code,error_subcode,error_message,fbtrace_id\n" +
		"upload,act_22,../../pictures/spring/a.png,\"x, y\",denied,,,,\n" +
		"delete,,,z,in_use,,,,\n"
	if string(raw) != want {
		t.Errorf("got %q\nwant %q", raw, want)
	}
}

// Totals that are not those of the rows are not reported: the exit code would not be, either.
// While a process has the job, the two are read at different moments.
func TestTotalsOfOtherRows(t *testing.T) {
	src := sample()
	src.summary.Totals.Done++
	src.summary.Totals.Failed--
	if err := reports.Write(t.Context(), reports.Place{Folder: t.TempDir()}, src); err == nil || !strings.Contains(err.Error(), "job.db was edited") {
		t.Errorf("got %v, want that the totals are others", err)
	}
	src.summary.State = jobs.JobRunning
	if err := reports.Write(t.Context(), reports.Place{Folder: t.TempDir()}, src); err != nil {
		t.Errorf("while it runs: got %v", err)
	}
}

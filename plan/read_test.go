package plan_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"adferry/plan"
)

const threeColumns = "source_account,hash,target_account\n"

func TestRows(t *testing.T) {
	manifest := "\ufeffNote,operation,source_account,hash,target_account,file\r\n" +
		"\"a, \"\"b\"\"\r\nc\",Copy,act_111," + strings.ToUpper(hashA) + ",222,\r\n" +
		"\r\n" +
		"=x,MOVE,111," + hashA + ",act_222,\r\n" +
		" y , ,333," + hashA + ",222,\n" +
		"z,delete,111," + hashA + ",,\n" +
		"u,upload,,,222,a\\b/../c.png\n" +
		`v,upload,,` + hashB + `,222,a/c.png`
	want := []plan.Row{
		{Line: 2, Verb: plan.Copy, Account: "222", Copy: 1, Record: "\"a, \"\"b\"\"\r\nc\",Copy,act_111," + strings.ToUpper(hashA) + ",222,"},
		{Line: 5, Verb: plan.Move, Account: "222", Copy: 1, Delete: 2, Record: "=x,MOVE,111," + hashA + ",act_222,"},
		{Line: 6, Verb: plan.Copy, Account: "222", Copy: 3, Record: " y , ,333," + hashA + ",222,"},
		{Line: 7, Verb: plan.Delete, Account: "111", Delete: 2, Record: "z,delete,111," + hashA + ",,"},
		{Line: 8, Verb: plan.Upload, Account: "222", Copy: 4, Record: "u,upload,,,222,a\\b/../c.png"},
		{Line: 9, Verb: plan.Upload, Account: "222", Copy: 4, Record: "v,upload,," + hashB + ",222,a/c.png"},
	}
	for i := range want {
		want[i].Header = []string{"Note", "operation", "source_account", "hash", "target_account", "file"}
	}
	for name, reader := range map[string]io.Reader{
		"at once":      strings.NewReader(manifest),
		"byte by byte": iotest.OneByteReader(strings.NewReader(manifest)),
		"data and EOF": iotest.DataErrReader(strings.NewReader(manifest)),
	} {
		t.Run(name, func(t *testing.T) {
			var rows []plan.Row
			p, err := plan.Read(reader, func(r plan.Row) error { rows = append(rows, r); return nil })
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(rows, want); diff != "" {
				t.Errorf("rows (-got +want):\n%s", diff)
			}
			if want := sha256.Sum256([]byte(manifest)); p.SHA256 != want {
				t.Errorf("got hash %x, want %x", p.SHA256, want)
			}
			if want := want[0].Header; !slices.Equal(p.Header, want) {
				t.Errorf("got header %q, want %q", p.Header, want)
			}
			if p.Rows != len(want) {
				t.Errorf("got %d rows, want %d", p.Rows, len(want))
			}
			if got := slices.Collect(p.Ops())[3].File; got != "a/c.png" {
				t.Errorf("got file %q, want it cleaned", got)
			}
		})
	}
}

func TestCells(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		want     []string // nil for an error
	}{
		{"plain", "a,b,", []string{"a", "b", ""}},
		{"quotes and line ends", "\"a\r\nb\",\"c\"\"d\"", []string{"a\nb", `c"d`}},
		{"carriage return at the end", "a,b\r", []string{"a", "b\r"}},
		{"empty", "", nil},
		{"two records", "a,b\nc,d", nil},
		{"unclosed quote", `a,"b`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := plan.Cells(tt.in)
			if !slices.Equal(got, tt.want) || (err != nil) != (tt.want == nil) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

func TestBrokenQuotes(t *testing.T) {
	good := "111," + hashA + ",222\n"
	unclosed := func(line int) string {
		return fmt.Sprintf("line %d: a quoted cell is not closed, or has text after its closing quote; "+
			`close it, and double the quotes inside: "the ""new"" one"`, line)
	}
	badAccount := func(line int) string {
		return fmt.Sprintf("line %d, source_account \"x\": not an account id: it has letters; write only digits, as in act_123 or 123", line)
	}
	bad := "x," + hashA + ",222\n"
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"the lines that an unclosed quote swallows are checked", "1,\"" + hashA + ",2\n" + bad + good + bad,
			[]string{unclosed(2), badAccount(3), badAccount(5)}},
		{"as are those up to a quote that is not its own", "1,\"" + hashA + ",2\n" + bad + "1,\"" + hashA + "\",2\n" + bad,
			[]string{unclosed(2), badAccount(3), badAccount(5)}},
		{"and those within a mebibyte", "1,\"" + hashA + ",2\n" + bad + strings.Repeat(good, 50_000) + bad,
			[]string{"line 2: the record is longer than 1 MiB; look for a quote that is never closed", badAccount(3), badAccount(50_004)}},
		{"a line longer than that ends the reading", good + "1," + strings.Repeat("x", 2<<20) + "\n" + bad,
			[]string{"line 3: the record is longer than 1 MiB; look for a quote that is never closed; the rows after it were not checked"}},
		{"as do as many empty lines", good + strings.Repeat("\r\n", 1<<20) + bad,
			[]string{"line 3: more than 1 MiB of empty lines; remove them; the rows after it were not checked"}},
		{"one in the last line", good + "1,\"" + hashA + ",2", []string{unclosed(3)}},
		{"one after empty lines", good + "\n\r\n1,\"" + hashA + ",2\n" + bad, []string{unclosed(5), badAccount(6)}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkProblems(t, threeColumns+tt.in, tt.want) })
	}
}

// A broken quote in every line costs time for each, and does not go on for ever.
func TestTooManyBrokenQuotes(t *testing.T) {
	bad := problemsOf(t, threeColumns+strings.Repeat("\"1,2,3\n", 50_000))
	last := bad.Problems[len(bad.Problems)-1]
	if got, want := last.Hint, "the rows after it were not checked"; !strings.HasSuffix(got, want) {
		t.Errorf("got hint %q, want it to end in %q", got, want)
	}
}

func TestProblemsAreBounded(t *testing.T) {
	bad := problemsOf(t, threeColumns+strings.Repeat("x,y,3\n", 60_000))
	if got, want := len(bad.Problems), 100_000; got != want {
		t.Errorf("got %d problems, want %d", got, want)
	}
	if got, want := bad.More, 20_000; got != want {
		t.Errorf("got %d more, want %d", got, want)
	}
	if got, want := bad.Error(), "the manifest has 120000 problems, the first: line 2, source_account \"x\""; !strings.HasPrefix(got, want) {
		t.Errorf("got %q, want it to start with %q", got, want)
	}
}

// What is wrong with the header is not crowded out by what is wrong with the rows.
func TestMissingColumnIsKept(t *testing.T) {
	bad := problemsOf(t, "source_account,target_account,note\n"+strings.Repeat("x,y,\n", 60_000))
	if got, want := bad.Problems[0].String(), "line 1, hash: the column is missing, and line 2 needs it; add it to the header and to each row"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := len(bad.Problems)+bad.More, 120_001; got != want {
		t.Errorf("got %d problems, want %d", got, want)
	}
}

// A cell of a mebibyte is not kept for the sake of a problem.
func TestValuesAreBounded(t *testing.T) {
	bad := problemsOf(t, threeColumns+strings.Repeat("é", 1000)+","+hashA+",2\n")
	if got := len(bad.Problems[0].Value); got > 100 {
		t.Errorf("got a value of %d bytes, want it cut", got)
	}
}

func TestReadStops(t *testing.T) {
	var many bytes.Buffer
	many.WriteString(threeColumns)
	for i := range 20_000 {
		fmt.Fprintf(&many, "111,%032x,222\n", i)
	}
	full := errors.New("disk full")
	broken := errors.New("connection lost")
	for _, tt := range []struct {
		name   string
		reader io.Reader
		visit  func(plan.Row) error
		want   error
		text   string
	}{
		{"when visit fails", bytes.NewReader(many.Bytes()), func(r plan.Row) error {
			if r.Line == 700 {
				return full
			}
			return nil
		}, full, "visit line 700: disk full"},
		{"when the reader fails", io.MultiReader(bytes.NewReader(many.Bytes()), iotest.ErrReader(broken)), nil, broken, "read manifest: connection lost"},
		{"when the reader fails in the header", io.MultiReader(strings.NewReader("source_acc"), iotest.ErrReader(broken)), nil, broken, "read manifest: connection lost"},
		{"when the reader fails at once", iotest.ErrReader(broken), nil, broken, "read manifest: connection lost"},
		{"when the reader makes no progress", io.MultiReader(strings.NewReader(threeColumns), stuck{}), nil, io.ErrNoProgress, "read manifest: multiple Read calls return no data or error"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			// The bubble fails the test if a goroutine outlives the Read.
			synctest.Test(t, func(t *testing.T) {
				p, err := plan.Read(tt.reader, tt.visit)
				if p != nil || !errors.Is(err, tt.want) || err.Error() != tt.text {
					t.Errorf("got %v, %v, want error %q", p, err, tt.text)
				}
			})
		})
	}
}

// csv takes a carriage return off the end of the file; a record that kept it could
// not be read again, and its NUL byte went unnoticed.
func TestCarriageReturnEndsTheFile(t *testing.T) {
	manifest := "note," + threeColumns + "\"a\",111," + hashA + ",\"222\"\r"
	var records []string
	_, err := plan.Read(strings.NewReader(manifest), func(r plan.Row) error { records = append(records, r.Record); return nil })
	if want := []string{"\"a\",111," + hashA + ",\"222\""}; err != nil || !slices.Equal(records, want) {
		t.Errorf("got %q, %v, want %q", records, err, want)
	}
	checkProblems(t, threeColumns+"111,\x00,\"222\"\r", []string{
		`line 2, hash "\x00": a NUL byte; save the file as CSV in UTF-8`})
}

// Nothing is visited after the first problem, and rows are visited in order.
func TestVisitEndsWithTheFirstProblem(t *testing.T) {
	var manifest strings.Builder
	manifest.WriteString(threeColumns)
	const bad = 3000
	for line := 2; line < 2*bad; line++ {
		account := "111"
		if line == bad {
			account = "x"
		}
		fmt.Fprintf(&manifest, "%s,%032x,222\n", account, line)
	}
	last := 1
	_, err := plan.Read(strings.NewReader(manifest.String()), func(r plan.Row) error {
		if r.Line != last+1 {
			t.Errorf("got line %d after %d", r.Line, last)
		}
		last = r.Line
		return nil
	})
	if err == nil || last >= bad || last < bad/2 {
		t.Errorf("got visits up to line %d and error %v, want them to end shortly before line %d", last, err, bad)
	}
}

// stuck is a reader that never gets anywhere.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, nil }

func problemsOf(t *testing.T, manifest string) *plan.ProblemsError {
	t.Helper()
	_, err := plan.Read(strings.NewReader(manifest), nil)
	var bad *plan.ProblemsError
	if !errors.As(err, &bad) {
		t.Fatalf("got error %v, want problems", err)
	}
	return bad
}

func checkProblems(t *testing.T, manifest string, want []string) {
	t.Helper()
	_, err := plan.Read(strings.NewReader(manifest), nil)
	var got []string
	var bad *plan.ProblemsError
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			got = append(got, p.String())
		}
	} else if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("problems (-got +want):\n%s", diff)
	}
}

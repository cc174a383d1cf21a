package plan_test

import (
	"slices"
	"strings"
	"testing"

	"adferry/plan"
)

// What spreadsheets and other programs make of a manifest is refused with its
// explanation, and nothing of it is carried out as something else: a column of
// operations under another name made every move a copy.
func TestLostOperationColumn(t *testing.T) {
	const columns = ",source_account,hash,target_account\n"
	const rest = ",1," + hashA + ",2\n"
	const two = "move,1," + hashA + ",2\nmove,1," + hashB + ",2\n"
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"another word", "action" + columns + two,
			[]string{"line 1, action: its cells are operations (2 move), and without an operation column every row is a copy; name the column operation, or remove it"}},
		{"another language", "Vorgang" + columns + "Move,1," + hashA + ",2\n copy ,1," + hashB + ",2\n",
			[]string{"line 1, Vorgang: its cells are operations (1 copy, 1 move), and without an operation column every row is a copy; name the column operation, or remove it"}},
		{"no name", columns + two,
			[]string{"line 1: the cells of column 1, which has no name, are operations (2 move), and without an operation column every row is a copy; name the column operation, or remove it"}},
		{"some cells empty", "todo" + columns + "move" + rest + ",1," + hashB + ",2\n",
			[]string{"line 1, todo: its cells are operations (1 move), and without an operation column every row is a copy; name the column operation, or remove it"}},
		{"in quotes, behind quoted commas", "note,todo" + columns + `"a,""b""","move",1,` + hashA + ",2\n" + `x,"move",1,` + hashB + ",2\n",
			[]string{"line 1, todo: its cells are operations (2 move), and without an operation column every row is a copy; name the column operation, or remove it"}},
		{"one cell is something else", "todo" + columns + two + "later,1,cccccccccccccccccccccccccccccccc,2\n", nil},
		{"empty cells alone", "todo" + columns + rest + ",1," + hashB + ",2\n", nil},
		{"an operation column beside it", "todo,operation" + columns + "move,copy" + rest + "move,copy,1," + hashB + ",2\n", nil},
		{"a mark read as Windows-1252", "ï»¿operation" + columns + two,
			[]string{"line 1, ï»¿operation: a byte order mark was read as text before the name; did you mean operation? save the file as CSV in UTF-8"}},
		{"a mark read as code page 437", "∩╗┐operation" + columns + two,
			[]string{"line 1, ∩╗┐operation: a byte order mark was read as text before the name; did you mean operation? save the file as CSV in UTF-8"}},
		{"a mark of UTF-16", "ÿþoperation" + columns + two,
			[]string{"line 1, ÿþoperation: a byte order mark was read as text before the name; did you mean operation? save the file as CSV in UTF-8"}},
		{"a mark read as GBK, which takes a letter along", "锘縪peration" + columns + two,
			[]string{"line 1, 锘縪peration: no such column; did you mean operation? otherwise rename it"}},
		{"a mark within quotes", "\"\ufeffoperation\"" + columns + two,
			[]string{"line 1, \"\\ufeffoperation\": no such column; did you mean operation? otherwise rename it"}},
		{"two marks", "\ufeff\ufeffoperation" + columns + two,
			[]string{"line 1, \"\\ufeffoperation\": no such column; did you mean operation? otherwise rename it"}},
		{"signs around it", "(operation)*" + columns + two,
			[]string{"line 1, (operation)*: no such column; did you mean operation? otherwise rename it"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkProblems(t, tt.in, tt.want) })
	}
}

// A single row with such a cell is warned of.
func TestOneOperationCell(t *testing.T) {
	checkWarnings(t, "name,source_account,hash,target_account\nmove,1,"+hashA+",2\n",
		"line 1, name: its cells are operations (1 move), and the row is carried out as a copy; if the cell says what to do, name the column operation")
}

// Names of other tools are ours where ours is missing, and the user's beside it.
func TestAliases(t *testing.T) {
	const row = "1," + hashA + ",2\n"
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"image_hash", "source_account,image_hash,target_account\n" + row,
			[]string{"line 1, image_hash: no such column, and hash is missing; did you mean hash? rename it"}},
		{"src_account and destination", "src_account,hash,destination\n" + row, []string{
			"line 1, src_account: no such column, and source_account is missing; did you mean source_account? rename it",
			"line 1, destination: no such column, and target_account is missing; did you mean target_account? rename it"}},
		{"account_id is the source", "account_id,hash,target_account\n" + row,
			[]string{"line 1, account_id: no such column, and source_account is missing; did you mean source_account? rename it"}},
		{"or else the target", "source_account,hash,Ad Account ID\n" + row,
			[]string{"line 1, Ad Account ID: no such column, and target_account is missing; did you mean target_account? rename it"}},
		{"of a delete", "operation,account,hash\ndelete,1," + hashA + "\n",
			[]string{"line 1, account: no such column, and source_account is missing; did you mean source_account? rename it"}},
		{"of an upload", "operation,image_path,target_account\nupload,a.png,2\n",
			[]string{"line 1, image_path: no such column, and file is missing; did you mean file? rename it"}},
		{"none of ours", "from,image_hash,to\n" + row,
			[]string{"line 1: not a header: it has none of the columns operation, source_account, hash, target_account, file; " +
				"did you mean source_account for from, hash for image_hash, target_account for to? rename them"}},
		{"beside ours", "source_account,hash,target_account,account_id,image_hash,destination\n1," + hashA + ",2,x,y,z\n", nil},
		{"where no row needs ours", "operation,target_account,file,account_id\nupload,2,a.png,x\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) { checkProblems(t, tt.in, tt.want) })
	}
}

// Of numbers with more than 15 digits a spreadsheet keeps 15: two ids that end in
// 0, and none that does not, are its work.
func TestRoundedIDs(t *testing.T) {
	const columns = "source_account,hash,target_account\n"
	const lost = "the last digits are lost: all 2 account ids of more than 15 digits end in 0, as in numbers that a spreadsheet has rounded; " +
		"import the original file anew, with the column as text, and export that, or write act_ before ids that are right"
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"source and target", columns + "2310000000000010," + hashA + ",2310000000000030\n",
			[]string{`line 2, source_account "2310000000000010": ` + lost}},
		{"in different rows", columns + "7," + hashA + ",2310000000000010\n8," + hashA + ",23100000000000300\n",
			[]string{`line 2, target_account "2310000000000010": ` + lost}},
		{"one that kept its digits", columns + "2310000000000010," + hashA + ",2310000000000030\n2310000000000011," + hashA + ",7\n", nil},
		{"as text", columns + "act_2310000000000010," + hashA + ",act_2310000000000030\n", nil},
		{"15 digits", columns + "231000000000010," + hashA + ",231000000000030\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) { checkProblems(t, tt.in, tt.want) })
	}
	checkWarnings(t, columns+"2310000000000010,"+hashA+",act_2310000000000030\n2310000000000010,"+hashB+",7\n",
		`line 2, source_account "2310000000000010": its last digits may be lost: a spreadsheet keeps 15 digits of a number and makes the rest zeros; `+
			"compare it with the ad account; if it is right, write act_2310000000000010")
	checkWarnings(t, columns+"2310000000000011,"+hashA+",7\n")
}

// Rows below a table that hold nothing are none, and others that name no image
// are told of in one line.
func TestBlankRows(t *testing.T) {
	const columns = "operation,source_account,hash,target_account,note\n"
	const row = "copy,1," + hashA + ",2,\n"
	const tail = "; remove them, or fill in what their operation needs"
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"empty rows at the end", columns + row + ",,,,\n" + ` ,"",,,` + "\n", nil},
		{"with fewer cells", columns + row + ",\n   \n,,,,,,\r\n", nil},
		{"a great many", columns + row + strings.Repeat(",,,,\n", 3000), nil},
		{"empty rows alone", columns + ",,,,\n,,,,\n",
			[]string{"line 1: the manifest has a header but no rows; add a row for each image"}},
		{"between rows", columns + ",,,,\n,,,,\n" + row, []string{"line 2: the rows from here to line 3 (2 rows) are empty; remove them"}},
		{"one between rows", columns + ",,,,\n" + row, []string{"line 2: all cells are empty; remove the row"}},
		{"a note filled down", columns + row + strings.Repeat(",,,,spring\n", 1000),
			[]string{"line 3: the rows from here to line 1002 (1000 rows) name no image" + tail}},
		{"an operation and a target filled down", columns + row + strings.Repeat("copy,,,2,\n", 2) + ",,,,\n",
			[]string{"line 3: the rows from here to line 4 (2 rows) name no image" + tail}},
		{"one alone", columns + row + "copy,,,2,\n", []string{
			"line 3, source_account: missing; a copy row needs it", "line 3, hash: missing; a copy row needs it"}},
		{"Ctrl-Z", columns + row + "\x1a", []string{"line 3: a Ctrl-Z, the end-of-file mark of DOS; remove it"}},
		{"Ctrl-Z behind the last cell", "hash,source_account,target_account\n" + hashA + ",1,2\x1a",
			[]string{`line 2, target_account "2\x1a": not an account id: it ends in Ctrl-Z, the end-of-file mark of DOS; remove it`}},
		{"NUL bytes in place of rows", columns + row + strings.Repeat("\x00", 4096),
			[]string{"line 3: NUL bytes in place of a row; the file is incomplete; copy or export it again"}},
		{"a great many NUL bytes", columns + row + strings.Repeat("\x00", 3<<20),
			[]string{"line 3: NUL bytes in place of a row; the file is incomplete; copy or export it again; the rows after it were not checked"}},
		{"NUL bytes behind the last cell", "hash,source_account,target_account\n" + hashA + ",1,2" + strings.Repeat("\x00", 100),
			[]string{`line 2, target_account "2": NUL bytes follow the value; the file is incomplete; copy or export it again`}},
		{"NUL bytes alone", strings.Repeat("\x00", 100),
			[]string{"line 1: the file holds only NUL bytes; the file is incomplete; copy or export it again"}},
		{"a spreadsheet", "PK\x03\x04\x14\x00\x06\"x\n",
			[]string{"line 1: this is not CSV but a spreadsheet or another zipped file; export the sheet as CSV in UTF-8"}},
		{"a job file", "SQLite format 3\x00\x10\x00",
			[]string{"line 1: this is not CSV but a database; if it is a job's, adferry resume takes its folder"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkProblems(t, tt.in, tt.want) })
	}
}

func checkWarnings(t *testing.T, manifest string, want ...string) {
	t.Helper()
	p, err := plan.Read(strings.NewReader(manifest), nil)
	if err != nil {
		t.Error(err)
		return
	}
	var got []string
	for _, w := range p.Warnings {
		got = append(got, w.String())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got warnings %q, want %q", got, want)
	}
}

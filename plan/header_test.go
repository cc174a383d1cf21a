package plan_test

import (
	"strings"
	"testing"
)

const hashA, hashB = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

func TestHeader(t *testing.T) {
	const row = "\n111," + hashA + ",222\n"
	for _, tt := range []struct {
		name, in string
		want     []string // problems; none if the manifest is good
	}{
		{name: "any order and case, blanks", in: " Target_Account ,HASH,source_account,operation\n222," + hashA + ",111,Copy\n"},
		{name: "byte order mark", in: "\ufeffsource_account,hash,target_account" + row},
		{name: "byte order mark before a quote", in: "\ufeff\"source_account\",hash,target_account" + row},
		{name: "CRLF", in: "source_account,hash,target_account\r\n111," + hashA + ",222\r\n"},
		{name: "empty lines before it", in: "\n\r\nsource_account,hash,target_account" + row},
		{name: "user columns twice, and unnamed", in: "source_account,hash,target_account,note,note,,\n111," + hashA + ",222,a,b,,\n"},
		{name: "empty file", in: "",
			want: []string{"line 1: the file is empty; put a line above it that names its columns in their order, such as operation,source_account,hash,target_account"}},
		{name: "byte order mark alone", in: "\ufeff",
			want: []string{"line 1: the file is empty; put a line above it that names its columns in their order, such as operation,source_account,hash,target_account"}},
		{name: "no rows", in: "source_account,hash,target_account\n\n",
			want: []string{"line 1: the manifest has a header but no rows; add a row for each image"}},
		{name: "no header", in: "111," + hashA + ",222\n",
			want: []string{"line 1: not a header: it has none of the columns operation, source_account, hash, target_account, file; put a line above it that names its columns in their order, such as operation,source_account,hash,target_account"}},
		{name: "UTF-16, little endian", in: "\xff\xfes\x00o\x00",
			want: []string{"line 1: the file is UTF-16; save it as CSV in UTF-8"}},
		{name: "UTF-16, big endian", in: "\xfe\xff\x00s\x00o",
			want: []string{"line 1: the file is UTF-16; save it as CSV in UTF-8"}},
		{name: "UTF-16 without a mark", in: "h\x00a\x00s\x00h\x00,\x00\n\x00",
			want: []string{"line 1: the file is UTF-16; save it as CSV in UTF-8"}},
		{name: "Latin-1", in: "source_account,hash,target_account,Gr\xf6\xdfe" + row,
			want: []string{"line 1: the header is not UTF-8; save the file as CSV in UTF-8"}},
		{name: "semicolons", in: "source_account;hash;target_account\n111;" + hashA + ";222\n",
			want: []string{"line 1: the cells are separated by semicolons; export the file with commas"}},
		{name: "semicolons and quotes", in: "\"source_account\";\"hash\";\"target_account\"\n",
			want: []string{"line 1: the cells are separated by semicolons; export the file with commas"}},
		{name: "tabs", in: "source_account\thash\ttarget_account\n",
			want: []string{"line 1: the cells are separated by tabs; export the file with commas"}},
		{name: "a semicolon in a name", in: "source_account,hash,target_account,\"a;hash;b\"\n111," + hashA + ",222,\n"},
		{name: "separator line", in: "sep=,\nsource_account,hash,target_account" + row,
			want: []string{"line 1: this is a spreadsheet's separator line, not a header; remove the line"}},
		{name: "CR alone", in: "source_account,hash,target_account\r111," + hashA + ",222\r",
			want: []string{"line 1: lines end in CR alone; save the file with LF or CRLF line ends"}},
		{name: "ours twice", in: "source_account,hash,target_account,Hash\n111," + hashA + ",222,\n",
			want: []string{"line 1, Hash: the column appears twice; remove or rename one of them"}},
		{name: "a near miss stands for what it means", in: "Source Account,hash,traget_account\n111,xyz,222\n",
			want: []string{
				"line 1, Source Account: no such column; did you mean source_account? otherwise rename it",
				"line 1, traget_account: no such column; did you mean target_account? otherwise rename it",
				"line 2, hash \"xyz\": not an image hash: it has 'x', which is not a hex digit; write 32 hex digits"}},
		{name: "missing columns, one problem each", in: "hash\n" + hashA + "\n" + hashB + "\n",
			want: []string{
				"line 1, source_account: the column is missing, and line 2 needs it; add it to the header and to each row",
				"line 1, target_account: the column is missing, and line 2 needs it; add it to the header and to each row"}},
		{name: "missing columns and no rows", in: "hash,target_account\n",
			want: []string{
				"line 1: the manifest has a header but no rows; add a row for each image",
				"line 1, source_account: the column is missing; add it to the header and to each row"}},
		{name: "missing for one row", in: "operation,source_account,hash\ndelete,1," + hashA + "\nmove,2," + hashA + "\n",
			want: []string{"line 1, target_account: the column is missing, and line 3 needs it; add it to the header and to each row"}},
		{name: "a column that no row needs", in: "operation,source_account,hash\ndelete,1," + hashA + "\n"},
		{name: "bare quote", in: "source_account,ha\"sh\n",
			want: []string{"line 1: a quote inside an unquoted cell; put the cell in quotes and double the quotes inside: \"the \"\"new\"\" one\""}},
		{name: "endless", in: "hash,\"" + strings.Repeat("x", 2<<20),
			want: []string{"line 1: the record is longer than 1 MiB; look for a quote that is never closed"}},
	} {
		t.Run(tt.name, func(t *testing.T) { checkProblems(t, tt.in, tt.want) })
	}
}

// Columns that are nearly ours are misspellings; ordinary words, and the columns that
// adferry itself writes beside the manifest's, are not.
func TestNearMiss(t *testing.T) {
	misspellings := map[string]string{
		"traget_account": "target_account", "target_acount": "target_account", "Target Account": "target_account",
		"target-account": "target_account", "targetaccount": "target_account", "target_accounts": "target_account",
		"source_acount": "source_account", "sourec_account": "source_account", "SOURCE ACCOUNT": "source_account",
		"souce_acount": "source_account", "operations": "operation", "opration": "operation", "operaton": "operation",
		"hahs": "hash", "hsah": "hash", "hashs": "hash", "has_h": "hash", "hash_": "hash", "hsh": "hash",
		"flie": "file", "files": "file", "fil": "file", "\u200bhash": "hash",
	}
	for name, want := range misspellings {
		t.Run(name, func(t *testing.T) {
			checkProblems(t, manifestWith(name), []string{
				"line 1, " + printedName(name) + ": no such column; did you mean " + want + "? otherwise rename it"})
		})
	}
	for _, name := range strings.Split("row,status,reason,target_hash,attempts,error_code,error_subcode,error_message,fbtrace_id,"+
		"started_at,finished_at,name,title,size,date,user,profile,source_hash,has_text,fill,tile,film,line,life,time,cache,"+
		"cash,has,hashtag,filename,file_name,file_size,filter,title,target,source,account,accounts,operator,option,options,"+
		"target_count,source_url,account_id,account_name,target_name,source_name,campaign,ad_account,creative,note,id,url,owner", ",") {
		t.Run(name, func(t *testing.T) { checkProblems(t, manifestWith(name), nil) })
	}
}

func manifestWith(column string) string {
	return "operation,source_account,hash,target_account,file," + column + "\ncopy,111," + hashA + ",222,,\n"
}

func printedName(name string) string {
	if strings.Contains(name, "\u200b") {
		return `"\u200bhash"`
	}
	return name
}

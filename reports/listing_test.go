package reports_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"adferry/reports"
)

// Whatever the API sends comes out as data: no formula in CSV, nothing that
// steers a terminal, and JSON that reads back.
func TestListing(t *testing.T) {
	const hash = "0123456789abcdef0123456789abcdef"
	for _, test := range []struct {
		format reports.Format
		fields string
		object string
		want   string
	}{
		{reports.FormatCSV, "name,width,creatives", `{"name":"=1+1","width":12345678901234567890,"creatives":[ "1", "2" ]}`,
			"source_account,hash,name,width,creatives\nact_11," + hash + ",'=1+1,12345678901234567890,\"[\"\"1\"\",\"\"2\"\"]\"\n"},
		{reports.FormatCSV, "name,hash,url", `{"name":"a\nb","url":null}`, "source_account,hash,name,url\nact_11," + hash + ",a b,\n"},
		{reports.FormatJSONL, "name,hash,url,width", `{"width": 1.50,"name":"a\u001b[31m\u202e` + "\u009b" + `","other":1}`,
			`{"account":"11","hash":"` + hash + `","name":"a\u001b[31m\u202e\u009b","width":1.50}` + "\n"},
		{reports.FormatJSON, "name", `{"name":"a"}`, "[\n  {\"account\":\"11\",\"hash\":\"" + hash + "\",\"name\":\"a\"}\n]\n"},
		{reports.FormatTable, "name,status", `{"name":"a\u001b[31m\tb","status":"ACTIVE"}`,
			"ad account  hash                              name      status\nact_11      " + hash + "  a [31m b  ACTIVE\n"},
	} {
		t.Run(string(test.format), func(t *testing.T) {
			var out strings.Builder
			l := reports.NewListing(&out, test.format, strings.Split(test.fields, ","))
			if err := errors.Join(l.Image("11", hash, json.RawMessage(test.object)), l.Page(), l.End()); err != nil {
				t.Fatal(err)
			}
			if out.String() != test.want {
				t.Errorf("got\n%s\nwant\n%s", out.String(), test.want)
			}
		})
	}
}

// Nothing to list is a header, or an empty list.
func TestListingEmpty(t *testing.T) {
	for format, want := range map[reports.Format]string{
		reports.FormatTable: "ad account  hash  name\n", reports.FormatCSV: "source_account,hash,name\n",
		reports.FormatJSON: "[]\n", reports.FormatJSONL: "",
	} {
		var out strings.Builder
		l := reports.NewListing(&out, format, []string{"name"})
		if err := errors.Join(l.Page(), l.End()); err != nil || out.String() != want {
			t.Errorf("%s: got %q, %v, want %q", format, out.String(), err, want)
		}
	}
}

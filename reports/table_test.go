package reports

import (
	"strings"
	"testing"
)

func TestTableFits(t *testing.T) {
	words := newTable(1)
	words.add("a", "1", "one two three four five six seven")
	words.add("b", "22", "one")
	numbers := newTable(1, 2, 3)
	numbers.add("ad account", "rows", "waited", "tier")
	numbers.add("act_1", "1,000,000", "12s", "full")
	heads := newTable(1, 2)
	heads.add("ad account", "to delete", "share")
	heads.add("act_1", "5", "1%")
	for _, test := range []struct {
		name  string
		table *table
		want  string
	}{
		{"a text is wrapped", words.fit(24, 3), "a   1  one two three\n       four five six\n       seven\nb  22  one\n"},
		{"columns that matter less go", numbers.fit(25, 2), "ad account       rows\nact_1       1,000,000\n"},
		{"headings are split", heads.splitHeads(20), "                to\nad account  delete  share\nact_1            5     1%\n"},
	} {
		var b strings.Builder
		test.table.write(&b)
		if got := b.String(); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
	if got := wrap("see --max-duration or --max-wait", 20); got != "see --max-duration\nor --max-wait" {
		t.Errorf("got %q", got)
	}
}

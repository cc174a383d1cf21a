package plan_test

import (
	"strings"
	"testing"

	"adferry/plan"
)

func TestParseAccount(t *testing.T) {
	for _, tt := range []struct {
		name, in  string
		want, bad string // bad is a part of the error
	}{
		{name: "digits", in: "1214321106978726", want: "1214321106978726"},
		{name: "prefix", in: "act_1214321106978726", want: "1214321106978726"},
		{name: "one digit", in: "7", want: "7"},
		{name: "most digits", in: strings.Repeat("9", 20), want: strings.Repeat("9", 20)},
		{name: "empty", in: "", bad: "it is empty"},
		{name: "blank", in: " \t", bad: "it is empty"},
		{name: "prefix alone", in: "act_", bad: "no digits after act_"},
		{name: "leading blank", in: " 123", bad: "white space around it; remove it"},
		{name: "trailing blank", in: "123\u00a0", bad: "white space around it; remove it"},
		{name: "apostrophe", in: "'123", bad: "an apostrophe; remove it"},
		{name: "scientific", in: "1.23E+15", bad: "rounded it and digits are lost; import the original file anew"},
		{name: "scientific, comma", in: "1,23E+15", bad: "rounded it"},
		{name: "scientific, whole", in: "1e15", bad: "rounded it"},
		{name: "decimal", in: "123.0", bad: "decimal number; format the column as text"},
		{name: "decimal point at the end", in: "123.", bad: "decimal number"},
		{name: "one group after a point", in: "123.456", bad: "decimal number"},
		{name: "thousands, commas", in: "1,234,567", bad: "thousand separators; format the column as text"},
		{name: "thousands, points", in: "1.234.567", bad: "thousand separators"},
		{name: "thousands, blanks", in: "1 234 567", bad: "thousand separators"},
		{name: "thousands, narrow blanks", in: "1\u202f234\u202f567", bad: "thousand separators"},
		{name: "thousands, apostrophes", in: "1'234'567", bad: "thousand separators"},
		{name: "letters", in: "12a4", bad: "it has letters; write only digits"},
		{name: "other prefix", in: "ACT_123", bad: "its prefix is not act_"},
		{name: "minus", in: "-123", bad: "it has '-', which is not a digit"},
		{name: "other digits", in: "١٢٣", bad: "it has '١', which is not a digit"},
		{name: "two prefixes", in: "act_act_1", bad: "it begins with act_ twice"},
		{name: "too long", in: strings.Repeat("9", 21), bad: "it has 21 digits, an account id has at most 20"},
		{name: "zero", in: "act_0", bad: "it is zero"},
		{name: "leading zero", in: "0123", bad: "it starts with a zero; remove the leading zeros"},
		{name: "bytes", in: "\xff\x00", bad: "is not a digit"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := plan.ParseAccount(tt.in)
			checkParsed(t, string(got), err, tt.want, tt.bad)
		})
	}
	if got, want := plan.Account("123").Act(), "act_123"; got != want {
		t.Errorf("Act: got %q, want %q", got, want)
	}
}

func TestParseHash(t *testing.T) {
	const hash = "0123456789abcdef0123456789abcdef"
	for _, tt := range []struct {
		name, in  string
		want, bad string
	}{
		{name: "lower case", in: hash, want: hash},
		{name: "upper case", in: strings.ToUpper(hash), want: hash},
		{name: "empty", in: "", bad: "it is empty"},
		{name: "blanks", in: hash + " ", bad: "white space around it; remove it"},
		{name: "short", in: hash[:31], bad: "it has 31 hex digits, not 32; copy the whole hash"},
		{name: "long", in: hash + "0", bad: "it has 33 hex digits, not 32"},
		{name: "short number", in: "12345", bad: "it has 5 hex digits, not 32; a spreadsheet may have dropped leading zeros"},
		{name: "scientific", in: "1.2E+31", bad: "read it as a number and digits are lost; import the original file anew"},
		{name: "digits and an e of full length", in: "1234567890123456789012345678e123", want: "1234567890123456789012345678e123"},
		{name: "no hex digit", in: "g" + hash[1:], bad: "it has 'g', which is not a hex digit"},
		{name: "no hex digit, short", in: "logo.png", bad: "it has 'l'"},
		{name: "no ASCII, 32 bytes", in: hash[:30] + "é", bad: "it has 'é'"},
		{name: "image id", in: "111:" + hash, bad: "it is an image id; keep only the part after the colon"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := plan.ParseHash(tt.in)
			checkParsed(t, string(got), err, tt.want, tt.bad)
		})
	}
}

func TestEnumsAsText(t *testing.T) {
	for _, v := range []plan.Verb{plan.Copy, plan.Move, plan.Delete, plan.Upload} {
		var back plan.Verb
		if err := back.UnmarshalText([]byte(v)); err != nil || back != v {
			t.Errorf("got %v back, want %v", back, v)
		}
	}
	for _, k := range []plan.Kind{plan.KindCopy, plan.KindDelete, plan.KindUpload} {
		var back plan.Kind
		if err := back.UnmarshalText([]byte(k)); err != nil || back != k {
			t.Errorf("got %v back, want %v", back, k)
		}
	}
	for _, word := range []string{"", "unknown", "Verb(0)", "Kind(0)", "copies"} {
		if err := new(plan.Verb).UnmarshalText([]byte(word)); err == nil {
			t.Errorf("verb %q: got no error", word)
		}
		if err := new(plan.Kind).UnmarshalText([]byte(word)); err == nil {
			t.Errorf("kind %q: got no error", word)
		}
	}
}

func checkParsed(t *testing.T, got string, err error, want, bad string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	switch {
	case bad == "" && err != nil:
		t.Errorf("got error %q, want none", err)
	case bad != "" && err == nil:
		t.Errorf("got no error, want one with %q", bad)
	case bad != "" && !strings.Contains(err.Error(), bad):
		t.Errorf("got error %q, want one with %q", err, bad)
	}
}

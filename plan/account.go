package plan

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"
)

const actPrefix = "act_"

// maxAccountDigits is generous: ids of ad accounts have had up to 17 digits.
const maxAccountDigits = 20

// An Account is the id of an ad account: bare digits, no act_, no leading zero.
type Account string

// ParseAccount reads an ad account id, with or without its act_ prefix. The
// error says what is wrong with it, and what to do.
func ParseAccount(s string) (Account, error) {
	a, f := parseAccount(s)
	if f != nil {
		return "", fmt.Errorf("%q is %w", clip(s), f)
	}
	return a, nil
}

// Act returns the id as the paths of the Graph API want it: act_123.
func (a Account) Act() string { return actPrefix + string(a) }

// MarshalCSV writes act_123, or nothing for the empty Account. The prefix keeps
// spreadsheets from reading the id as a number and rounding it.
func (a Account) MarshalCSV() (string, error) {
	if a == "" {
		return "", nil
	}
	return a.Act(), nil
}

// compareAccounts orders accounts by number. For digits without leading zeros that is
// by length, then by text.
func compareAccounts(a, b Account) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}

func parseAccount(s string) (Account, *flaw) {
	id := strings.TrimPrefix(s, actPrefix)
	if digits(id) && len(id) <= maxAccountDigits && id[0] != '0' {
		return Account(id), nil
	}
	const noun = "an account id"
	if f := spacingFlaw(s, noun); f != nil {
		return "", f
	}
	what, hint := accountFlaw(id)
	return "", &flaw{"not " + noun + ": " + what, hint}
}

func accountFlaw(id string) (what, hint string) {
	switch {
	case id == "":
		return "there are no digits after act_", "write the account's number"
	case strings.Trim(id, "0") == "":
		return "it is zero", "write the account's number"
	case digits(id) && id[0] == '0':
		return "it starts with a zero", "remove the leading zeros"
	case digits(id):
		return fmt.Sprintf("it has %d digits, an account id has at most %d", len(id), maxAccountDigits),
			"is a comma missing between two cells?"
	case scientific(id):
		return "a spreadsheet has rounded it and digits are lost", fromSource
	case grouped(id):
		return "it has thousand separators", asText
	case decimal(id):
		return "it is a decimal number", asText
	case strings.HasPrefix(id, actPrefix):
		return "it begins with act_ twice", "write act_ once, and then digits"
	case strings.HasPrefix(strings.ToLower(id), "act"):
		return "its prefix is not act_", "write act_ and digits, or only digits"
	}
	for _, r := range id {
		if unicode.IsLetter(r) {
			return "it has letters", "write only digits, as in act_123 or 123"
		}
		if r < '0' || r > '9' {
			what = fmt.Sprintf("it has %q, which is not a digit", r)
			break
		}
	}
	return what, "write only digits, as in act_123 or 123"
}

// grouped recognises thousand separators, as in 1,234,567, in the spellings of all
// countries. A single point counts as a decimal point.
func grouped(s string) bool {
	groups := strings.FieldsFunc(s, isSpaceOrSeparator)
	if len(groups) < 2 || strings.Count(s, ".") == 1 || len(groups[0]) > 3 {
		return false
	}
	for i, g := range groups {
		if !digits(g) || i > 0 && len(g) != 3 {
			return false
		}
	}
	return true
}

func decimal(s string) bool {
	whole, fraction, found := strings.Cut(strings.Replace(s, ",", ".", 1), ".")
	return found && digits(whole) && (fraction == "" || digits(fraction))
}

func isSpaceOrSeparator(r rune) bool {
	return r == ',' || r == '.' || r == '\'' || r == '’' || unicode.IsSpace(r)
}

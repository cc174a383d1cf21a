package rehearsal

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"adferry/graph/sandbox"
	"adferry/plan"
)

// traits are what the sandbox column says about a row's image and accounts: words, some
// with a value.
type traits map[string]string

func (t traits) has(word string) bool { _, ok := t[word]; return ok }

// knownWords are the words of the column.
var knownWords = []string{"missing", "present", "in_use", "associated", "name", "age", "denied", "rehash"}

// read adds the words of a cell.
func (t traits) read(cell string) error {
	for field := range strings.FieldsSeq(cell) {
		word, value, _ := strings.Cut(field, "=")
		word = strings.ToLower(word)
		if !slices.Contains(knownWords, word) {
			return fmt.Errorf("sandbox column: unknown word %q; %s", word, suggestion(word))
		}
		if _, err := age(value); word == "age" && err != nil {
			return err
		}
		t[word] = value
	}
	return nil
}

// CheckRow checks what the sandbox column says of a row. The error is a *ColumnError.
func CheckRow(r plan.Row) error {
	_, err := traitsOf(r)
	return err
}

// traitsOf are the traits of a row's image; nil without a sandbox column. The error is a
// *ColumnError.
func traitsOf(r plan.Row) (traits, error) {
	column := slices.IndexFunc(r.Header, func(name string) bool { return strings.EqualFold(strings.TrimSpace(name), "sandbox") })
	if column < 0 {
		return nil, nil
	}
	cells, err := plan.Cells(r.Record)
	if err != nil || column >= len(cells) {
		return nil, err
	}
	t := traits{}
	if err := t.read(cells[column]); err != nil {
		return nil, &ColumnError{r.Line, err}
	}
	return t, nil
}

// suggestion says which word may have been meant.
func suggestion(word string) string {
	if near := plan.Suggest(word, knownWords); near != "" {
		return "did you mean " + near + "?"
	}
	return "the words are " + strings.Join(knownWords, ", ")
}

// age reads a number of days, such as 200d.
func age(days string) (time.Duration, error) {
	n, err := strconv.ParseFloat(strings.TrimSuffix(days, "d"), 64)
	if err != nil || !(n >= 0 && n < 20_000) { // seconds since 1970 have to hold it
		return 0, fmt.Errorf("sandbox column: age=%s must be a number of days, such as age=200d", days)
	}
	return time.Duration(n * 24 * float64(time.Hour)), nil
}

// picture is an image with the row's traits.
func (t traits) picture(h plan.Hash, now time.Time) sandbox.Image {
	i := sandbox.Image{Hash: string(h), Name: string(h)[:min(8, len(h))] + ".jpg", Created: now, Associated: t.has("associated"), Rehash: t.has("rehash")}
	if t["name"] != "" {
		i.Name = t["name"]
	}
	if days, err := age(t["age"]); err == nil {
		i.Created = now.Add(-days)
	}
	if t.has("in_use") {
		i.Creatives = strings.Split(cmp.Or(t["in_use"], "120000000000001"), "+")
	}
	return i
}

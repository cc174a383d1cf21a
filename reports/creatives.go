package reports

import (
	"fmt"
	"io"
	"strings"
	"time"

	"adferry/jobs"
	"adferry/jobs/uses"
)

// CreativesName is the file in a job's folder that says which creatives have to be
// re-pointed.
const CreativesName = "creatives.csv"

// Creatives writes creatives.csv.
type Creatives struct{ csv *csvWriter }

// NewCreatives writes the header. An error stays with the buffer and comes up at the end.
func NewCreatives(w io.Writer) Creatives {
	c := Creatives{newCSVWriter(w)}
	c.csv.names("creative_id", "source_account", "source_hash", "target_account", "target_hash")
	_ = c.csv.end()
	return c
}

// Add adds a row.
func (c Creatives) Add(r uses.Repointing) error {
	c.csv.foreign(r.Creative)
	c.csv.account(r.Source)
	c.csv.cell(string(r.SourceHash))
	c.csv.account(r.Target)
	c.csv.foreign(string(r.TargetHash))
	return c.csv.end()
}

// End brings what was added to the writer.
func (c Creatives) End() error { return c.csv.w.Flush() }

// RepointedText tells a person what was found for creatives.csv, and what is not in it.
func RepointedText(r uses.Repointed, path string) string {
	var b strings.Builder
	t := newTable(0)
	for _, line := range []struct {
		n    int
		what string
	}{
		{r.Used, "in use by creatives that the API names"},
		{r.Unnamed, "in use, and the API does not name the creatives"},
		{r.Unused, "not in use, as far as the API tells"},
		{r.Unknown, "of unknown use: the API does not tell it"},
		{r.Gone, "deleted by somebody else: nothing is known of their use"},
		{r.Unread, "not read: see the errors"},
	} {
		if line.n > 0 {
			t.add(count(line.n), line.what)
		}
	}
	if len(t.rows) == 0 {
		fmt.Fprintf(&b, "no copy of the job is in its target\n")
	} else {
		b.WriteString("source images with a copy in its target:\n")
	}
	t.write(&b)
	if r.Kept > 0 {
		fmt.Fprintf(&b, "%s cannot be read any more: the creatives are those that the job saw before it would have deleted them\n", Counted(r.Kept, "of these", "of these"))
	}
	for _, i := range r.Look {
		fmt.Fprintf(&b, "look at %s of %s: its creatives are not known\n", i.Hash, i.Account.Act())
	}
	if more := r.Unnamed + r.Unknown - len(r.Look); more > 0 {
		fmt.Fprintf(&b, "... and %s more\n", count(more))
	}
	fmt.Fprintf(&b, "%s: %s\n", OneLine(path), Counted(r.Rows, "row", "rows"))
	if !r.Oldest.IsZero() {
		fmt.Fprintf(&b, "as of %s\n", r.Oldest.UTC().Format(time.RFC3339))
	}
	b.WriteString("the API does not list every creative, such as those made with a picture's URL\n")
	return b.String()
}

// UnsettledCopies says that creatives.csv is not about all rows of the job.
func UnsettledCopies(t jobs.Totals) string {
	return fmt.Sprintf("%s left to do: run this again when the job has finished", Counted(t.Pending+t.Unknown, "row of the job is", "rows of the job are"))
}

// ReadingGoesOn says that images were read before, in a call that was interrupted.
func ReadingGoesOn(left int) string {
	return fmt.Sprintf("going on with what an earlier call has read; %s left (--restart reads all again)", Counted(left, "image is", "images are"))
}

// ReadSoFar says how many images were read so far.
func ReadSoFar(images, of int) string {
	return fmt.Sprintf("read %s of %s images", count(images), count(of))
}

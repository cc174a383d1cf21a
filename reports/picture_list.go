package reports

import (
	"io"
	"time"

	"adferry/jobs/review"
	"adferry/plan"
)

// PictureList is a list of images as one page of pictures, written while they are read.
type PictureList struct {
	sheet  *sheet
	err    error // of the head
	images int
}

// NewPictureList makes a page for the images of these ad accounts, whose ages are as of
// now.
func NewPictureList(w io.Writer, accounts []plan.Account, now time.Time) *PictureList {
	l := &PictureList{}
	l.sheet, l.err = newSheet(w, sheetHead{
		Eyebrow: "adferry list, " + now.UTC().Format(clockLayout), Title: "Images of " + NamedAccounts(accounts), Page: 1, Pages: 1,
	}, now)
	return l
}

// Picture adds an image.
func (l *PictureList) Picture(p review.Picture) error {
	if l.err != nil {
		return l.err
	}
	l.images++
	return l.sheet.add(p)
}

// Page brings what was added to the reader.
func (l *PictureList) Page() error {
	if l.err != nil {
		return l.err
	}
	return l.sheet.w.Flush()
}

// End ends the page, which says so if not all images could be read.
func (l *PictureList) End(incomplete bool) error {
	if l.err != nil {
		return l.err
	}
	words := "End of the list: " + Counted(l.images, "image", "images") + "."
	if incomplete {
		words = "This list is not complete: " + Counted(l.images, "image", "images") + " could be read, and the reading then failed or was stopped."
	}
	return l.sheet.end(words)
}

// NamedAccounts names the first of the ad accounts, and counts the others.
func NamedAccounts(accounts []plan.Account) string {
	var names []string
	for _, a := range accounts[:min(namedAccounts, len(accounts))] {
		names = append(names, a.Act())
	}
	if left := len(accounts) - namedAccounts; left > 0 {
		names = append(names, Counted(left, "more ad account", "more ad accounts"))
	}
	return list(names)
}

// clockLayout is a moment for people, to the minute.
const clockLayout = "2006-01-02 15:04 UTC"

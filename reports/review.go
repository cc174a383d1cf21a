package reports

import (
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"adferry/jobs/cleanup"
	"adferry/jobs/review"
	"adferry/plan"
)

// picturesOnPage is how many pictures a page of a review has: few enough to be looked
// through, printed and held by any browser.
const picturesOnPage = 300

// Review is what the pages of a review say beside their pictures.
type Review struct {
	Title    string
	Lead     string   // what would be deleted
	Notes    []string // by which policy, and what else people should know
	Unread   []error  // why pictures are missing, as far as the reading has come
	Pictures int      // of all pages
	AsOf     time.Time

	// Rehearsed leaves out the thumbnails, which the sandbox inside a process no longer
	// serves: their links lead to the host that it stands in for.
	Rehearsed bool
}

func (r *Review) pages() int { return (r.Pictures + picturesOnPage - 1) / picturesOnPage }

// WriteReview makes review.html in dir, and review-2.html and so on, anew: sheets with the
// pictures of what would be deleted. Each page is written whole or not at all, one at a
// time, so that memory and open files do not grow with the pictures. The pages of an
// earlier review go first, so that none of them can be taken for one of this.
func WriteReview(dir string, r *Review, pictures iter.Seq2[review.Picture, error]) error {
	if err := review.Remove(dir); err != nil {
		return fmt.Errorf("remove the earlier review: %w", err)
	}
	next, stop := iter.Pull2(pictures)
	defer stop()
	for page := range r.pages() {
		if err := WriteFile(dir, review.PageName(page+1), func(w io.Writer) error { return r.writePage(w, page+1, next) }); err != nil {
			return err
		}
	}
	return nil
}

// writePage writes a page, of which next yields the pictures.
func (r *Review) writePage(w io.Writer, page int, next func() (review.Picture, error, bool)) error {
	first, last := (page-1)*picturesOnPage+1, min(page*picturesOnPage, r.Pictures)
	var s *sheet
	for range last - first + 1 {
		p, err, more := next()
		if err != nil {
			return err
		}
		if !more {
			return fmt.Errorf("%d images are to be shown, and there are fewer", r.Pictures)
		}
		if s == nil { // by now it is known whether the first pictures could be read
			if s, err = newSheet(w, r.head(page), r.AsOf); err != nil {
				return err
			}
		}
		if r.Rehearsed {
			p.Thumbnail = ""
		}
		if err := s.add(p); err != nil {
			return err
		}
	}
	return s.end(fmt.Sprintf("Images %s to %s of %s.", count(first), count(last), count(r.Pictures)))
}

func (r *Review) head(page int) sheetHead {
	notes := r.Notes
	if r.Rehearsed {
		notes = append(notes[:len(notes):len(notes)], "This is a rehearsal, whose sandbox has ended: there are no thumbnails.")
	}
	for _, err := range r.Unread[:min(len(r.Unread), mostUnread)] {
		notes = append(notes[:len(notes):len(notes)], "Pictures are missing: "+err.Error()+".")
	}
	return sheetHead{
		Eyebrow: "adferry review, " + r.AsOf.UTC().Format(clockLayout), Title: r.Title, Lead: r.Lead, Deletes: true, Notes: notes,
		Page: page, Pages: r.pages(),
	}
}

// mostUnread is how many reasons for missing pictures a page tells.
const mostUnread = 3

// CleanupReview is the review of what a cleanup deletes.
func CleanupReview(inv *cleanup.Inventory) *Review {
	var accounts []plan.Account
	for _, a := range inv.Accounts {
		if a.Deletes() > 0 {
			accounts = append(accounts, a.Account)
		}
	}
	r := &Review{
		Title: "Cleanup of " + NamedAccounts(accounts), Lead: sentence(CleanupDeletions(inv)), Notes: []string{sentence("policy: " + inv.Policy())},
		Pictures: inv.Deletes(), AsOf: inv.ListedAt,
	}
	for _, a := range inv.Accounts {
		if a.Err != nil {
			r.Notes = append(r.Notes, sentence(a.Err.Error()+"; none of its images are deleted"))
		}
	}
	return r
}

// UndoReview is the review of what the rows of an undo's manifest delete or move away. dir
// is the folder of the job that is undone.
func UndoReview(dir string, rows iter.Seq2[plan.Line, error], now time.Time) (*Review, error) {
	images := 0
	deletions := map[plan.Account]int{}
	for row, err := range rows {
		switch {
		case err != nil:
			return nil, err
		case row.Verb == plan.Delete || row.Verb == plan.Move:
			images++
			deletions[row.Source]++
		}
	}
	from, named := accountsByDeletions(deletions)
	return &Review{
		Title:    "Undo of " + dir,
		Lead:     fmt.Sprintf("The undo takes %s away from %s%s.", Counted(images, "image", "images"), from, named),
		Notes:    []string{"An image is deleted only if it is still the one that the job created, and if it is still seen where it came from or was moved back there."},
		Pictures: images, AsOf: now,
	}, nil
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

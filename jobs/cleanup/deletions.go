package cleanup

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"adferry/plan"
)

// FileError is a temporary file that cannot be written or read back.
type FileError struct{ Err error }

func (e *FileError) Error() string { return e.Err.Error() }
func (e *FileError) Unwrap() error { return e.Err }

// deletions keeps the manifest's rows in a temporary file while the ad accounts are
// listed side by side, because the manifest has the rows of each account together, and
// none of an account that could not be listed to its end. Memory holds the position of
// each page's rows.
type deletions struct {
	file  *os.File
	w     *bufio.Writer
	size  int64
	pages map[plan.Account][]section
}

// section is the part of the file with the rows of one page, in bytes.
type section struct{ offset, size int64 }

// newDeletions has to be closed.
func newDeletions() (*deletions, error) {
	f, err := os.CreateTemp("", "adferry-cleanup-")
	if err != nil {
		return nil, &FileError{err}
	}
	// Where an open file may lose its name, a crash leaves nothing behind.
	_ = os.Remove(f.Name())
	return &deletions{file: f, w: bufio.NewWriterSize(f, 256<<10), pages: map[plan.Account][]section{}}, nil
}

// add appends the rows of one page of an account. Their notes have no line ends.
func (d *deletions) add(a plan.Account, page []plan.Line) error {
	if len(page) == 0 {
		return nil
	}
	s := section{offset: d.size}
	for _, row := range page {
		n, err := fmt.Fprintf(d.w, "%s %s\n", row.Hash, row.Note)
		if err != nil {
			return &FileError{err}
		}
		s.size += int64(n)
	}
	d.size += s.size
	d.pages[a] = append(d.pages[a], s)
	return nil
}

// rows are the rows of the accounts, in their order and in that of the pages.
func (d *deletions) rows(accounts []plan.Account) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		if err := d.w.Flush(); err != nil {
			yield(plan.Line{}, &FileError{err})
			return
		}
		for _, a := range accounts {
			for _, s := range d.pages[a] {
				lines := bufio.NewScanner(io.NewSectionReader(d.file, s.offset, s.size))
				for lines.Scan() {
					hash, note, _ := strings.Cut(lines.Text(), " ")
					if !yield(plan.Line{Verb: plan.Delete, Source: a, Hash: plan.Hash(hash), Note: note}, nil) {
						return
					}
				}
				if err := lines.Err(); err != nil {
					yield(plan.Line{}, &FileError{err})
					return
				}
			}
		}
	}
}

func (d *deletions) close() {
	_ = d.file.Close()
	_ = os.Remove(d.file.Name())
}

package cli

import (
	"bufio"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"adferry/jobs/store"
	"adferry/plan"
)

// A spool keeps deletions in a temporary file while the accounts are listed side
// by side: only then is it known which accounts' may stay, and their rows belong
// together. Memory holds where each page's are.
type spool struct {
	f     *os.File
	w     *bufio.Writer
	size  int64
	pages map[plan.Account][]stretch
}

// stretch is a part of the file: the deletions of one page.
type stretch struct{ from, size int64 }

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "adferry-cleanup-")
	if err != nil {
		return nil, &store.DiskError{Err: err}
	}
	// Where a file may lose its name while it is open, a crash leaves nothing.
	_ = os.Remove(f.Name())
	return &spool{f: f, w: bufio.NewWriterSize(f, 256<<10), pages: map[plan.Account][]stretch{}}, nil
}

// add keeps the deletions of one page of an account. Their notes are one line each.
func (s *spool) add(a plan.Account, page []plan.Line) error {
	from := s.size
	for _, l := range page {
		n, err := fmt.Fprintf(s.w, "%s %s\n", l.Hash, l.Note)
		if err != nil {
			return &store.DiskError{Err: err}
		}
		s.size += int64(n)
	}
	if len(page) > 0 {
		s.pages[a] = append(s.pages[a], stretch{from, s.size - from})
	}
	return nil
}

// lines are the deletions of some accounts, in their order and in that of the
// pages.
func (s *spool) lines(accounts []plan.Account) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		if err := s.w.Flush(); err != nil {
			yield(plan.Line{}, &store.DiskError{Err: err})
			return
		}
		for _, a := range accounts {
			for _, p := range s.pages[a] {
				rows := bufio.NewScanner(io.NewSectionReader(s.f, p.from, p.size))
				for rows.Scan() {
					hash, note, _ := strings.Cut(rows.Text(), " ")
					if !yield(plan.Line{Verb: plan.Delete, Source: a, Hash: plan.Hash(hash), Note: note}, nil) {
						return
					}
				}
				if err := rows.Err(); err != nil {
					yield(plan.Line{}, &store.DiskError{Err: err})
					return
				}
			}
		}
	}
}

func (s *spool) close() {
	_ = s.f.Close()
	_ = os.Remove(s.f.Name())
}

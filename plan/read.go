package plan

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
)

// batches in flight: one being parsed, one being checked, and slack between them.
const batches = 4

// Read reads a manifest in one pass. It calls visit, which may be nil, for each
// valid row, in order and from the calling goroutine, until a problem is found,
// which may be some rows ahead or, for contradictions, after the last row: a
// visitor that writes does it in a transaction.
//
// The error is a *[ProblemsError] if the manifest is bad; else the reader's or
// visit's, wrapped. Read has stopped reading r when it returns.
func Read(r io.Reader, visit func(Row) error) (*Plan, error) {
	return ReadFiles(r, nil, visit)
}

// A FileCheck looks into the file of an upload, named as in [Op], and says what
// is wrong with it and what to do; "" when nothing is.
type FileCheck func(file string) (what, hint string)

// ReadFiles is Read with a look at the files that uploads name, so that a missing
// one is a problem of its row. check may be nil.
func ReadFiles(r io.Reader, check FileCheck, visit func(Row) error) (*Plan, error) {
	rd := &reading{plan: &Plan{}, sum: sha256.New(), visit: visit}
	rd.check.file = check
	if err := rd.read(&tape{src: r}); err != nil {
		return nil, err
	}
	return rd.plan, nil
}

// A reading is a Read on its way.
type reading struct {
	plan  *Plan
	check checker
	sum   hash.Hash
	visit func(Row) error
	seen  int     // records, good and bad, that are not empty
	good  []entry // of the batch
}

// An entry is a valid row.
type entry struct {
	record
	fields
}

func (rd *reading) read(t *tape) error {
	problems := &rd.check.problems
	h, ok, err := readHeader(t, problems)
	if err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	if !ok {
		return problems.err()
	}
	rd.plan.Header = h.names
	rd.check.header = &h
	rd.check.accounts = &rd.plan.index.accounts
	rd.check.verbs = watchVerbs(&h)
	rd.sum.Write(h.bom)
	rd.sum.Write(h.raw)

	s, err := newScanner(t, &h)
	if err != nil {
		return err
	}
	if err := rd.rows(s); err != nil {
		return err
	}
	if rd.seen == 0 {
		problems.add(Problem{Line: h.line, What: "the manifest has a header and no rows", Hint: "add a row for each image"})
	}
	rd.check.atEnd()
	rd.doubts(&h)
	rd.check.missing()
	contradictions(&rd.plan.index, h.name(hashColumn), problems)
	rd.sum.Sum(rd.plan.SHA256[:0])
	return problems.err()
}

// doubts adds what the file as a whole, and no single row, lets doubt.
func (rd *reading) doubts(h *header) {
	bad, warnings := rd.check.verbs.problems(h)
	rounded, warning := rd.check.rounded()
	for _, p := range append(bad, rounded...) {
		rd.check.problems.addFirst(p)
	}
	rd.plan.Warnings = append(warnings, warning...)
}

// rows takes the batches of a scanner, which parses on another core.
func (rd *reading) rows(s *scanner) error {
	done, out, free := make(chan struct{}), make(chan *batch, batches), make(chan *batch, batches)
	for range batches {
		free <- &batch{}
	}
	go s.run(done, out, free)
	defer func() {
		close(done)
		for range out { // until the scanner is off the caller's reader
		}
	}()
	for b := range out {
		rd.sum.Write(b.raw)
		if err := rd.batch(b); err != nil {
			return err
		}
		if b.err != nil && b.err != io.EOF {
			return b.err
		}
		free <- b
	}
	return nil
}

// batch checks all rows before it enters the good ones, since between the two it
// can fetch what the index has on them from memory at once and not one by one:
// in a large manifest, waiting for memory is most of what entering costs.
func (rd *reading) batch(b *batch) error {
	clean := goodText(b.raw)
	begin := 0
	rd.good = rd.good[:0]
	for i := range b.rows {
		n := len(rd.good)
		rd.good = append(rd.good, entry{record: record{scanned: &b.rows[i]}})
		e := &rd.good[n]
		e.raw = trimRecord(b.raw[begin:e.end])
		e.clean = clean || goodText(e.raw)
		begin = e.end
		if e.line > math.MaxInt32 {
			return errors.New("the manifest has more than two billion lines; split it")
		}
		if !rd.check.check(&e.record, &e.fields) {
			rd.good = rd.good[:n]
		}
		if !rd.check.blank.empty {
			rd.seen++
		}
	}
	for i := range rd.good {
		rd.plan.index.fetch(&rd.good[i].fields)
	}
	for i := range rd.good {
		if err := rd.row(&rd.good[i]); err != nil {
			return err
		}
	}
	return nil
}

func (rd *reading) row(e *entry) error {
	row := rd.enter(e)
	if rd.visit == nil || rd.check.problems.any() {
		return nil
	}
	row.Record = string(e.raw)
	if err := rd.visit(row); err != nil {
		return fmt.Errorf("visit line %d: %w", row.Line, err)
	}
	return nil
}

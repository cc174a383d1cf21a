package plan

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
)

// batchesInFlight are one being parsed, one being checked, and two between them.
const batchesInFlight = 4

// Read reads a manifest in one pass. It calls visit, which may be nil, for each valid
// row, in order and from the calling goroutine, until a problem is found. That may be
// after the last row, so what visit writes must be undone if Read fails.
//
// The error is a *[ProblemsError] if the manifest has problems, else a wrapped error of
// r or visit. Read no longer uses r when it returns.
func Read(r io.Reader, visit func(Row) error) (*Plan, error) {
	return ReadFiles(r, nil, visit)
}

// A FileCheck looks at the file of an upload, named as in [Op], and says what is wrong
// with it and what to do. what is "" if the file is good.
type FileCheck func(file string) (what, hint string)

// ReadFiles is Read that also checks the files of uploads, so that a missing file is a
// problem of its row. check may be nil.
func ReadFiles(r io.Reader, check FileCheck, visit func(Row) error) (*Plan, error) {
	rd := &reading{plan: &Plan{}, sum: sha256.New(), visit: visit}
	rd.check.file = check
	if err := rd.read(&replayReader{src: r}); err != nil {
		return nil, err
	}
	return rd.plan, nil
}

// A reading is the state of one call of Read.
type reading struct {
	plan  *Plan
	check checker
	sum   hash.Hash
	visit func(Row) error
	seen  int        // records that are not empty, with problems or without
	valid []validRow // rows of the current batch
}

// A validRow is a row without problems.
type validRow struct {
	record
	fields
}

func (rd *reading) read(in *replayReader) error {
	problems := &rd.check.problems
	h, ok, err := readHeader(in, problems)
	if err != nil {
		return fmt.Errorf("read manifest: %w", err)
	}
	if !ok {
		return problems.err()
	}
	rd.plan.Header = h.names
	rd.check.header = &h
	rd.check.accounts = &rd.plan.index.accounts
	rd.check.verbs = newVerbColumns(&h)
	rd.sum.Write(h.bom)
	rd.sum.Write(h.raw)

	s, err := newScanner(in, &h)
	if err != nil {
		return err
	}
	if err := rd.rows(s); err != nil {
		return err
	}
	if rd.seen == 0 {
		problems.add(Problem{Line: h.line, What: "the manifest has a header but no rows", Hint: "add a row for each image"})
	}
	rd.check.dropTrailingBlanks()
	rd.addFileProblems(&h)
	rd.check.missingColumns()
	addConflicts(&rd.plan.index, h.name(hashColumn), problems)
	rd.sum.Sum(rd.plan.SHA256[:0])
	return problems.err()
}

// addFileProblems adds problems that only show in the file as a whole.
func (rd *reading) addFileProblems(h *header) {
	bad, warnings := rd.check.verbs.problems(h)
	rounded, warning := rd.check.rounded()
	for _, p := range append(bad, rounded...) {
		rd.check.problems.addFirst(p)
	}
	rd.plan.Warnings = append(warnings, warning...)
}

// rows reads the batches of a scanner, which parses in a goroutine of its own.
func (rd *reading) rows(s *scanner) error {
	done, out, free := make(chan struct{}), make(chan *batch, batchesInFlight), make(chan *batch, batchesInFlight)
	for range batchesInFlight {
		free <- &batch{}
	}
	go s.run(done, out, free)
	defer func() {
		close(done)
		for range out { // until the scanner no longer uses the caller's reader
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

// batch checks all rows before it adds the valid ones to the plan. Between the two it
// prefetches what the index has on them: in a large manifest, waiting for memory is most
// of the cost of adding a row, and this way the waits overlap.
func (rd *reading) batch(b *batch) error {
	clean := validText(b.raw)
	begin := 0
	rd.valid = rd.valid[:0]
	for i := range b.rows {
		n := len(rd.valid)
		rd.valid = append(rd.valid, validRow{record: record{parsedRecord: &b.rows[i]}})
		e := &rd.valid[n]
		e.raw = trimRecord(b.raw[begin:e.end])
		e.validText = clean || validText(e.raw)
		begin = e.end
		if e.line > math.MaxInt32 {
			return errors.New("the manifest has more than two billion lines; split it")
		}
		if !rd.check.check(&e.record, &e.fields) {
			rd.valid = rd.valid[:n]
		}
		if !rd.check.blank.empty {
			rd.seen++
		}
	}
	for i := range rd.valid {
		rd.plan.index.prefetch(&rd.valid[i].fields)
	}
	for i := range rd.valid {
		if err := rd.visitRow(&rd.valid[i]); err != nil {
			return err
		}
	}
	return nil
}

func (rd *reading) visitRow(e *validRow) error {
	row := rd.addRow(e)
	if rd.visit == nil || rd.check.problems.any() {
		return nil
	}
	row.Record, row.Header = string(e.raw), rd.plan.Header
	if err := rd.visit(row); err != nil {
		return fmt.Errorf("visit line %d: %w", row.Line, err)
	}
	return nil
}

package plan

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"

	"github.com/gocarina/gocsv"
)

const (
	bufferSize  = 64 << 10
	batchRows   = 512
	batchBytes  = 256 << 10
	maxRestarts = 1000 // each costs a buffer and its copy
)

// cells are our columns of one row. All are strings: gocsv reads other types too
// kindly ("1.9" as 1).
type cells struct {
	Operation string `csv:"operation"`
	Source    string `csv:"source_account"`
	Hash      string `csv:"hash"`
	Target    string `csv:"target_account"`
	File      string `csv:"file"`
	Guard     string `csv:"adferry_guard"`
}

// A scanned is one record: its cells, or why it has none.
type scanned struct {
	cells *cells
	err   error
	line  int // of the record's start
	end   int // of its bytes in the batch, which start where the last one's end
}

// A batch is a stretch of the manifest. All batches together hold every byte of
// it after the header, once.
type batch struct {
	raw  []byte
	rows []scanned
	err  error // after the rows: io.EOF at the end of the manifest
}

// A scanner turns what is on the tape into batches.
type scanner struct {
	tape     *tape
	header   []byte
	buf      *bufio.Reader
	csv      *csv.Reader
	rows     *gocsv.Unmarshaller
	base     int64 // the csv.Reader's offset of the first byte held on the tape
	shift    int   // what to add to its line numbers
	line     int   // of the first byte held on the tape
	restarts int
}

// newScanner reads the rows behind the header.
func newScanner(t *tape, h *header) (*scanner, error) {
	s := &scanner{
		tape:   t,
		header: h.canonical(),
		buf:    bufio.NewReaderSize(nil, bufferSize),
		line:   1 + bytes.Count(h.raw, []byte{'\n'}),
	}
	return s, s.start()
}

// start parses on from the tape's position, which is the start of a line.
func (s *scanner) start() error {
	s.tape.prefix = s.header
	s.buf.Reset(s.tape)
	s.csv = csv.NewReader(s.buf)
	s.csv.ReuseRecord = true
	var err error
	if s.rows, err = gocsv.NewUnmarshaller(s.csv, &cells{}); err != nil {
		return fmt.Errorf("start csv reader: %w", err)
	}
	s.base = s.csv.InputOffset() - int64(len(s.tape.held))
	s.shift = s.lineAt(len(s.tape.held)) - 2 // to csv it is line 2
	return nil
}

// run sends batches until the manifest ends or done is closed, and then closes
// out. It takes used batches back through free.
func (s *scanner) run(done <-chan struct{}, out chan<- *batch, free <-chan *batch) {
	defer close(out)
	for {
		var b *batch
		select {
		case b = <-free:
		case <-done:
			return
		}
		s.fill(b)
		select {
		case out <- b:
		case <-done:
			return
		}
		if b.err != nil {
			return
		}
	}
}

func (s *scanner) fill(b *batch) {
	b.rows, b.err = b.rows[:0], nil
	end := 0
	for len(b.rows) < batchRows && end < batchBytes && b.err == nil {
		end = s.next(b)
	}
	b.raw = s.tape.cut(end, b.raw)
	s.base += int64(end)
	s.line += bytes.Count(b.raw, []byte{'\n'})
}

// next reads one record into the batch and returns where it ends on the tape.
func (s *scanner) next(b *batch) (end int) {
	v, err := s.rows.Read()
	end = int(s.csv.InputOffset() - s.base)
	if err == nil {
		// FieldPos panics after an error.
		line, _ := s.csv.FieldPos(0)
		b.rows = append(b.rows, scanned{cells: v.(*cells), line: s.shift + line, end: end})
	} else {
		end = s.failed(b, err, end)
	}
	s.tape.mark = end
	return end
}

// failed puts what could not be read into the batch.
func (s *scanner) failed(b *batch, err error, end int) int {
	parse := (*csv.ParseError)(nil)
	switch {
	case err == io.EOF:
		b.err = io.EOF
		return len(s.tape.held)
	case errors.Is(err, errRecordTooLong):
		return s.skip(b, err)
	case !errors.As(err, &parse):
		b.err = fmt.Errorf("read manifest: %w", err)
	case parse.Err == csv.ErrQuote && parse.Line != parse.StartLine:
		return s.skip(b, err)
	default:
		b.rows = append(b.rows, scanned{err: err, line: s.shift + parse.StartLine, end: end})
	}
	return end
}

// skip gives up on a record whose quotes run over line ends, and makes the line
// after its first one the next record. Each line is read at most twice so: what
// leaves a quote open has an odd number of quotes, and the next such line ends
// the record or breaks it.
func (s *scanner) skip(b *batch, err error) (end int) {
	held := s.tape.held
	begin := s.tape.mark + emptyLines(held[s.tape.mark:])
	row := scanned{err: err, line: s.lineAt(begin), end: len(held)}
	s.restarts++
	if begin >= len(held)-1 { // nothing but empty lines
		row.line = s.lineAt(s.tape.mark)
	}
	newline := bytes.IndexByte(held[begin:], '\n')
	if newline < 0 || s.restarts > maxRestarts {
		row.err = &lostError{err}
		b.err = io.EOF
	} else {
		row.end = begin + newline + 1
		s.tape.rewind(row.end)
		if err := s.start(); err != nil {
			b.err = err
		}
	}
	b.rows = append(b.rows, row)
	return row.end
}

// lineAt is the manifest's line at held[i].
func (s *scanner) lineAt(i int) int { return s.line + bytes.Count(s.tape.held[:i], []byte{'\n'}) }

// A lostError ends the reading of a manifest at a broken record.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// emptyLines counts the bytes of the line ends that csv.Reader skips before a
// record.
func emptyLines(raw []byte) int {
	n := 0
	for {
		switch rest := raw[n:]; {
		case bytes.HasPrefix(rest, []byte("\n")):
			n++
		case bytes.HasPrefix(rest, []byte("\r\n")):
			n += 2
		default:
			return n
		}
	}
}

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
	maxRestarts = 1000 // each costs a copy of the buffer
)

// cells are our columns of one row. All are strings, because gocsv is too lenient with
// other types: it reads "1.9" as the integer 1.
type cells struct {
	Operation string `csv:"operation"`
	Source    string `csv:"source_account"`
	Hash      string `csv:"hash"`
	Target    string `csv:"target_account"`
	File      string `csv:"file"`
	Guard     string `csv:"adferry_guard"`
}

// A parsedRecord has the cells of one record, or the error of parsing it.
type parsedRecord struct {
	cells *cells
	err   error
	line  int // of the record's start
	end   int // of its bytes in batch.raw; they start where those of the one before end
}

// A batch is a part of the manifest. All batches together have every byte after the
// header exactly once.
type batch struct {
	raw  []byte
	rows []parsedRecord
	err  error // that ended reading after these rows: io.EOF at the end of the manifest
}

// A scanner parses the manifest into batches.
type scanner struct {
	in       *replayReader
	header   []byte
	buf      *bufio.Reader
	csv      *csv.Reader
	rows     *gocsv.Unmarshaller
	base     int64 // the csv.Reader's offset of in.held[0]
	shift    int   // the manifest's line numbers minus the csv.Reader's
	line     int   // of in.held[0]
	restarts int
}

// newScanner scans the rows after the header.
func newScanner(in *replayReader, h *header) (*scanner, error) {
	s := &scanner{
		in:     in,
		header: h.canonical(),
		buf:    bufio.NewReaderSize(nil, bufferSize),
		line:   1 + bytes.Count(h.raw, []byte{'\n'}),
	}
	return s, s.start()
}

// start makes a new csv.Reader at the current position, which is the start of a line.
func (s *scanner) start() error {
	s.in.prefix = s.header
	s.buf.Reset(s.in)
	s.csv = csv.NewReader(s.buf)
	s.csv.ReuseRecord = true
	var err error
	if s.rows, err = gocsv.NewUnmarshaller(s.csv, &cells{}); err != nil {
		return fmt.Errorf("start csv reader: %w", err)
	}
	s.base = s.csv.InputOffset() - int64(len(s.in.held))
	s.shift = s.lineAt(len(s.in.held)) - 2 // the csv.Reader has read one line, the header
	return nil
}

// run sends batches to out, which it closes when the manifest ends or done is closed.
// Used batches come back through free.
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
	b.raw = s.in.take(end, b.raw)
	s.base += int64(end)
	s.line += bytes.Count(b.raw, []byte{'\n'})
}

// next reads one record into the batch and returns where it ends in in.held.
func (s *scanner) next(b *batch) (end int) {
	v, err := s.rows.Read()
	end = int(s.csv.InputOffset() - s.base)
	if err == nil {
		// FieldPos panics after an error.
		line, _ := s.csv.FieldPos(0)
		b.rows = append(b.rows, parsedRecord{cells: v.(*cells), line: s.shift + line, end: end})
	} else {
		end = s.readFailed(b, err, end)
	}
	s.in.recordStart = end
	return end
}

// readFailed adds a record that could not be parsed to the batch, or ends the batch.
func (s *scanner) readFailed(b *batch, err error, end int) int {
	parse := (*csv.ParseError)(nil)
	switch {
	case err == io.EOF:
		b.err = io.EOF
		return len(s.in.held)
	case errors.Is(err, errRecordTooLong):
		return s.skipBroken(b, err)
	case !errors.As(err, &parse):
		b.err = fmt.Errorf("read manifest: %w", err)
	case parse.Err == csv.ErrQuote && parse.Line != parse.StartLine:
		return s.skipBroken(b, err)
	default:
		b.rows = append(b.rows, parsedRecord{err: err, line: s.shift + parse.StartLine, end: end})
	}
	return end
}

// skipBroken reports a record whose quotes run over line ends, and goes on with the
// line after its first one. Each line is read at most twice: a line that leaves a quote
// open has an odd number of quotes, and the next such line ends or breaks the record.
func (s *scanner) skipBroken(b *batch, err error) (end int) {
	held := s.in.held
	begin := s.in.recordStart + emptyLines(held[s.in.recordStart:])
	row := parsedRecord{err: err, line: s.lineAt(begin), end: len(held)}
	s.restarts++
	if begin >= len(held)-1 { // nothing but empty lines
		row.line = s.lineAt(s.in.recordStart)
	}
	newline := bytes.IndexByte(held[begin:], '\n')
	if newline < 0 || s.restarts > maxRestarts {
		row.err = &lostError{err}
		b.err = io.EOF
	} else {
		row.end = begin + newline + 1
		s.in.rewind(row.end)
		if err := s.start(); err != nil {
			b.err = err
		}
	}
	b.rows = append(b.rows, row)
	return row.end
}

// lineAt is the manifest's line at held[i].
func (s *scanner) lineAt(i int) int { return s.line + bytes.Count(s.in.held[:i], []byte{'\n'}) }

// A lostError is a broken record after which no other can be found, so that reading
// ends.
type lostError struct{ err error }

func (e *lostError) Error() string { return e.err.Error() }
func (e *lostError) Unwrap() error { return e.err }

// emptyLines counts the bytes of the empty lines that csv.Reader skips before a record.
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

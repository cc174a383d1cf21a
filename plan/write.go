package plan

import (
	"io"
	"iter"

	"github.com/gocarina/gocsv"
)

// A Line is a row of a manifest that adferry writes, for a cleanup, an undo or a
// restore. Note tells the user why the row is there; its column appears in the reports
// like any other. A manifest that is made of what ad accounts hold has a column for the
// names of images in place of File and Note: package reports writes it.
type Line struct {
	Verb   Verb    `csv:"operation"`
	Source Account `csv:"source_account"`
	Hash   Hash    `csv:"hash"`
	Target Account `csv:"target_account"`
	File   string  `csv:"file"`
	Note   string  `csv:"note"`
	Name   string  `csv:"-"` // of the image, as the API gave it; Write leaves it out
	Guard  Guard   `csv:"-"` // of its deletion; only WriteGuarded writes it
}

// A guardedLine is a Line with its guard in the column after the note.
type guardedLine struct {
	Line
	Column Guard `csv:"adferry_guard"`
}

// lineChunk is how many lines gocsv gets at a time, because each call inspects the type
// and flushes.
const lineChunk = 1024

// Write writes a manifest with these lines and returns how many there were. It does not
// check them; Read does.
func Write(w io.Writer, lines iter.Seq2[Line, error]) (n int, err error) {
	return write(w, lines, func(l Line) Line { return l })
}

// WriteGuarded is Write that adds GuardColumn with the guards of deletions.
func WriteGuarded(w io.Writer, lines iter.Seq2[Line, error]) (n int, err error) {
	return write(w, lines, func(l Line) guardedLine { return guardedLine{l, l.Guard} })
}

func write[T any](w io.Writer, lines iter.Seq2[Line, error], row func(Line) T) (n int, err error) {
	out := gocsv.DefaultCSVWriter(w)
	chunk := make([]T, 0, lineChunk)
	if err := gocsv.MarshalCSV(chunk, out); err != nil { // the header
		return 0, err
	}
	for l, err := range lines {
		if err != nil {
			return n, err
		}
		chunk = append(chunk, row(l))
		n++
		if len(chunk) == cap(chunk) {
			if err := gocsv.MarshalCSVWithoutHeaders(chunk, out); err != nil {
				return n, err
			}
			chunk = chunk[:0]
		}
	}
	return n, gocsv.MarshalCSVWithoutHeaders(chunk, out)
}

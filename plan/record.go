package plan

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"strings"
)

// A Row is one valid row of the manifest and the operations that carry it out.
type Row struct {
	Line   int    // of the manifest, on which the record starts
	Verb   Verb   // what the row asks for
	Copy   OpID   // its copy or upload; 0 for a delete row
	Delete OpID   // its deletion, for a delete or move row; else 0
	Record string // as it stands in the manifest, without the line end; see Cells
}

// Cells reads the Record of a Row again: all its cells, the user's too.
func Cells(record string) ([]string, error) {
	// The line end is what csv takes off a record in a file; without one it would
	// take a carriage return that belongs to the last cell.
	r := csv.NewReader(strings.NewReader(record + "\r\n"))
	cells, err := r.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("read record: it is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	if r.InputOffset() != int64(len(record)+2) {
		return nil, fmt.Errorf("read record: there is more than one in %q", clip(record))
	}
	return cells, nil
}

// trimRecord cuts what lies between two records off the bytes of one.
func trimRecord(raw []byte) []byte {
	raw = bytes.TrimSuffix(raw[emptyLines(raw):], []byte("\n"))
	return bytes.TrimSuffix(raw, []byte("\r"))
}

// A cell is one cell of a record with the manifest's line on which it starts.
type cell struct {
	text string
	line int
}

// locate reads a record that csv has read before, to find where its cells are.
func locate(record []byte, line int) []cell {
	r := csv.NewReader(io.MultiReader(bytes.NewReader(record), strings.NewReader("\r\n")))
	texts, err := r.Read()
	if err != nil {
		return nil
	}
	cells := make([]cell, len(texts))
	for i, text := range texts {
		at, _ := r.FieldPos(i)
		cells[i] = cell{text, line + at - 1}
	}
	return cells
}

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
	Line    int      // of the manifest, where the record starts
	Verb    Verb     // what the row asks for
	Account Account  // that receives the image, or for a delete row loses it
	Copy    OpID     // its copy or upload; 0 for a delete row
	Delete  OpID     // its deletion, for a delete or move row; else 0
	Record  string   // the raw CSV text without the line end; Cells splits it
	Header  []string // the names of its cells, one list for all rows of a manifest
}

// Cells splits the Record of a Row into all its cells, the user's included.
func Cells(record string) ([]string, error) {
	// csv removes the line end of a record. Without one it would remove a carriage
	// return that belongs to the last cell.
	r := csv.NewReader(strings.NewReader(record + "\r\n"))
	cells, err := r.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("read record: the record is empty")
	}
	if err != nil {
		return nil, fmt.Errorf("read record: %w", err)
	}
	if r.InputOffset() != int64(len(record)+2) {
		return nil, fmt.Errorf("read record: more than one record in %q", clip(record))
	}
	return cells, nil
}

// RawCells appends the raw cells of a record, quotes included. In one that Read has accepted quotes come in
// pairs, and a comma outside a pair separates cells. Parsing cells and quoting them again would
// turn CRLF within a cell into LF.
func RawCells(cells []string, record string) []string {
	start, quoted := 0, false
	for i := range len(record) {
		switch record[i] {
		case '"':
			quoted = !quoted
		case ',':
			if !quoted {
				cells = append(cells, record[start:i])
				start = i + 1
			}
		}
	}
	return append(cells, record[start:])
}

// trimRecord removes empty lines before a record and the line end after it.
func trimRecord(raw []byte) []byte {
	raw = bytes.TrimSuffix(raw[emptyLines(raw):], []byte("\n"))
	return bytes.TrimSuffix(raw, []byte("\r"))
}

// A cell is a cell of a record with the manifest's line on which it starts.
type cell struct {
	text string
	line int
}

// locateCells parses a record again to find the lines of its cells.
func locateCells(record []byte, line int) []cell {
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

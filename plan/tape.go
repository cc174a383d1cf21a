package plan

import (
	"errors"
	"io"
)

// maxRecord bounds a record, and with it what an unclosed quote can swallow.
const maxRecord = 1 << 20

var errRecordTooLong = errors.New("record too long")

// A tape reads the manifest and holds what it has read until the scanner cuts it
// off, so that records can be had as they stand in the file, and read again.
type tape struct {
	src    io.Reader
	prefix []byte // served first, and not held: no part of the file
	replay []byte // served before src: read once already
	held   []byte // read since the last cut
	mark   int    // where in held the current record starts
}

func (t *tape) Read(p []byte) (int, error) {
	if len(t.prefix) > 0 {
		n := copy(p, t.prefix)
		t.prefix = t.prefix[n:]
		return n, nil
	}
	// The reader above asks for more only when the record goes on, so all that is
	// held from the mark on belongs to it.
	if len(t.held)-t.mark > maxRecord {
		return 0, errRecordTooLong
	}
	var n int
	var err error
	if len(t.replay) > 0 {
		n = copy(p, t.replay)
		t.replay = t.replay[n:]
	} else {
		n, err = t.src.Read(p)
	}
	t.held = append(t.held, p[:n]...)
	return n, err
}

// cut takes the first n held bytes off the tape; what it holds from then on goes
// into spare.
func (t *tape) cut(n int, spare []byte) []byte {
	taken := t.held[:n]
	t.held = append(spare[:0], t.held[n:]...)
	t.mark = 0
	return taken
}

// rewind makes the tape read on from held[n].
func (t *tape) rewind(n int) {
	again := make([]byte, 0, len(t.held)-n+len(t.replay))
	again = append(again, t.held[n:]...)
	t.replay = append(again, t.replay...)
	t.held = t.held[:n]
	t.mark = n
}

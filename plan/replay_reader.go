package plan

import (
	"errors"
	"io"
)

// maxRecord is how many bytes a record may have, so that an unclosed quote does not pull
// the rest of the file into memory.
const maxRecord = 1 << 20

var errRecordTooLong = errors.New("record too long")

// A replayReader reads the manifest and holds what was read until the scanner takes it,
// so that records are available as they are in the file and can be read again.
type replayReader struct {
	src         io.Reader
	prefix      []byte // read first, and not held, because it is not part of the file
	replay      []byte // read before src, because it was rewound
	held        []byte // read since the last take
	recordStart int    // index in held of the current record
}

func (t *replayReader) Read(p []byte) (int, error) {
	if len(t.prefix) > 0 {
		n := copy(p, t.prefix)
		t.prefix = t.prefix[n:]
		return n, nil
	}
	// The csv.Reader reads more only if the record is not complete, so all of
	// held[recordStart:] belongs to it.
	if len(t.held)-t.recordStart > maxRecord {
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

// take returns the first n held bytes and stops holding them. The others move to spare,
// whose content is overwritten.
func (t *replayReader) take(n int, spare []byte) []byte {
	taken := t.held[:n]
	t.held = append(spare[:0], t.held[n:]...)
	t.recordStart = 0
	return taken
}

// rewind makes the next Read go on at held[n].
func (t *replayReader) rewind(n int) {
	again := make([]byte, 0, len(t.held)-n+len(t.replay))
	again = append(again, t.held[n:]...)
	t.replay = append(again, t.replay...)
	t.held = t.held[:n]
	t.recordStart = n
}

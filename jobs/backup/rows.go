package backup

import (
	"bytes"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"

	"adferry/plan"
)

// rows is restore.csv, to which only whole rows are added.
type rows struct {
	path string
	lock *flock.Flock

	mu   sync.Mutex
	file *os.File
}

func openRows(path string) (*rows, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	return &rows{path: path, lock: flock.New(filepath.Join(filepath.Dir(path), "lock")), file: f}, nil
}

func (r *rows) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(r.file.Close(), r.lock.Close())
}

// add appends the entry's row, durably. Half a row that a crash left at the end
// is cut off before, and the header is written where there is none.
func (r *rows) add(e Entry) (err error) {
	var text bytes.Buffer
	line := plan.Line{Verb: plan.Upload, Hash: e.Hash, Target: e.Account, File: e.Picture()}
	if _, err := plan.Write(&text, one(line)); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.lock.Unlock()) }()
	size, err := r.mend()
	if err != nil {
		return err
	}
	data := text.Bytes()
	if size > 0 { // the header is there
		data = data[bytes.IndexByte(data, '\n')+1:]
	}
	if _, err := r.file.Write(data); err != nil {
		return err
	}
	return r.file.Sync()
}

// mend cuts the file after its last line end, where a row ends: none of its cells
// can hold one. It returns the size.
func (r *rows) mend() (int64, error) {
	size, err := r.file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return size, err
	}
	tail := make([]byte, min(size, 64<<10))
	if _, err := r.file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return 0, err
	}
	whole := size - int64(len(tail)-1-bytes.LastIndexByte(tail, '\n'))
	if whole == size {
		return size, nil
	}
	return whole, r.file.Truncate(whole)
}

func one(l plan.Line) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) { yield(l, nil) }
}

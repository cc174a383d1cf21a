package backup

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"adferry/plan"
)

// rows is restore.csv. Only whole rows are added to it, and people may take some
// out or save it anew at any time: it is opened for each.
type rows struct {
	dir  string
	path string
	lock *flock.Flock

	mu    sync.Mutex
	files map[string]bool // pictures that have a row, once that was asked for
}

func newRows(dir string) *rows {
	return &rows{dir: dir, path: filepath.Join(dir, "restore.csv"), lock: flock.New(filepath.Join(dir, "lock"))}
}

func (r *rows) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lock.Close()
}

// ensure adds the entry's row unless there is one.
func (r *rows) ensure(e Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.files == nil {
		files, err := r.read()
		if err != nil {
			return err
		}
		r.files = files
	}
	if r.files[e.Picture()] {
		return nil
	}
	return r.append(e)
}

// add appends the entry's row, durably.
func (r *rows) add(e Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.append(e)
}

// append does that with r.mu held. Half a row that a crash left at the end is cut
// off before, and the header is written where there is none.
func (r *rows) append(e Entry) (err error) {
	var text bytes.Buffer
	line := plan.Line{Verb: plan.Upload, Hash: e.Hash, Target: e.Account, File: e.Picture()}
	if _, err := plan.Write(&text, one(line)); err != nil {
		return err
	}
	if err := r.lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.lock.Unlock()) }()
	file, err := os.OpenFile(r.path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	size, err := r.mend(file)
	if err != nil {
		return err
	}
	data := text.Bytes()
	if size > 0 { // the header is there
		data = data[bytes.IndexByte(data, '\n')+1:]
	}
	if _, err := file.Write(data); err != nil {
		return err
	}
	if r.files != nil {
		r.files[e.Picture()] = true
	}
	return file.Sync()
}

// mend makes the file end with a row, and returns its size. What stands behind the
// last line end is a row that an editor left without one, or half of one. None of
// our cells can hold a line end.
func (r *rows) mend(file *os.File) (int64, error) {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return size, err
	}
	tail := make([]byte, min(size, 64<<10))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err != nil {
		return 0, err
	}
	rest := tail[bytes.LastIndexByte(tail, '\n')+1:]
	switch {
	case len(rest) == 0:
		return size, nil
	case r.whole(file, string(rest)):
		_, err := file.WriteString("\n")
		return size + 1, err
	}
	size -= int64(len(rest))
	return size, file.Truncate(size)
}

// whole reports whether the text at the end is a row, with as many cells as the
// header and about a picture that is there.
func (r *rows) whole(file *os.File, text string) bool {
	header, err := csv.NewReader(io.NewSectionReader(file, 0, 4<<10)).Read()
	if err != nil {
		return false
	}
	cells, err := csv.NewReader(strings.NewReader(text)).Read()
	if err != nil || len(cells) != len(header) {
		return false
	}
	for _, cell := range cells {
		if strings.Count(cell, "/") == 1 {
			info, err := os.Stat(filepath.Join(r.dir, filepath.FromSlash(cell)))
			return err == nil && info.Mode().IsRegular()
		}
	}
	return false
}

// read lists the pictures that have a row.
func (r *rows) read() (map[string]bool, error) {
	files := map[string]bool{}
	f, err := os.Open(r.path)
	if errors.Is(err, os.ErrNotExist) {
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := csv.NewReader(f)
	in.FieldsPerRecord, in.LazyQuotes, in.ReuseRecord = -1, true, true
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		for _, cell := range cells {
			if strings.Count(cell, "/") == 1 {
				files[strings.Clone(cell)] = true
			}
		}
	}
}

func one(l plan.Line) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) { yield(l, nil) }
}

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

// restoreFile is restore.csv. People may edit or replace it at any time, so it is opened for
// each row that is added.
type restoreFile struct {
	dir  string
	path string
	lock *flock.Flock

	mu       sync.Mutex
	pictures map[string]bool // that have a row; nil until read
}

func newRestoreFile(dir string) *restoreFile {
	return &restoreFile{dir: dir, path: filepath.Join(dir, "restore.csv"), lock: flock.New(filepath.Join(dir, "lock"))}
}

func (r *restoreFile) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lock.Close()
}

// ensure adds the entry's row unless there is one.
func (r *restoreFile) ensure(e Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pictures == nil {
		files, err := r.read()
		if err != nil {
			return err
		}
		r.pictures = files
	}
	if r.pictures[e.Picture()] {
		return nil
	}
	return r.append(e)
}

// add appends the entry's row. It is on disk when add returns.
func (r *restoreFile) add(e Entry) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.append(e)
}

// append appends the entry's row. It first removes an incomplete row that a crash left at the
// end, and writes the header if the file is empty. r.mu is held.
func (r *restoreFile) append(e Entry) (err error) {
	var text bytes.Buffer
	line := plan.Line{Verb: plan.Upload, Hash: e.Hash, Target: e.Account, File: e.Picture()}
	if _, err := plan.Write(&text, single(line)); err != nil {
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
	size, err := r.repairEnd(file)
	if err != nil {
		return err
	}
	data := text.Bytes()
	if size > 0 { // it has a header
		data = data[bytes.IndexByte(data, '\n')+1:]
	}
	if _, err := file.Write(data); err != nil {
		return err
	}
	if r.pictures != nil {
		r.pictures[e.Picture()] = true
	}
	return file.Sync()
}

// repairEnd makes the file end with a complete row, and returns its size in bytes. What
// follows the last line end is a row whose line end an editor removed, or part of a row. Our
// cells have no line ends.
func (r *restoreFile) repairEnd(file *os.File) (int64, error) {
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
	case r.isRow(file, string(rest)):
		_, err := file.WriteString("\n")
		return size + 1, err
	}
	size -= int64(len(rest))
	return size, file.Truncate(size)
}

// isRow reports whether the text at the end is a complete row: it has as many cells as the
// header, and its picture exists.
func (r *restoreFile) isRow(file *os.File, text string) bool {
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

// read returns the pictures that have a row.
func (r *restoreFile) read() (map[string]bool, error) {
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

func single(l plan.Line) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) { yield(l, nil) }
}

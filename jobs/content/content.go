// Package content records which picture was received for which image, so that a picture
// is never accepted for two images: if a content network sends the same bytes for two
// hashes, they are a placeholder for at least one of them.
//
// # The folder
//
//	<two hex digits>  the pictures whose SHA-256 begins with these digits
//	lock              locked while one of these files is written
//
// Each line is "<SHA-256> <image hash>" in lower-case hex for a picture that was received
// for an image, or "<SHA-256> <image hash> uploaded" before it is uploaded in place of the
// image. An incomplete line that a crash left is removed when the next one is added. One
// file is read for each claim, so memory does not grow with the number of pictures: a
// million of them make files of 400 KB.
package content

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"adferry/graph"
	"adferry/jobs/disk"
	"adferry/plan"
)

// SharedError means that the picture was received for another image, too, so that it may
// belong to neither.
type SharedError struct {
	Other    plan.Hash
	Uploaded []plan.Hash // images in whose place it was uploaded before that was known
}

func (e *SharedError) Error() string {
	return fmt.Sprintf("the content network sent the same picture for image %s; it may belong to neither", e.Other)
}

// Index is a folder with these files. It is safe for concurrent use, also by several
// processes.
type Index struct {
	dir string

	mu   sync.Mutex
	lock *flock.Flock
}

// Open opens the folder, which it makes if necessary.
func Open(dir string) (*Index, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return &Index{dir: dir, lock: flock.New(filepath.Join(dir, "lock"))}, nil
}

// Close closes the folder.
func (x *Index) Close() error { return x.lock.Close() }

// Claim records that the picture was received for the image; the record is on disk when
// Claim returns. The error is a *SharedError if it was also received for another image.
func (x *Index) Claim(sum graph.Sum, hash plan.Hash) error {
	return x.record(sum, claim{hash, false})
}

// Upload records that the picture is about to be uploaded in place of the image. On a
// *SharedError nothing is recorded, and it must not be uploaded.
func (x *Index) Upload(sum graph.Sum, hash plan.Hash) error {
	return x.record(sum, claim{hash, true})
}

// claim is a line about a picture.
type claim struct {
	hash     plan.Hash
	uploaded bool
}

func (x *Index) record(sum graph.Sum, c claim) (err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := x.lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, x.lock.Unlock()) }()
	file, err := os.OpenFile(filepath.Join(x.dir, fmt.Sprintf("%02x", sum[:1])), os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		return err
	}
	var others []claim
	recorded, key := false, fmt.Sprintf("%x", sum)
	for s, other := range lines(text) {
		switch {
		case s != key:
		case other.hash != c.hash:
			others = append(others, other)
		default:
			recorded = recorded || other == c
		}
	}
	if !recorded && !(c.uploaded && len(others) > 0) {
		if err := x.add(file, text, sum, c); err != nil {
			return err
		}
	}
	return sharedError(others)
}

// add appends a line after the last complete one. It is on disk when add returns.
func (x *Index) add(file *os.File, text []byte, sum graph.Sum, c claim) error {
	if end := bytes.LastIndexByte(text, '\n') + 1; end < len(text) {
		if err := file.Truncate(int64(end)); err != nil {
			return err
		}
	}
	line := fmt.Sprintf("%x %s", sum, c.hash)
	if c.uploaded {
		line += " uploaded"
	}
	if _, err := file.WriteString(line + "\n"); err != nil {
		return err
	}
	if err := file.Sync(); err != nil || len(text) > 0 {
		return err
	}
	return disk.SyncFolder(x.dir)
}

// sharedError is the error for a picture that was received for other images, nil if there are
// none.
func sharedError(others []claim) error {
	if len(others) == 0 {
		return nil
	}
	e := &SharedError{Other: others[0].hash}
	for _, o := range others {
		if o.uploaded {
			e.Uploaded = append(e.Uploaded, o.hash)
		}
	}
	return e
}

// Uploaded returns the images in whose place a picture was uploaded that was also received
// for another one.
func (x *Index) Uploaded() ([]plan.Hash, error) {
	files, err := filepath.Glob(filepath.Join(x.dir, "[0-9a-f][0-9a-f]"))
	if err != nil {
		return nil, err
	}
	var all []plan.Hash
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		of := map[string][]claim{}
		for sum, c := range lines(text) {
			of[sum] = append(of[sum], c)
		}
		for _, claims := range of {
			for _, c := range claims {
				if c.uploaded && slices.ContainsFunc(claims, func(o claim) bool { return o.hash != c.hash }) {
					all = append(all, c.hash)
				}
			}
		}
	}
	return all, nil
}

// lines yields the SHA-256 and the claim of each complete line.
func lines(text []byte) iter.Seq2[string, claim] {
	return func(yield func(string, claim) bool) {
		for line := range strings.Lines(string(text)) {
			line, whole := strings.CutSuffix(line, "\n")
			sum, rest, two := strings.Cut(line, " ")
			hash, _, uploaded := strings.Cut(rest, " ")
			if whole && two && !yield(sum, claim{plan.Hash(hash), uploaded}) {
				return
			}
		}
	}
}

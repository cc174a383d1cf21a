// Package content remembers which picture came for which image, so that one picture
// is never taken for several images: a content network that sends the same bytes for
// two hashes sends a placeholder for one of them at least.
//
// # The folder
//
//	<two hex digits>  the pictures whose SHA-256 begins so
//	lock              locked by the operating system while one of them is written
//
// Each line is "<SHA-256> <image hash>", lower-case hex, for a picture that came for
// an image, or "<SHA-256> <image hash> uploaded" before it is uploaded in the image's
// place. What a crash leaves of a line is cut off when the next one is added. A file
// is read for each claim, so memory stays flat however many pictures there are: a
// million make 400 KB a file.
package content

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"adferry/graph"
	"adferry/plan"
)

// SharedError: the picture came for another image, too, so it is not known to be of
// either.
type SharedError struct {
	Other    plan.Hash
	Uploaded []plan.Hash // the images in whose place it was uploaded nevertheless
}

func (e *SharedError) Error() string {
	return fmt.Sprintf("the content network sent the same picture for the image %s, so it may be of neither", e.Other)
}

// Index is such a folder. It is safe for concurrent use, also by other processes.
type Index struct {
	dir string

	mu   sync.Mutex
	lock *flock.Flock
}

// Open makes the folder if need be.
func Open(dir string) (*Index, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return &Index{dir: dir, lock: flock.New(filepath.Join(dir, "lock"))}, nil
}

// Close lets go of the folder.
func (x *Index) Close() error { return x.lock.Close() }

// Claim notes, durably, that the picture came for the image. It is a *SharedError
// if it has come for another one, before or since: then it counts for neither.
func (x *Index) Claim(sum graph.Sum, hash plan.Hash) error {
	return x.note(sum, claim{hash, false})
}

// Upload notes that the picture is about to be uploaded in the image's place. On a
// *SharedError it must not be, and nothing is noted.
func (x *Index) Upload(sum graph.Sum, hash plan.Hash) error {
	return x.note(sum, claim{hash, true})
}

// claim is what a line says of its picture.
type claim struct {
	hash     plan.Hash
	uploaded bool
}

func (x *Index) note(sum graph.Sum, c claim) (err error) {
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
	known, key := false, fmt.Sprintf("%x", sum)
	for s, other := range lines(text) {
		switch {
		case s != key:
		case other.hash != c.hash:
			others = append(others, other)
		default:
			known = known || other == c
		}
	}
	if !known && !(c.uploaded && len(others) > 0) {
		if err := x.add(file, text, sum, c); err != nil {
			return err
		}
	}
	return shared(others)
}

// add appends a line, durably, behind the last whole one.
func (x *Index) add(file *os.File, text []byte, sum graph.Sum, c claim) error {
	if whole := bytes.LastIndexByte(text, '\n') + 1; whole < len(text) {
		if err := file.Truncate(int64(whole)); err != nil {
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
	if err := file.Sync(); err != nil || len(text) > 0 || runtime.GOOS == "windows" {
		return err // a folder's entries cannot be flushed there
	}
	folder, err := os.Open(x.dir)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// shared is the error of a picture that came for others, nil for none.
func shared(others []claim) error {
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

// Uploaded are the images in whose place a picture was uploaded that came for another
// one, too.
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

// lines reads a file's whole lines: pictures' sums, in hex, with what is said of
// them.
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

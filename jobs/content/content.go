// Package content records which picture was received for which image, so that a picture
// is never accepted for two images: if a content network sends the same bytes for two
// hashes, they are a placeholder for at least one of them.
//
// # The folder of an index
//
//	<two hex digits>  the pictures whose SHA-256 begins with these digits
//	doubted           images in whose place a picture was uploaded that came for another one, too
//	lock              locked while one of these files is written
//
// Each line is "<SHA-256> <image hash>" in lower-case hex for a picture that was received
// for an image, or "<SHA-256> <image hash> uploaded" before it is uploaded in place of the
// image; in doubted it is an image hash. An incomplete line that a crash left is removed when
// the next one is added. One file is read for each claim, so memory does not grow with the
// number of pictures: a million of them make files of 400 KB.
//
// # The folder of pictures
//
//	new/    temporary files
//	sums/   the index
//	in-use  each process holds a shared lock while it uses the folder; one that gets it
//	        exclusively removes what is in new
//
// Several processes may use a folder, also on several machines if locks of its file system hold
// between them. Files are opened anew after they were locked, so that a network file system shows
// what other machines wrote.
package content

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"adferry/graph"
	"adferry/jobs/disk"
	"adferry/plan"
)

// SharedError means that the picture was received for another image, too, so that it may
// belong to neither.
type SharedError struct{ Other plan.Hash }

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
	name := fmt.Sprintf("%02x", sum[:1])
	text, err := x.read(name)
	if err != nil {
		return err
	}
	key := fmt.Sprintf("%x", sum)
	var other plan.Hash
	var uploaded []plan.Hash // of the others
	recorded := false
	for s, had := range lines(text) {
		switch {
		case s != key:
		case had.hash == c.hash:
			recorded = recorded || had == c
		default:
			other = cmp.Or(other, had.hash)
			if had.uploaded {
				uploaded = append(uploaded, had.hash)
			}
		}
	}
	if !recorded && !(c.uploaded && other != "") {
		if err := x.doubt(uploaded); err != nil { // first, so that a crash leaves no claim without
			return err
		}
		line := key + " " + string(c.hash)
		if c.uploaded {
			line += " uploaded"
		}
		if err := x.add(name, text, line+"\n"); err != nil {
			return err
		}
	}
	if other != "" {
		return &SharedError{other}
	}
	return nil
}

// doubt records images in whose place a picture was uploaded that is not theirs alone.
func (x *Index) doubt(images []plan.Hash) error {
	if len(images) == 0 {
		return nil
	}
	text, err := x.read(doubted)
	if err != nil {
		return err
	}
	var add strings.Builder
	for _, h := range images {
		add.WriteString(string(h) + "\n")
	}
	return x.add(doubted, text, add.String())
}

// Doubted reports whether a picture was uploaded in place of the image that was also received
// for another one.
func (x *Index) Doubted(hash plan.Hash) (bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	text, err := x.read(doubted)
	return bytes.Contains(text, []byte(hash+"\n")), err
}

// doubted is the file of images in doubt.
const doubted = "doubted"

// read reads a file of the folder. It is made if it does not exist: a network file system may
// remember for a while that a file does not exist, but not when it is to be made.
func (x *Index) read(name string) ([]byte, error) {
	file, err := os.OpenFile(filepath.Join(x.dir, name), os.O_CREATE|os.O_RDONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(file)
}

// add appends lines after the last complete one of the file's text. They are on disk when add
// returns.
func (x *Index) add(name string, text []byte, lines string) error {
	file, err := os.OpenFile(filepath.Join(x.dir, name), os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	if end := bytes.LastIndexByte(text, '\n') + 1; end < len(text) {
		if err := file.Truncate(int64(end)); err != nil {
			return err
		}
	}
	if _, err := file.WriteString(lines); err != nil {
		return err
	}
	if err := file.Sync(); err != nil || len(text) > 0 {
		return err
	}
	return disk.SyncFolder(x.dir)
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

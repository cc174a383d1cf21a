package backup

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
	"time"

	"adferry/graph"
	"adferry/plan"
)

const (
	format  = "adferry-backup"
	version = 1
)

// Entry is an image in the backup: the JSON beside its picture.
type Entry struct {
	Format    string       `json:"format"`
	Version   int          `json:"version"`
	Account   plan.Account `json:"account"`
	Hash      plan.Hash    `json:"hash"`
	Name      string       `json:"name,omitempty"`
	File      string       `json:"file"`
	Size      int64        `json:"size"`
	SHA256    string       `json:"sha256"`
	Status    string       `json:"status,omitempty"`
	Created   string       `json:"created_time,omitempty"`
	Updated   string       `json:"updated_time,omitempty"`
	Permalink string       `json:"permalink_url,omitempty"`
	Width     int          `json:"original_width,omitempty"`
	Height    int          `json:"original_height,omitempty"`
	KeptAt    time.Time    `json:"kept_at"`
}

func newEntry(account plan.Account, image graph.Image) Entry {
	return Entry{
		Format: format, Version: version, Account: account, Hash: plan.Hash(image.Hash), Name: image.Name,
		Status: image.Status, Created: image.Created, Updated: image.Updated, Permalink: image.Permalink,
		Width: int(image.Width), Height: int(image.Height), KeptAt: time.Now().UTC().Truncate(time.Second),
	}
}

// Picture is the path of the entry's picture in the folder, with slashes, as in
// restore.csv.
func (e Entry) Picture() string { return path.Join(string(e.Account), e.File) }

// sum is the SHA-256 of the picture, zero if the JSON has no valid one.
func (e Entry) sum() (sum graph.Sum) {
	if raw, err := hex.DecodeString(e.SHA256); err == nil && len(raw) == len(sum) {
		copy(sum[:], raw)
	}
	return sum
}

// ErrNotFound means that the backup does not have the image.
var ErrNotFound = errors.New("the image is not in the backup")

// entryPath is the path of an image's JSON in the folder.
func entryPath(account plan.Account, hash plan.Hash) string {
	return path.Join(string(account), string(hash)+".json")
}

// readEntry reads and checks the JSON of an entry.
func readEntry(root *os.Root, name string) (Entry, error) {
	var e Entry
	f, err := root.Open(name)
	if err != nil {
		return e, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, 1<<20))
	if err != nil {
		return e, err
	}
	err = json.Unmarshal(raw, &e)
	switch {
	case err != nil:
		return e, fmt.Errorf("%s is damaged: %w", name, ErrNotFound)
	case e.Format != format:
		return e, fmt.Errorf("%s is not a backup's file", name)
	case e.Version > version:
		return e, fmt.Errorf("%s has version %d; this version of adferry reads versions up to %d", name, e.Version, version)
	case e.File == "" || e.File != path.Base(e.File):
		return e, fmt.Errorf("%s has no valid file name", name)
	}
	return e, nil
}

// OriginalName returns the name that a saved picture had in its ad account. ok is false if the
// file is not from a backup.
func OriginalName(file string) (name string, ok bool) {
	dir, base := path.Split(file)
	if dir == "" {
		dir = "."
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", false
	}
	defer root.Close()
	e, err := readEntry(root, strings.TrimSuffix(base, path.Ext(base))+".json")
	if err != nil || e.File != base || e.Name == "" {
		return "", false
	}
	return e.Name, true
}

package cleanup

import (
	"adferry/jobs/disk"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Made reports whether the request's cleanup made the manifest in dir, from which a job
// was made. manifest is the SHA-256 of the job's manifest, in hex.
func (r *Request) Made(dir, manifest string) bool {
	found, err := readCriteria(dir)
	return err == nil && found.Manifest == manifest && found.Same(r.Criteria())
}

// Replaceable reports whether a cleanup may write its manifest into dir: there is none,
// or one that an earlier dry run wrote and that nobody has changed since.
func Replaceable(dir string) bool {
	sum, err := sumOf(filepath.Join(dir, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return true
	}
	found, unread := readCriteria(dir)
	return err == nil && unread == nil && sum == found.Manifest
}

// readCriteria reads the criteria in a job's folder.
func readCriteria(dir string) (c Criteria, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, CriteriaName))
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	return c, err
}

// sumOf is the SHA-256 of a regular file, in hex. A pipe in its place is an error,
// because reading it could wait forever.
func sumOf(path string) (string, error) {
	if _, err := os.Lstat(path); err != nil {
		return "", err
	}
	switch info, err := os.Stat(path); {
	case err != nil: // a link to nowhere is a file nevertheless
		return "", fmt.Errorf("read link: %v", err)
	case !info.Mode().IsRegular():
		return "", errors.New("not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return disk.Sum(f)
}

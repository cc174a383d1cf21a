package cli

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
	"adferry/plan"
	"adferry/reports"
)

// terms are by what a cleanup's manifest was made, as cleanup.json beside it has
// them.
type terms struct {
	Version   int            `json:"version"`
	Endpoint  string         `json:"endpoint"` // a rehearsal's manifest is not carried out for real
	Accounts  []plan.Account `json:"accounts"` // sorted
	Unused    bool           `json:"unused"`
	OlderThan string         `json:"older_than"`
	Name      string         `json:"name"`
	MinAge    string         `json:"min_age"`
	Keep      []keepList     `json:"keep"`
	MaxDelete string         `json:"max_delete"`
	Manifest  string         `json:"manifest_sha256"` // of the manifest that they led to

	Policy string    `json:"policy"`          // what they amounted to then, in words
	Cutoff time.Time `json:"cutoff,omitzero"` // when the youngest image that might go was created
}

type keepList struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

const (
	termsName    = "cleanup.json"
	termsVersion = 1
)

func (t terms) write(dir string) error {
	return reports.WriteFile(dir, termsName, func(w io.Writer) error {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(t)
	})
}

// vacant says why a cleanup cannot write its manifest and job into dir. The manifest
// of an earlier dry run gives way; one that was changed since, or is somebody
// else's, does not.
func vacant(dir string) error {
	if err := store.Vacant(dir, draftNames()...); err != nil {
		return err
	}
	path := filepath.Join(dir, manifestName)
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	was, err := termsIn(dir)
	if err == nil {
		var sum string
		if sum, err = manifestIn(path).sum(); err == nil && sum == was.Manifest {
			return nil
		}
	}
	return usagef("adferry run "+reports.Quote(path)+" --job "+reports.Quote(dir)+" carries it out; for a new one, name another folder",
		"%s is not what a dry run of cleanup wrote, and would be written over", path)
}

// termsIn reads the terms beside a manifest.
func termsIn(dir string) (was terms, err error) {
	raw, err := os.ReadFile(filepath.Join(dir, termsName))
	if err == nil {
		err = json.Unmarshal(raw, &was)
	}
	return was, err
}

// madeThat reports whether the same terms made the manifest of the job in dir: the
// endpoint, the accounts, the policy, what the keep lists hold, wherever they lie,
// and the limit.
// A keep list that has changed since makes another cleanup, for the manifest may
// hold what it is to save; and so does a limit that the manifest may exceed.
func (t terms) madeThat(dir string, manifest jobs.ManifestInfo) bool {
	was, err := termsIn(dir)
	return err == nil && was.Version == t.Version && was.Endpoint == t.Endpoint && was.Manifest == manifest.SHA256 &&
		slices.Equal(was.Accounts, t.Accounts) && slices.Equal(was.sums(), t.sums()) &&
		was.Unused == t.Unused && was.OlderThan == t.OlderThan && was.Name == t.Name && was.MinAge == t.MinAge && was.MaxDelete == t.MaxDelete
}

func (t terms) sums() []string {
	var sums []string
	for _, k := range t.Keep {
		sums = append(sums, k.SHA256)
	}
	slices.Sort(sums)
	return slices.Compact(sums)
}

package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"adferry/jobs"
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

// madeThat reports whether the same terms made the manifest of the job in dir: the
// endpoint, the accounts, the policy, what the keep lists hold, wherever they lie,
// and the limit.
// A keep list that has changed since makes another cleanup, for the manifest may
// hold what it is to save; and so does a limit that the manifest may exceed.
func (t terms) madeThat(dir string, manifest jobs.ManifestInfo) bool {
	raw, err := os.ReadFile(filepath.Join(dir, termsName))
	var was terms
	if err != nil || json.Unmarshal(raw, &was) != nil {
		return false
	}
	return was.Version == t.Version && was.Endpoint == t.Endpoint && was.Manifest == manifest.SHA256 &&
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

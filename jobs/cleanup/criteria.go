package cleanup

import (
	"encoding/json"
	"io"
	"slices"
	"time"

	"adferry/plan"
)

// The files that a cleanup writes into its job's folder before there is a job.
const (
	ManifestName = "cleanup.csv"
	CriteriaName = "cleanup.json"
)

// CriteriaVersion is the version of the criteria's document. Criteria of another
// version are those of another cleanup.
const CriteriaVersion = 1

// Criteria say what a cleanup's manifest was made by. The package documentation
// describes their JSON document.
type Criteria struct {
	Version   int            `json:"version"`
	Endpoint  string         `json:"endpoint"`
	Accounts  []plan.Account `json:"accounts"`
	Unused    bool           `json:"unused"`
	OlderThan string         `json:"older_than"`
	Name      string         `json:"name"`
	MinAge    string         `json:"min_age"`
	Keep      []KeepFile     `json:"keep"`
	MaxDelete string         `json:"max_delete"`
	Manifest  string         `json:"manifest_sha256"`

	Policy string    `json:"policy"`
	Cutoff time.Time `json:"cutoff,omitzero"`
}

// KeepFile is a keep list, and the SHA-256 of what it held, in hex.
type KeepFile struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
}

// Write writes the JSON document.
func (c Criteria) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(c)
}

// Same reports whether two cleanups select by the same criteria: the server, the ad
// accounts, the policy, what the keep lists hold, whatever their paths, and the limit. A
// keep list that has changed makes another cleanup, because the old manifest may hold
// what the list is to protect; so does a limit, because the old manifest may exceed it.
func (c Criteria) Same(other Criteria) bool {
	return c.Version == other.Version && c.Endpoint == other.Endpoint &&
		slices.Equal(c.Accounts, other.Accounts) && slices.Equal(c.keepSums(), other.keepSums()) &&
		c.Unused == other.Unused && c.OlderThan == other.OlderThan && c.Name == other.Name &&
		c.MinAge == other.MinAge && c.MaxDelete == other.MaxDelete
}

// keepSums are the checksums of the keep lists, sorted, each once.
func (c Criteria) keepSums() []string {
	var sums []string
	for _, k := range c.Keep {
		sums = append(sums, k.SHA256)
	}
	slices.Sort(sums)
	return slices.Compact(sums)
}

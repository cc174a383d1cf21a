package cleanup

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// DefaultMinAge protects what may still be waiting for its first creative.
const DefaultMinAge = 24 * time.Hour

// DefaultLimit is the share of an ad account's images that one cleanup may delete: a
// policy that selects more is more often a mistake than meant.
var DefaultLimit = jobs.Limit{Percent: 20, Set: true}

// Request is what a cleanup is asked to do.
type Request struct {
	Endpoint string         // server that the ad accounts are on
	Accounts []plan.Account // to list, each once, in the order of the preview
	Policy   Policy
	Limit    jobs.Limit // of deletions: a number is of all images, a percentage of each ad account's

	keepFiles []KeepFile
}

// AddKeepList adds the images that a keep list names to the policy's. The criteria
// remember the list by its path and by what it holds.
func (r *Request) AddKeepList(path string, list io.Reader) error {
	if r.Policy.Keep == nil {
		r.Policy.Keep = &KeepSet{}
	}
	h := sha256.New()
	if err := r.Policy.Keep.Read(io.TeeReader(list, h)); err != nil {
		return err
	}
	r.keepFiles = append(r.keepFiles, KeepFile{path, hex.EncodeToString(h.Sum(nil))})
	return nil
}

// Criteria are the criteria that the request selects by, without what is known only
// after the listing.
func (r *Request) Criteria() Criteria {
	return Criteria{
		Version: CriteriaVersion, Endpoint: r.Endpoint, Accounts: slices.Sorted(slices.Values(r.Accounts)),
		Unused: r.Policy.Unused, OlderThan: FormatAge(r.Policy.OlderThan), Name: r.Policy.Name, MinAge: FormatAge(r.Policy.MinAge),
		Keep: r.keepFiles, MaxDelete: r.Limit.String(),
	}
}

package credentials

import (
	"fmt"

	"adferry/plan"
)

// Workers of one job may have different files, and different tokens of one file. They have to
// give each ad account the same label: by labels they agree who has which lane.

// Single is the label of every ad account where there is one token for all.
const Single = ""

// Label is the label of an ad account's credential, absent or not: [Single] without a file; ok is
// false if the account has none.
func (s *Set) Label(a plan.Account) (label string, ok bool) {
	c := s.named(a)
	if c == nil || s.SHA256 == "" {
		return Single, c != nil
	}
	return c.Label, true
}

// Present are the labels of the credentials that this process has.
func (s *Set) Present() (labels []string) {
	if s.SHA256 == "" {
		return []string{Single}
	}
	for _, c := range s.all {
		labels = append(labels, c.Label)
	}
	return labels
}

// LabelsOf are the labels of ad accounts, without those that are [Single].
func (s *Set) LabelsOf(accounts []plan.Account) map[plan.Account]string {
	labels := map[plan.Account]string{}
	for _, a := range accounts {
		if label, _ := s.Label(a); label != Single {
			labels[a] = label
		}
	}
	return labels
}

// Agree compares the labels of a job's ad accounts with those that the job remembers. The error is
// an [OtherLabelError].
func (s *Set) Agree(remembered map[plan.Account]string, accounts []plan.Account) error {
	for _, a := range accounts {
		label, ok := s.Label(a)
		if known := remembered[a]; !ok || known != label {
			return &OtherLabelError{Account: a, Known: known, Label: label, None: !ok}
		}
	}
	return nil
}

// OtherLabelError is an ad account whose credential has another label than a job remembers.
type OtherLabelError struct {
	Account      plan.Account
	Known, Label string // the job's, and that of this process
	None         bool   // this process has no label for it
}

func (e *OtherLabelError) Error() string {
	if e.None {
		return "the credentials file of this worker has no token for " + e.Account.Act()
	}
	word := func(label string) string {
		if label == Single {
			return "the one token for all ad accounts"
		}
		return label
	}
	return fmt.Sprintf("the job carries out %s with %s, and this worker would with %s", e.Account.Act(), word(e.Known), word(e.Label))
}

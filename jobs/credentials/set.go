package credentials

import (
	"cmp"
	"slices"
	"strings"

	"adferry/graph"
	"adferry/plan"
)

// Credential is an access token with its app's secret, and the name for both.
type Credential struct {
	Label string
	graph.Credential
	absent bool // this process does not have it
	// Read reads the token again, where it may have been renewed; nil: it stays as it is.
	Read func() (graph.Secret, error)
}

// Set says which ad account has which credential.
type Set struct {
	SHA256   string   // of the credentials file; "" without one
	Warnings []string // about the places of secrets

	all      []*Credential // those that it has
	accounts map[plan.Account]*Credential
	rest     *Credential // of accounts that are not named; nil: they have none

	redaction redaction
}

// Only is a set with one credential for all ad accounts.
func Only(c Credential) *Set {
	s := &Set{all: []*Credential{&c}, rest: &c}
	s.redaction.add(s.all...)
	return s
}

// Open reads the secrets of a file's credentials from their places. byDefault is the
// credential of accounts that the file does not name; nil: they have none. name is the file's,
// for the error, which is a *ProblemsError.
func (f *File) Open(name string, env Environment, byDefault *Credential) (*Set, error) {
	s := &Set{SHA256: f.SHA256, accounts: map[plan.Account]*Credential{}}
	var problems []Problem
	read := func(place string, line int) (graph.Secret, error) {
		secret, warning, err := env.read(place)
		if err != nil {
			problems = append(problems, Problem{line, err.Error(), ""})
		}
		if warning != "" && !slices.Contains(s.Warnings, warning) {
			s.Warnings = append(s.Warnings, warning)
		}
		return secret, err
	}
	named := make([]*Credential, len(f.sources))
	for i, from := range f.sources {
		c := &Credential{Label: from.token}
		named[i] = c
		before := problems
		var err error
		if c.Token, err = read(from.token, from.line); env.Some && absent(err) {
			problems, c.absent = before, true
			s.Warnings = append(s.Warnings, err.Error()+": ad accounts that need it are left to other workers")
			continue
		}
		if from.appSecret != "" {
			c.AppSecret, _ = read(from.appSecret, from.line)
		}
		if strings.HasPrefix(from.token, filePrefix) {
			c.Read = func() (graph.Secret, error) {
				secret, _, err := env.read(from.token)
				return secret, err
			}
		}
		s.all = append(s.all, c)
	}
	if len(problems) == 0 && len(s.all) == 0 && byDefault == nil {
		problems = []Problem{{0, "of the tokens that it names, this process has none", "set the variable or make the file of one of them at least"}}
	}
	if len(problems) > 0 {
		return nil, &ProblemsError{name, problems}
	}
	for account, i := range f.accounts {
		s.accounts[account] = named[i]
	}
	switch {
	case f.rest >= 0:
		s.rest = named[f.rest]
	case byDefault != nil:
		s.rest = byDefault
		if i := slices.IndexFunc(s.all, func(c *Credential) bool { return c.Label == byDefault.Label }); i >= 0 {
			s.rest = s.all[i]
		} else {
			s.all = append(s.all, byDefault)
		}
	}
	s.redaction.add(s.all...)
	return s, nil
}

// Of is the credential of an ad account; nil if there is none, or it is absent.
func (s *Set) Of(a plan.Account) *Credential {
	if c := s.named(a); c != nil && !c.absent {
		return c
	}
	return nil
}

// named is the credential of an ad account, also if it is absent.
func (s *Set) named(a plan.Account) *Credential { return cmp.Or(s.accounts[a], s.rest) }

// Labels are the labels of the credentials that the accounts have, absent ones too, sorted.
func (s *Set) Labels(accounts []plan.Account) []string {
	var labels []string
	for _, a := range accounts {
		if c := s.named(a); c != nil && !slices.Contains(labels, c.Label) {
			labels = append(labels, c.Label)
		}
	}
	slices.Sort(labels)
	return labels
}

// Missing lists the accounts that have no credential.
func (s *Set) Missing(accounts []plan.Account) []plan.Account {
	if s.rest != nil {
		return nil
	}
	return unnamed(accounts, s.accounts)
}

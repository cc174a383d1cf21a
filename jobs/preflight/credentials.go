package preflight

import (
	"fmt"
	"strings"
	"time"

	"adferry/jobs/credentials"
	"adferry/plan"
)

// CredentialFinding is what the API told of a credential, and what of it would keep the job
// from its end.
type CredentialFinding struct {
	Label    string     `json:"label"`
	Accounts int        `json:"ad_accounts"`        // of the plan, that have it
	App      string     `json:"app,omitempty"`      // id of the token's app, if told
	Told     bool       `json:"told"`               // the API told when the token ends and what it may do
	Ends     *time.Time `json:"ends_at,omitempty"`  // when the token ends; nil: never, or not told
	Scopes   []string   `json:"scopes,omitempty"`   // the token's permissions
	Warnings []string   `json:"warnings,omitempty"` // what is wrong
}

// JudgeCredentials says what is wrong with credentials for a plan that takes so long from now
// on; of is the label of an ad account's credential.
func JudgeCredentials(found []credentials.Finding, f Forecast, of func(plan.Account) string, takes time.Duration, now time.Time) []CredentialFinding {
	var all []CredentialFinding
	for _, c := range found {
		one := CredentialFinding{Label: c.Label, App: c.App, Told: c.Silent == nil && c.Refused == nil, Scopes: c.Scopes}
		writes := 0
		for _, a := range f.Accounts {
			if of(a.Account) == c.Label {
				one.Accounts++
				writes += a.Copies + a.Deletes + a.Uploads
			}
		}
		if !c.Ends.IsZero() {
			one.Ends = &c.Ends
		}
		warn := func(format string, args ...any) { one.Warnings = append(one.Warnings, fmt.Sprintf(format, args...)) }
		switch {
		case c.Refused != nil:
			warn("is refused: %s; renew it", c.Refused.Error())
		case !c.MayRead():
			warn("has neither ads_read nor ads_management, but %s", strings.Join(c.Scopes, ", "))
		case !c.MayWrite() && writes > 0:
			warn("has no ads_management, which its %d writes need", writes)
		}
		if end := now.Add(takes); one.Ends != nil && c.Refused == nil && c.Ends.Before(end) {
			warn("ends at %s, before the job would (%s); renew it first, or a run stops for it and resume goes on",
				c.Ends.UTC().Format(time.RFC3339), end.UTC().Format(time.RFC3339))
		}
		all = append(all, one)
	}
	return all
}

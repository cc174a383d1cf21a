package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options describe the API to play. The zero value is a Full tier app that no
// quota in reach will stop: 100,000 calls an hour and account, usage headers on
// every answer, no score, no faults, no latency.
type Options struct {
	// Tier is the access tier of the app; unknown plays Full.
	Tier Tier
	// Limits hold for every account that has none of its own.
	Limits Limits
	// AppHourlyCalls limits all accounts together (code 4); 0 is no limit.
	AppHourlyCalls int
	// AppHours says how that hour is counted.
	AppHours Window

	Headers Headers
	Latency Latency

	// Rates maps a fault's name to its probability; see ParseFaults.
	Rates map[string]float64
	// Script holds rules that go before the rates; see ParseScript.
	Script []Rule
	// Seed moves every draw: faults, latency and trace ids.
	Seed uint64

	// Tokens are the valid ones; empty accepts any.
	Tokens []string
	// AppSecret, when set, makes appsecret_proof mandatory.
	AppSecret string
	// AutoAccounts lets an account nobody added exist, empty.
	AutoAccounts bool

	Variants Variants
}

// Validate says what is wrong with the options. New panics on what Validate
// refuses, so whatever takes options from people calls it first.
func (o Options) Validate() error {
	var errs []error
	for name, p := range o.Rates {
		if _, err := parseRate(name); err != nil {
			errs = append(errs, err)
		}
		if !(p >= 0 && p <= 1) {
			errs = append(errs, fmt.Errorf("fault %s: the rate must be from 0 to 1, not %v", name, p))
		}
	}
	for i, rule := range o.Script {
		if err := rule.validate(); err != nil {
			errs = append(errs, fmt.Errorf("rule %d: %w", i+1, err))
		}
	}
	for _, c := range []Code{o.Limits.ScoreCode, o.Variants.SourceMissing, o.Variants.SourceDenied} {
		if _, _, ok := c.split(); c != "" && !ok {
			errs = append(errs, fmt.Errorf("%q is not an error code: write 100 or 100/33", c))
		}
	}
	if s := o.Variants.BatchLimitStatus; s != 0 && (s < 200 || s > 599) {
		errs = append(errs, fmt.Errorf("HTTP status %d is not valid for an answer: use 200 to 599", s))
	}
	if f := o.Variants.Pictures; !f.known() {
		errs = append(errs, fmt.Errorf("the picture fault must be whole, placeholder, cut, same or page, not %q", f))
	}
	if s := o.Limits.Scale; s < 0 {
		errs = append(errs, fmt.Errorf("limits: scale must be 0 or more, not %v", s))
	}
	if s := o.Limits.Others.Share; s < 0 || s > 1 {
		errs = append(errs, fmt.Errorf("limits: the share of other programs must be between 0 and 1, not %v", s))
	}
	slices.SortFunc(errs, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) }) // Rates is a map
	return errors.Join(errs...)
}

// Headers varies how usage is told.
type Headers struct {
	None       bool // no usage header at all
	OnlyErrors bool // only answers that failed carry one
	Strings    bool // numbers arrive as strings
	Above100   bool // refused calls go on counting, beyond 100
	// Lag is how long a reported value stays before it is measured again.
	Lag time.Duration
}

// Latency is the time an HTTP request takes, drawn evenly from Min to Max; Max
// of zero means always Min. A batch takes the longest of its entries. Effects
// happen half way.
type Latency struct {
	Min, Max time.Duration
}

// AccountOptions describe one ad account.
type AccountOptions struct {
	Name string
	// Denied refuses every call with this code: "200" or "100/33".
	Denied Code
	// ReadOnly refuses what is not a GET with 100/33, which is how a token
	// without ads_management looks.
	ReadOnly bool
	// Disabled refuses what is not a GET with this code ("200/4841013",
	// "1885316") and reports account_status 2.
	Disabled Code
	// NoCopies refuses copies out of the account with this code ("200", "100"),
	// while its images may be read.
	NoCopies Code
	// Tier overrides Options.Tier, Limits overrides Options.Limits.
	Tier   Tier
	Limits *Limits
	// Pictures goes before Variants.Pictures.
	Pictures PictureFault
	// ActiveAds adds 40 hourly calls each.
	ActiveAds int
}

package sandbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Options describe the API that the server simulates. The zero value is an app of the
// Full tier with 100,000 calls per hour and account, usage headers on every answer, no
// score, no faults and no latency.
type Options struct {
	// Tier is the access tier of the app; 0 means Full.
	Tier Tier
	// Limits apply to accounts without limits of their own.
	Limits Limits
	// AppHourlyCalls is the limit of all accounts together (code 4); 0 means none.
	AppHourlyCalls int

	Headers Headers
	Latency Latency

	// Rates maps a fault's name to its probability; see ParseFaults.
	Rates map[string]float64
	// Script has rules, which take precedence over Rates; see ParseScript.
	Script []Rule
	// Seed seeds all random numbers: faults, latency and trace ids.
	Seed uint64

	// Tokens are the valid tokens. If there are none, every token is valid.
	Tokens []string
	// Access says what single tokens may do. These are valid, too; see AddToken.
	Access map[string]Token
	// Apps are the apps of tokens with an App of their own, by id. One that is not there is
	// like the app of AppHourlyCalls, with calls of its own.
	Apps map[string]App
	// AppSecret, if set, makes appsecret_proof mandatory.
	AppSecret string
	// AutoAccounts makes every account exist, without images.
	AutoAccounts bool

	Variants Variants
}

// Validate returns what is wrong with the options. New panics on options that Validate
// refuses.
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

// Headers changes the usage headers.
type Headers struct {
	None       bool // no usage header at all
	OnlyErrors bool // only on failed answers
	Strings    bool // numbers are strings
	Above100   bool // refused calls count, so that levels exceed 100
	// Lag is how long a value is reported before it is measured again.
	Lag time.Duration
	// Delay is how old the reported values of an ad account are.
	Delay time.Duration
	// NoReset leaves out when the score will be 0, as in 2020.
	NoReset bool
	// ScoreInCalls reports the score as total_time in X-Business-Use-Case-Usage, in place
	// of X-Ad-Account-Usage.
	ScoreInCalls bool
	// NoApp leaves out X-App-Usage.
	NoApp bool
}

// Latency is the time that an HTTP request takes, uniformly distributed from Min to Max, or
// Min if Max is zero. A batch takes as long as its slowest entry. Effects happen half way.
type Latency struct {
	Min, Max time.Duration
}

// AccountOptions describe one ad account.
type AccountOptions struct {
	Name string
	// Denied is the code that refuses every call: "200" or "100/33".
	Denied Code
	// ReadOnly refuses writes with 100/33, as with a token without ads_management.
	ReadOnly bool
	// Disabled is the code that refuses writes ("200/4841013", "1885316"). The
	// account_status is 2.
	Disabled Code
	// NoCopies is the code that refuses copies out of the account ("200", "100"); reads
	// are allowed.
	NoCopies Code
	// Tier overrides Options.Tier, Limits overrides Options.Limits.
	Tier   Tier
	Limits *Limits
	// Pictures overrides Variants.Pictures.
	Pictures PictureFault
}

package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// maxReported is how many accounts one header may report.
const maxReported = 32

// useCaseUsage is one entry of X-Business-Use-Case-Usage: percents and minutes.
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting/
type useCaseUsage struct {
	Type   string      `json:"type"`
	Calls  usageNumber `json:"call_count"`
	CPU    usageNumber `json:"total_cputime"`
	Time   usageNumber `json:"total_time"`
	Regain usageNumber `json:"estimated_time_to_regain_access"`
	Tier   string      `json:"ads_api_access_tier"`
}

// scoreUsage is X-Ad-Account-Usage: percent and seconds.
type scoreUsage struct {
	Util  usageNumber  `json:"acc_id_util_pct"`
	Reset *usageNumber `json:"reset_time_duration,omitempty"`
	Tier  string       `json:"ads_api_access_tier"`
}

type appUsage struct {
	Calls usageNumber `json:"call_count"`
	Time  usageNumber `json:"total_time"`
	CPU   usageNumber `json:"total_cputime"`
}

// usageNumber is a number, which is a string in some answers.
type usageNumber struct {
	value  float64
	quoted bool
}

func (f usageNumber) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(f.value, 'f', -1, 64)
	if f.quoted {
		text = strconv.Quote(text)
	}
	return []byte(text), nil
}

// withUsage adds the usage headers. regain, if not 0, is the wait of a throttle that a
// fault made.
func (s *Server) withUsage(c *call, a answer, regain time.Duration) answer {
	h := s.opts.Headers
	if h.None || h.OnlyErrors && a.status < http.StatusBadRequest {
		return a
	}
	s.lock()
	defer s.mu.Unlock()
	now := time.Now()
	num := func(v float64) usageNumber { return usageNumber{v, h.Strings} }
	if app := s.appOf(c); !h.NoApp && (app.budget != nil || app.hold.until.After(now)) {
		p := 100.0
		if app.budget != nil && !app.hold.until.After(now) {
			p = math.Floor(app.budget.percent(now, h.Above100))
		}
		a.set("X-App-Usage", headerJSON(appUsage{num(p), num(math.Floor(p / 5)), num(math.Floor(p / 5))}))
	}
	accounts := s.reportedAccounts(c)
	if len(accounts) == 0 {
		return a
	}
	objects := map[string][]useCaseUsage{}
	for _, acct := range accounts {
		u := acct.meter.report(now)
		if regain > 0 && acct.id == c.account {
			u.calls, u.regain = max(u.calls, 100), max(u.regain, regain)
		}
		p := math.Floor(u.calls)
		entry := useCaseUsage{
			Type: "ads_management", Calls: num(p), CPU: num(math.Floor(p / 5)), Time: num(math.Floor(p / 5)),
			Regain: num(math.Ceil(u.regain.Minutes())), Tier: acct.meter.tier.header(),
		}
		if h.ScoreInCalls {
			entry.Time = num(math.Floor(u.score))
		}
		objects[acct.id] = []useCaseUsage{entry}
		if u.hasScore && acct.id == c.account && !h.ScoreInCalls {
			score := scoreUsage{Util: num(math.Round(u.score*100) / 100), Tier: acct.meter.tier.header()}
			if reset := num(math.Ceil(u.scoreZero.Seconds())); !h.NoReset {
				score.Reset = &reset
			}
			a.set("X-Ad-Account-Usage", headerJSON(score))
		}
	}
	a.set("X-Business-Use-Case-Usage", headerJSON(objects))
	return a
}

// reportedAccounts are the accounts in the usage headers: the one that the call is about,
// or those that /me/adaccounts lists; s.mu is held.
func (s *Server) reportedAccounts(c *call) []*account {
	if a := s.accounts[c.account]; a != nil {
		return []*account{a}
	}
	if c.node == "me" && c.edge == "adaccounts" {
		all := s.visible(s.token(c.token))
		return all[:min(len(all), maxReported)]
	}
	return nil
}

func headerJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%v", v) // cannot happen with our types
	}
	return string(text)
}

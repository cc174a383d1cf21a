package sandbox

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"
)

// maxObjects is how many objects one header may tell of.
const maxObjects = 32

// bucUsage is one entry of X-Business-Use-Case-Usage: percents and minutes.
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting/
type bucUsage struct {
	Type   string `json:"type"`
	Calls  figure `json:"call_count"`
	CPU    figure `json:"total_cputime"`
	Time   figure `json:"total_time"`
	Regain figure `json:"estimated_time_to_regain_access"`
	Tier   string `json:"ads_api_access_tier"`
}

// scoreUsage is X-Ad-Account-Usage: percent and seconds.
type scoreUsage struct {
	Util  figure `json:"acc_id_util_pct"`
	Reset figure `json:"reset_time_duration"`
	Tier  string `json:"ads_api_access_tier"`
}

type appUsage struct {
	Calls figure `json:"call_count"`
	Time  figure `json:"total_time"`
	CPU   figure `json:"total_cputime"`
}

// figure is a number, which some answers write as a string.
type figure struct {
	value  float64
	quoted bool
}

func (f figure) MarshalJSON() ([]byte, error) {
	text := strconv.FormatFloat(f.value, 'f', -1, 64)
	if f.quoted {
		text = strconv.Quote(text)
	}
	return []byte(text), nil
}

// withUsage adds the usage headers. Regain, if not 0, is what an injected
// throttle wants to be told.
func (s *Server) withUsage(c *call, a answer, regain time.Duration) answer {
	h := s.opts.Headers
	if h.None || h.OnlyErrors && a.status < http.StatusBadRequest {
		return a
	}
	s.lock()
	defer s.mu.Unlock()
	now := time.Now()
	num := func(v float64) figure { return figure{v, h.Strings} }
	if s.app != nil || s.appHeld.until.After(now) {
		p := 100.0
		if s.app != nil && !s.appHeld.until.After(now) {
			p = math.Floor(s.app.percent(now, h.Above100))
		}
		a.set("X-App-Usage", compact(appUsage{num(p), num(math.Floor(p / 5)), num(math.Floor(p / 5))}))
	}
	accounts := s.reported(c)
	if len(accounts) == 0 {
		return a
	}
	objects := map[string][]bucUsage{}
	for _, acct := range accounts {
		u := acct.meter.usage(now, h)
		if regain > 0 && acct.id == c.account {
			u.calls, u.regain = max(u.calls, 100), max(u.regain, regain)
		}
		p := math.Floor(u.calls)
		objects[acct.id] = []bucUsage{{
			Type: "ads_management", Calls: num(p), CPU: num(math.Floor(p / 5)), Time: num(math.Floor(p / 5)),
			Regain: num(math.Ceil(u.regain.Minutes())), Tier: acct.meter.tier.header(),
		}}
		if u.hasScore && acct.id == c.account {
			a.set("X-Ad-Account-Usage", compact(scoreUsage{
				num(math.Round(u.score*100) / 100), num(math.Ceil(u.scoreZero.Seconds())), acct.meter.tier.header(),
			}))
		}
	}
	a.set("X-Business-Use-Case-Usage", compact(objects))
	return a
}

// reported are the accounts that an answer tells of: the one it concerns, or all
// that me/adaccounts lists; s.mu is held.
func (s *Server) reported(c *call) []*account {
	if a := s.accounts[c.account]; a != nil {
		return []*account{a}
	}
	if c.node == "me" && c.edge == "adaccounts" {
		all := s.visible()
		return all[:min(len(all), maxObjects)]
	}
	return nil
}

func compact(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%v", v) // our own types always encode
	}
	return string(text)
}

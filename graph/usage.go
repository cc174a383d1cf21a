package graph

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Tier is an app's access tier to the Marketing API.
type Tier uint8

// The access tiers, by their names since May 2026. Limited is
// development_access in the headers, Full is standard_access.
const (
	TierUnknown Tier = iota
	TierLimited
	TierFull
)

var tierNames = [...]string{"unknown", "limited", "full"}

func (t Tier) String() string {
	if int(t) < len(tierNames) {
		return tierNames[t]
	}
	return tierNames[0]
}

// MarshalText gives the tier's name.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

func tierOf(header string) Tier {
	switch header {
	case "development_access":
		return TierLimited
	case "standard_access":
		return TierFull
	}
	return TierUnknown
}

// Usage is what the quota headers of one answer said.
type Usage struct {
	Accounts map[string]AccountUsage // by bare ad account id
	App      float64                 // percent of the app's limit, from X-App-Usage
	HasApp   bool
}

// AccountUsage is the state of one ad account's quotas. Percentages may exceed
// 100. The two headers it comes from are alternatives: the adimages edge sends
// X-Business-Use-Case-Usage (seen live, July 2026).
type AccountUsage struct {
	HasCalls bool          // X-Business-Use-Case-Usage was there
	Calls    float64       // percent: the highest of call_count, total_cputime, total_time
	Regain   time.Duration // estimated_time_to_regain_access, sent in minutes
	HasScore bool          // X-Ad-Account-Usage was there
	Score    float64       // acc_id_util_pct, percent
	Reset    time.Duration // reset_time_duration, sent in seconds: until the score is 0
	Tier     Tier
}

// Seen reports whether the answer carried any quota header at all.
func (u Usage) Seen() bool { return u.HasApp || len(u.Accounts) > 0 }

// otherUse lists the use cases whose budgets do not hold for ad images. An
// unknown type is taken to hold: the documented set is not closed.
var otherUse = map[string]bool{
	"ads_insights": true, "custom_audience": true, "instagram": true,
	"leadgen": true, "messenger": true, "pages": true,
}

// parseUsage reads the quota headers of an answer to a call on account.
func parseUsage(h http.Header, account string) Usage {
	var u Usage
	if v := h.Get("X-App-Usage"); v != "" {
		var app struct {
			Calls number `json:"call_count"`
			Time  number `json:"total_time"`
			CPU   number `json:"total_cputime"`
		}
		if json.Unmarshal([]byte(v), &app) == nil {
			u.HasApp, u.App = true, max(app.Calls.percent(), app.Time.percent(), app.CPU.percent())
		}
	}
	for _, v := range h.Values("X-Business-Use-Case-Usage") {
		u.addBusiness(v)
	}
	if v := h.Get("X-Ad-Account-Usage"); v != "" && account != "" {
		var score struct {
			Percent number `json:"acc_id_util_pct"`
			Reset   number `json:"reset_time_duration"`
			Tier    string `json:"ads_api_access_tier"`
		}
		if json.Unmarshal([]byte(v), &score) == nil {
			a := u.Accounts[account]
			a.HasScore, a.Score, a.Reset = true, score.Percent.percent(), score.Reset.duration(time.Second)
			a.Tier = max(a.Tier, tierOf(score.Tier))
			u.set(account, a)
		}
	}
	return u
}

// addBusiness adds one X-Business-Use-Case-Usage value: an object of arrays,
// one entry for each use case of a business object.
func (u *Usage) addBusiness(value string) {
	var objects map[string]json.RawMessage
	if json.Unmarshal([]byte(value), &objects) != nil {
		return
	}
	for id, raw := range objects {
		var entries []struct {
			Type   string `json:"type"`
			Calls  number `json:"call_count"`
			CPU    number `json:"total_cputime"`
			Time   number `json:"total_time"`
			Regain number `json:"estimated_time_to_regain_access"`
			Tier   string `json:"ads_api_access_tier"`
		}
		if json.Unmarshal(raw, &entries) != nil {
			continue
		}
		id = strings.TrimPrefix(id, "act_")
		a, held := u.Accounts[id], false
		for _, e := range entries {
			a.Tier = max(a.Tier, tierOf(e.Tier))
			if otherUse[e.Type] {
				continue
			}
			held = true
			a.Calls = max(a.Calls, e.Calls.percent(), e.CPU.percent(), e.Time.percent())
			a.Regain = max(a.Regain, e.Regain.duration(time.Minute))
		}
		a.HasCalls = a.HasCalls || held
		if held || a.Tier != TierUnknown {
			u.set(id, a)
		}
	}
}

func (u *Usage) set(id string, a AccountUsage) {
	if u.Accounts == nil {
		u.Accounts = map[string]AccountUsage{}
	}
	u.Accounts[id] = a
}

// number is a JSON number that may also come as a string; anything else is 0.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	f, err := strconv.ParseFloat(strings.Trim(string(b), `" `), 64)
	if err != nil || math.IsNaN(f) || f < 0 {
		f = 0
	}
	*n = number(f)
	return nil
}

// percent bounds a percentage: what is above a thousand says no more.
func (n number) percent() float64 { return min(float64(n), 1000) }

// duration bounds a time span to two days, above any documented block.
func (n number) duration(unit time.Duration) time.Duration {
	return time.Duration(min(float64(n)*float64(unit), float64(48*time.Hour)))
}

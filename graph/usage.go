package graph

import (
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Tier is an app's access tier for the Marketing API.
type Tier uint8

//go:generate go tool enumer -type=Tier -trimprefix=Tier -transform=lower

// The access tiers, named as in Meta's documentation since May 2026. In the headers
// Limited is development_access and Full is standard_access.
const (
	TierUnknown Tier = iota
	TierLimited
	TierFull
)

func tierOf(header string) Tier {
	switch header {
	case "development_access":
		return TierLimited
	case "standard_access":
		return TierFull
	}
	return TierUnknown
}

// Usage is the content of the quota headers of one answer.
type Usage struct {
	Accounts map[string]AccountUsage // by bare ad account id
	App      float64                 // percent of the app's limit, from X-App-Usage
	HasApp   bool
}

// AccountUsage is the state of one ad account's quotas. Percentages may exceed 100.
// Answers have one of two headers: the adimages edge sends X-Business-Use-Case-Usage
// (seen live, July 2026).
type AccountUsage struct {
	HasCalls bool          // the answer has X-Business-Use-Case-Usage
	Calls    float64       // percent: the highest of call_count, total_cputime, total_time
	Regain   time.Duration // estimated_time_to_regain_access, sent in minutes
	HasScore bool          // the answer has X-Ad-Account-Usage
	Score    float64       // acc_id_util_pct, percent
	Reset    time.Duration // reset_time_duration, sent in seconds: until the score is 0
	Tier     Tier
}

// Any reports whether the answer has any quota header.
func (u Usage) Any() bool { return u.HasApp || len(u.Accounts) > 0 }

// otherUseCases has the use cases whose quotas do not apply to ad images. An unknown one
// counts as applying, because the documented list is not complete.
var otherUseCases = map[string]bool{
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
		if readObject([]byte(v), &app) {
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
		if readObject([]byte(v), &score) {
			a := u.Accounts[account]
			a.HasScore, a.Score, a.Reset = true, score.Percent.percent(), score.Reset.duration(time.Second)
			a.Tier = max(a.Tier, tierOf(score.Tier))
			u.set(account, a)
		}
	}
	return u
}

// useCase is one entry of X-Business-Use-Case-Usage.
type useCase struct {
	Type   string `json:"type"`
	Calls  number `json:"call_count"`
	CPU    number `json:"total_cputime"`
	Time   number `json:"total_time"`
	Regain number `json:"estimated_time_to_regain_access"`
	Tier   string `json:"ads_api_access_tier"`
}

// addBusiness adds one X-Business-Use-Case-Usage value: an object of arrays with an entry
// for each use case. It is parsed key by key, because a documented sample has the same
// key twice.
func (u *Usage) addBusiness(value string) {
	d := json.NewDecoder(strings.NewReader(value))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return
	}
	for d.More() {
		key, err := d.Token()
		id, ok := key.(string)
		if err != nil || !ok {
			return
		}
		var cases []useCase
		if err := d.Decode(&cases); err != nil && !mistyped(err) {
			return
		}
		u.addCases(strings.TrimPrefix(id, "act_"), cases)
	}
}

func (u *Usage) addCases(id string, cases []useCase) {
	a, counts := u.Accounts[id], false
	for _, c := range cases {
		a.Tier = max(a.Tier, tierOf(c.Tier))
		if otherUseCases[c.Type] {
			continue
		}
		counts = true
		a.Calls = max(a.Calls, c.Calls.percent(), c.CPU.percent(), c.Time.percent())
		a.Regain = max(a.Regain, c.Regain.duration(time.Minute))
	}
	a.HasCalls = a.HasCalls || counts
	if counts || a.Tier != TierUnknown {
		u.set(id, a)
	}
}

func (u *Usage) set(id string, a AccountUsage) {
	if u.Accounts == nil {
		u.Accounts = map[string]AccountUsage{}
	}
	u.Accounts[id] = a
}

package graph

import (
	"net/http"
	"strings"
	"time"
)

// Tier is an app's access tier for the Marketing API.
type Tier uint8

// The access tiers, named as in Meta's documentation since May 2026. In the headers
// Limited is development_access and Full is standard_access.
const (
	TierUnknown Tier = iota
	TierLimited
	TierFull
)

func (t Tier) String() string {
	switch t {
	case TierLimited:
		return "limited"
	case TierFull:
		return "full"
	}
	return "unknown"
}

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

const (
	businessHeader = "X-Business-Use-Case-Usage"
	noticeHeader   = "X-Ad-Api-Version-Warning"
)

// parseUsage reads the quota headers of an answer to a call on account, with j.
func parseUsage(j *jsonReader, h http.Header, account string) Usage {
	var u Usage
	if v := h.Get("X-App-Usage"); v != "" {
		u.addApp(j, v)
	}
	for _, v := range h.Values(businessHeader) {
		u.addBusiness(j, v)
	}
	if v := h.Get("X-Ad-Account-Usage"); v != "" && account != "" {
		u.addScore(j, v, account)
	}
	return u
}

// addApp adds X-App-Usage, unless it is no object.
func (u *Usage) addApp(j *jsonReader, value string) {
	j.reset([]byte(value))
	object, most := j.kind() == '{', 0.0
	for name := range j.members() {
		switch string(name) {
		case "call_count", "total_time", "total_cputime":
			most = max(most, j.number().percent())
		}
	}
	if object && j.end() {
		u.HasApp, u.App = true, most
	}
}

// addScore adds X-Ad-Account-Usage, unless it is no object.
func (u *Usage) addScore(j *jsonReader, value, account string) {
	j.reset([]byte(value))
	a, object := u.Accounts[account], j.kind() == '{'
	a.HasScore = true
	tier := TierUnknown
	for name := range j.members() {
		switch string(name) {
		case "acc_id_util_pct":
			a.Score = j.number().percent()
		case "reset_time_duration":
			a.Reset = j.number().duration(time.Second)
		case "ads_api_access_tier":
			tier = j.tier()
		}
	}
	a.Tier = max(a.Tier, tier)
	if object && j.end() {
		u.set(account, a)
	}
}

func (j *jsonReader) tier() Tier {
	name, _ := j.string()
	return tierOf(name)
}

// useCase is one entry of X-Business-Use-Case-Usage.
type useCase struct {
	kind   string
	calls  float64 // percent: the highest of call_count, total_cputime and total_time
	regain time.Duration
	tier   Tier
}

// addBusiness adds one X-Business-Use-Case-Usage value: an object of arrays with an entry
// for each use case. What was read before an error counts, and so does each of two members
// with the same key, which a documented sample has.
func (u *Usage) addBusiness(j *jsonReader, value string) {
	j.reset([]byte(value))
	var cases []useCase
	for id := range j.keyed() {
		cases = cases[:0]
		for range j.elements() {
			cases = append(cases, j.useCase())
		}
		if j.failed {
			return
		}
		u.addCases(strings.TrimPrefix(id, "act_"), cases)
	}
}

// useCase reads an entry; of one that is no object nothing is known.
func (j *jsonReader) useCase() (c useCase) {
	for name := range j.members() {
		switch string(name) {
		case "type":
			c.kind, _ = j.string()
		case "call_count", "total_cputime", "total_time":
			c.calls = max(c.calls, j.number().percent())
		case "estimated_time_to_regain_access":
			c.regain = j.number().duration(time.Minute)
		case "ads_api_access_tier":
			c.tier = j.tier()
		}
	}
	return c
}

func (u *Usage) addCases(id string, cases []useCase) {
	a, counts := u.Accounts[id], false
	for _, c := range cases {
		a.Tier = max(a.Tier, c.tier)
		if otherUseCases[c.kind] {
			continue
		}
		counts = true
		a.Calls = max(a.Calls, c.calls)
		a.Regain = max(a.Regain, c.regain)
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

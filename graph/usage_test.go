package graph

import (
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

const (
	business = "X-Business-Use-Case-Usage"
	adHeader = "X-Ad-Account-Usage"
	appUsage = "X-App-Usage"
)

func TestParseUsage(t *testing.T) {
	type accounts = map[string]AccountUsage
	for _, test := range []struct {
		name   string
		header map[string]string
		want   accounts
		app    float64 // -1: not seen
	}{
		{"none", nil, nil, -1},

		// As recorded.
		{"adimages, live, July 2026", map[string]string{business: `{"679927437761688":[{"type":"ads_management","call_count":0,"total_cputime":0,"total_time":0,"estimated_time_to_regain_access":0,"ads_api_access_tier":"development_access"}]}`},
			accounts{"679927437761688": {HasCalls: true, Tier: TierLimited}}, -1},
		{"a write, August 2026", map[string]string{business: `{"4366752500136303":[{"type":"ads_management","call_count":16,"total_cputime":2,"total_time":3,"estimated_time_to_regain_access":0,"ads_api_access_tier":"development_access"}]}`},
			accounts{"4366752500136303": {HasCalls: true, Calls: 16, Tier: TierLimited}}, -1},
		{"two use cases, February 2022", map[string]string{business: `{"750530335844724":[{"type":"ads_management","call_count":19,"total_cputime":5,"total_time":4,"estimated_time_to_regain_access":10},{"type":"ads_insights","call_count":1,"total_cputime":3,"total_time":3,"estimated_time_to_regain_access":0}]}`},
			accounts{"750530335844724": {HasCalls: true, Calls: 19, Regain: 10 * time.Minute}}, -1},
		{"insights alone, May 2026", map[string]string{business: `{"3138805896402376":[{"type":"ads_insights","call_count":1,"total_cputime":3,"total_time":11,"estimated_time_to_regain_access":0,"ads_api_access_tier":"development_access"}]}`},
			accounts{"3138805896402376": {Tier: TierLimited}}, -1},
		{"an edge, December 2020", map[string]string{adHeader: `{"acc_id_util_pct":0}`, appUsage: `{"call_count":0,"total_cputime":0,"total_time":0}`},
			accounts{"111": {HasScore: true}}, 0},
		{"insights, December 2020", map[string]string{"X-Fb-Ads-Insights-Throttle": `{"app_id_util_pct": 0.00,"acc_id_util_pct": 1.67}`, business: `{"111":[{"type":"ads_insights","call_count":1,"total_cputime":1,"total_time":1,"estimated_time_to_regain_access":0}]}`},
			nil, -1},
		{"upload, November 2018", map[string]string{appUsage: `{"call_count":0,"total_cputime":0,"total_time":0}`}, nil, 0},

		// As documented.
		{"the guide's app header", map[string]string{appUsage: `{"call_count":28,"total_time":25,"total_cputime":25}`}, nil, 28},
		{"the guide's score header", map[string]string{adHeader: `{"acc_id_util_pct":9.67,"reset_time_duration":100,"ads_api_access_tier":"standard_access"}`},
			accounts{"111": {HasScore: true, Score: 9.67, Reset: 100 * time.Second, Tier: TierFull}}, -1},
		{"the guide's business header", map[string]string{business: `{"111":[{"type":"ads_management","call_count":95,"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":19,"ads_api_access_tier":"standard_access"}]}`},
			accounts{"111": {HasCalls: true, Calls: 95, Regain: 19 * time.Minute, Tier: TierFull}}, -1},
		{"one object named twice", map[string]string{business: `{"111":[{"type":"ads_management","call_count":95,"estimated_time_to_regain_access":19}],"111":[{"type":"ads_insights","call_count":1,"ads_api_access_tier":"standard_access"}]}`},
			accounts{"111": {HasCalls: true, Calls: 95, Regain: 19 * time.Minute, Tier: TierFull}}, -1},
		{"several accounts", map[string]string{business: `{"111":[{"type":"ads_management","call_count":1}],"222":[{"type":"ads_management","total_time":2}],"333":[{"type":"pages","call_count":99}]}`},
			accounts{"111": {HasCalls: true, Calls: 1}, "222": {HasCalls: true, Calls: 2}}, -1},
		{"both headers of an account", map[string]string{business: `{"111":[{"type":"ads_management","call_count":7,"ads_api_access_tier":"standard_access"}]}`, adHeader: `{"acc_id_util_pct":50}`},
			accounts{"111": {HasCalls: true, Calls: 7, HasScore: true, Score: 50, Tier: TierFull}}, -1},

		// Shapes that users report, and worse.
		{"the highest of the three", map[string]string{business: `{"111":[{"type":"ads_management","call_count":1,"total_cputime":88,"total_time":2}]}`, appUsage: `{"call_count":1,"total_time":3,"total_cputime":2}`},
			accounts{"111": {HasCalls: true, Calls: 88}}, 3},
		{"the highest of several entries", map[string]string{business: `{"111":[{"type":"ads_management","call_count":5,"estimated_time_to_regain_access":3},{"type":"ads_catalog","call_count":9,"estimated_time_to_regain_access":1}]}`},
			accounts{"111": {HasCalls: true, Calls: 9, Regain: 3 * time.Minute}}, -1},
		{"numbers as strings", map[string]string{business: `{"111":[{"type":"ads_management","call_count":"75.5","estimated_time_to_regain_access":"2"}]}`, adHeader: `{"acc_id_util_pct":"75.5","reset_time_duration":"30"}`, appUsage: `{"call_count":"12"}`},
			accounts{"111": {HasCalls: true, Calls: 75.5, Regain: 2 * time.Minute, HasScore: true, Score: 75.5, Reset: 30 * time.Second}}, 12},
		{"act_ prefix", map[string]string{business: `{"act_111":[{"type":"ads_management","call_count":3}]}`}, accounts{"111": {HasCalls: true, Calls: 3}}, -1},
		{"above 100", map[string]string{business: `{"111":[{"type":"ads_management","call_count":118,"estimated_time_to_regain_access":47}]}`},
			accounts{"111": {HasCalls: true, Calls: 118, Regain: 47 * time.Minute}}, -1},
		{"no type", map[string]string{business: `{"111":[{"call_count":4}]}`}, accounts{"111": {HasCalls: true, Calls: 4}}, -1},
		{"a new type", map[string]string{business: `{"111":[{"type":"ads_something","call_count":4}]}`}, accounts{"111": {HasCalls: true, Calls: 4}}, -1},
		{"an unknown tier", map[string]string{business: `{"111":[{"type":"ads_management","call_count":4,"ads_api_access_tier":"gold"}]}`}, accounts{"111": {HasCalls: true, Calls: 4}}, -1},
		{"missing fields", map[string]string{business: `{"111":[{"type":"ads_management"}]}`, adHeader: `{}`, appUsage: `{}`},
			accounts{"111": {HasCalls: true, HasScore: true}}, 0},
		{"beyond all bounds", map[string]string{business: `{"111":[{"type":"ads_management","call_count":1e200,"estimated_time_to_regain_access":1e200}]}`, adHeader: `{"acc_id_util_pct":1e999,"reset_time_duration":9e18}`},
			accounts{"111": {HasCalls: true, Calls: 1000, Regain: 48 * time.Hour, HasScore: true, Reset: 48 * time.Hour}}, -1},
		{"below zero, infinite, no number", map[string]string{business: `{"111":[{"type":"ads_management","call_count":-5,"total_time":"NaN","total_cputime":null,"estimated_time_to_regain_access":"Infinity"}]}`, appUsage: `{"call_count":true,"total_time":[],"total_cputime":-1}`},
			accounts{"111": {HasCalls: true}}, 0},
		{"a tier that is no string", map[string]string{business: `{"111":[{"type":5,"call_count":40,"ads_api_access_tier":{}}]}`, adHeader: `{"ads_api_access_tier":1,"acc_id_util_pct":41}`},
			accounts{"111": {HasCalls: true, Calls: 40, HasScore: true, Score: 41}}, -1},
		{"an entry that is no object", map[string]string{business: `{"111":["x",{"type":"ads_management","call_count":6}]}`}, accounts{"111": {HasCalls: true, Calls: 6}}, -1},
		{"an object that is no list", map[string]string{business: `{"111":{"type":"ads_management","call_count":6},"222":[{"call_count":7}]}`}, accounts{"222": {HasCalls: true, Calls: 7}}, -1},
		{"an empty list", map[string]string{business: `{"111":[]}`}, nil, -1},
		{"cut off", map[string]string{business: `{"111":[{"call_count":6}],"222":[{"call_cou`}, accounts{"111": {HasCalls: true, Calls: 6}}, -1},
		{"garbage", map[string]string{business: `<html>`, adHeader: `null`, appUsage: `"90"`}, nil, -1},
		{"lists", map[string]string{business: `[{"111":[]}]`, adHeader: `[1]`, appUsage: `[]`}, nil, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			header := http.Header{}
			for name, value := range test.header {
				header.Set(name, value)
			}
			got := parseUsage(&jsonReader{}, header, "111")
			if !maps.Equal(got.Accounts, test.want) {
				t.Errorf("got %+v, want %+v", got.Accounts, test.want)
			}
			if seen := test.app >= 0; got.HasApp != seen || seen && got.App != test.app {
				t.Errorf("got app %v %v, want %v", got.HasApp, got.App, test.app)
			}
			if want := test.app >= 0 || len(test.want) > 0; got.Any() != want {
				t.Errorf("got seen %v, want %v", got.Any(), want)
			}
		})
	}
}

// HTTP/2 has lower-case names, and a header may come more than once.
func TestParseUsageRepeatedHeader(t *testing.T) {
	header := http.Header{}
	header.Add(strings.ToLower(business), `{"111":[{"call_count":5}]}`)
	header.Add(business, `{"222":[{"call_count":6}],"111":[{"call_count":4,"ads_api_access_tier":"standard_access"}]}`)
	want := map[string]AccountUsage{"111": {HasCalls: true, Calls: 5, Tier: TierFull}, "222": {HasCalls: true, Calls: 6}}
	if got := parseUsage(&jsonReader{}, header, "111").Accounts; !maps.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// The score header does not name its account: it is the call's.
func TestParseUsageScoreNeedsAccount(t *testing.T) {
	if got := parseUsage(&jsonReader{}, http.Header{adHeader: {`{"acc_id_util_pct":5}`}}, ""); got.Any() {
		t.Errorf("got %+v, want nothing for a batch as a whole", got)
	}
}

func TestTierText(t *testing.T) {
	for tier, want := range map[Tier]string{TierUnknown: "unknown", TierLimited: "limited", TierFull: "full"} {
		if tier.String() != want {
			t.Errorf("got %v, want %s", tier, want)
		}
	}
}

package preflight

import (
	"strconv"
	"time"

	"adferry/graph"
	"adferry/jobs/engine"
	"adferry/jobs/quota"
	"adferry/plan"
)

// Forecast is what a plan will cost if nothing of it is done yet and nothing
// fails.
type Forecast struct {
	Reads    int               `json:"reads"`  // calls that read, up to 50 images each
	Writes   int               `json:"writes"` // copies, deletes and uploads
	Calls    int               `json:"calls"`  // both
	Points   int               `json:"points"` // of the quota score: a read 1, a write 3
	Accounts []AccountForecast `json:"accounts"`
	Full     Duration          `json:"full_access_s"`    // the time under the documented budgets of Full access
	Limited  Duration          `json:"limited_access_s"` // and of Limited access

	// Which of them hold for ad images is not documented: the time if all do, as
	// above, and if fewer do.
	Times []TimeForecast `json:"times"`

	// Share is the part of the limits that the job may use, above 0 and below 1; 0: all.
	Share quota.Share `json:"quota_share,omitempty"`
}

// budgets are the documented budgets of a tier, as far as the job may use them.
func (f Forecast) budgets(t graph.Tier) quota.Budgets {
	b, _ := quota.Documented(t)
	return b.Shared(f.Share)
}

// TimeForecast is the time that a plan takes if some of the documented limits
// hold.
type TimeForecast struct {
	Limits  string   `json:"limits"` // which
	Full    Duration `json:"full_access_s"`
	Limited Duration `json:"limited_access_s"`
}

// The limits that the Times assume, most first.
const (
	AllLimits   = "all that are documented"
	NoScore     = "calls in an hour and in a second"
	HourlyLimit = "calls in an hour"
)

// assume leaves out of the documented budgets what is assumed not to hold.
func assume(limits string, b quota.Budgets) quota.Budgets {
	if limits != AllLimits {
		b.Score = 0
	}
	if limits == HourlyLimit {
		b.PerSecond = 0
	}
	return b
}

// roundTrip is about how long the API takes for a request. It matters only
// where no limit does.
const roundTrip = 200 * time.Millisecond

// AccountForecast is one ad account's part: it is charged on its own.
type AccountForecast struct {
	Account plan.Account `json:"account"`
	Copies  int          `json:"copies"` // into it
	Deletes int          `json:"deletes"`
	Uploads int          `json:"uploads"`
	Reads   int          `json:"reads"`
	Calls   int          `json:"calls"`
	Points  int          `json:"points"`
	Full    Duration     `json:"full_access_s"`
	Limited Duration     `json:"limited_access_s"`
}

// Duration marshals as seconds.
type Duration time.Duration

// MarshalJSON gives whole seconds.
func (d Duration) MarshalJSON() ([]byte, error) {
	return strconv.AppendInt(nil, int64(time.Duration(d).Round(time.Second)/time.Second), 10), nil
}

// Predict adds up what the plan's operations cost. The accounts work side by
// side, so the slowest sets the time. Of the documented limits the job may use a share.
func Predict(p *plan.Plan, share quota.Share) Forecast {
	f := Forecast{Times: []TimeForecast{{Limits: AllLimits}, {Limits: NoScore}, {Limits: HourlyLimit}}, Share: share}
	full, limited := f.budgets(graph.TierFull), f.budgets(graph.TierLimited)
	for _, load := range p.Accounts() {
		a := AccountForecast{Account: load.Account, Copies: load.Copies, Deletes: load.Deletes, Uploads: load.Uploads}
		// Each bulk read serves one purpose: is it in the target, is it in the
		// source, is the copy there, may the image go, is it gone, is the copy still
		// there then.
		for _, images := range []int{load.Copies, load.Sources, load.Confirmations, load.Deletes, load.Deletes, load.Confirmations} {
			a.Reads += (images + graph.MaxHashes - 1) / graph.MaxHashes
		}
		writes := a.Copies + a.Deletes + a.Uploads
		a.Calls = a.Reads + writes
		a.Points = a.Reads*quota.Read.Points + writes*quota.Write.Points
		for i, t := range f.Times {
			f.Times[i].Full = max(t.Full, Duration(assume(t.Limits, full).Time(a.Reads, writes)))
			f.Times[i].Limited = max(t.Limited, Duration(assume(t.Limits, limited).Time(a.Reads, writes)))
		}
		a.Full, a.Limited = Duration(full.Time(a.Reads, writes)), Duration(limited.Time(a.Reads, writes))
		f.Reads, f.Writes, f.Points = f.Reads+a.Reads, f.Writes+writes, f.Points+a.Points
		f.Accounts = append(f.Accounts, a)
	}
	f.Calls = f.Reads + f.Writes
	o := engine.Options{}.WithDefaults()
	least := Duration(float64(f.Calls) / float64(o.Workers*o.BatchSize) * float64(roundTrip))
	for i, t := range f.Times {
		f.Times[i].Full, f.Times[i].Limited = max(t.Full, least), max(t.Limited, least)
	}
	f.Full, f.Limited = f.Times[0].Full, f.Times[0].Limited
	return f
}

// CheckTime is about how long it takes to read all that a plan is about, as a check does: with Full
// and with Limited access of the app.
func (f Forecast) CheckTime() (full, limited time.Duration) {
	o := engine.Options{}.WithDefaults()
	for _, a := range f.Accounts {
		full = max(full, f.budgets(graph.TierFull).Time(a.Reads, 0))
		limited = max(limited, f.budgets(graph.TierLimited).Time(a.Reads, 0))
	}
	least := time.Duration(f.Reads) * roundTrip / time.Duration(o.Workers)
	return max(full, least), max(limited, least)
}

// Within is the time that a plan takes in which so many writes are left for each
// ad account, of which each reports a tier: the slowest sets it. Where some report
// none, it lies between the two.
func (f Forecast) Within(tier func(plan.Account) graph.Tier, writes func(plan.Account) int) (least, most Duration) {
	for _, a := range f.Accounts {
		for _, t := range []graph.Tier{graph.TierFull, graph.TierLimited} {
			if reported := tier(a.Account); reported != graph.TierUnknown && reported != t {
				continue
			}
			took := Duration(f.budgets(t).Time(a.Reads, writes(a.Account)))
			most = max(most, took)
			if tier(a.Account) == t || t == graph.TierFull {
				least = max(least, took)
			}
		}
	}
	return least, most
}

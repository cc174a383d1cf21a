package jobs

import (
	"context"
	"time"

	"adferry/plan"
)

// A job of a database may be carried out by several workers at once (package fleet): each has
// lanes of its own, and makes known to the others what it takes from the quotas of ad accounts
// and apps, because a lane reads in other lanes' ad accounts, too.

// Sharing is what the engine of a worker asks before a request leaves.
type Sharing interface {
	// Depart makes known that calls are about to leave, unless they may not. It is called by
	// several goroutines. After an error the worker may have lost its lanes: nothing leaves any
	// more.
	Depart(ctx context.Context, d Departure) (Clearance, error)
}

// Departure is a request that is about to leave.
type Departure struct {
	App      string       // names the app, see [Spent]
	Account  plan.Account // that is charged; "" for a call that is about none
	Calls    int
	Points   int
	Room     Room // what others may have used, unknown to this worker, so that the request still fits
	Probe    bool // it shows whether a throttle of the ad account is over
	AppProbe bool // it shows whether a throttle of the app is over
}

// Room is how much more the quotas of an ad account and its app allow; less than 0: no limit is
// known.
type Room struct{ Calls, Points, AppCalls int }

// Clearance is whether a request may leave.
type Clearance struct {
	May   bool      // no: what others used leaves no room, one of them sends the probe, or was told to wait; News says more
	Until time.Time // no write leaves later: then another worker may have the lane
	Again time.Time // if it may not: when to ask again; zero: as soon as the news are known
	News  News
}

// News is what a worker was not told yet of the others.
type News struct {
	Spent    []Spent
	Lanes    []LaneState    // ad accounts whose parks end later than now
	Apps     []AppPark      // that end later than now
	Released []Released     // operations of this worker's lanes
	Failing  []plan.Account // ad accounts to which writes fail, all of them
	Progress *Progress      // of the job; nil: not asked
}

// AppPark is a wait that the API imposed on an app. It is for other workers of the app, whatever jobs
// they carry out; see [Spent] for its name.
type AppPark struct {
	App   string
	Until time.Time
	Why   string // in words
}

// Spent are calls of another worker. App names the app as package dispatch does: one whose id is
// not known is the job's own, and the board does not mix it with those of other jobs.
type Spent struct {
	App     string
	Account plan.Account // "": only the app's quota is meant
	At      time.Time
	Calls   int
	Points  int
}

// Progress is how many operations a job has, how many of them are settled, and how many of those
// failed as Outcome.Blames counts them.
type Progress struct{ Operations, Settled, Failed int }

// LanePoint is where a lane stood when its last worker gave it back. What a worker counts, in the
// states of ad accounts and in the tally, begins at zero with its engine, and the board adds it.
type LanePoint struct {
	Account     plan.Account
	States      []LaneState    // of the lane's ad account, of those it reads, and of the app under ""
	Quotas      []QuotaState   // of the lane's ad account, and of others that the worker has not used yet
	Spent       []Spent        // there since then, by all workers; News does not tell it again
	Waiting     []Released     // unsettled operations of the lane whose needs are all settled
	Deletes     int            // of the lane that are not settled
	Failing     []plan.Account // see [News]
	HeadersSent bool           // answers to reads carried quota headers, when last heard
	Progress    Progress
}

// Learned is what a worker learned since it last told.
type Learned struct {
	Quotas  []QuotaState
	Failing map[plan.Account]bool // its lanes to which writes began to fail (true), or no longer do
}

// QuotaState is what a worker learned of an ad account's quota, as package quota saves it.
type QuotaState struct {
	App     string
	Account plan.Account
	Saved   []byte
}

// With is a state as all workers left it, after one of them wrote s; before is what that one had
// written last. Counts are added, and a wait stays that this worker does not know of.
func (all LaneState) With(s, before LaneState) LaneState {
	all.Account, all.Tier = s.Account, max(s.Tier, all.Tier)
	all.Calls += s.Calls - before.Calls
	all.Throttles += s.Throttles - before.Throttles
	all.Parked += s.Parked - before.Parked
	if s.ParkedUntil.After(all.ParkedUntil) || !before.ParkedUntil.Before(all.ParkedUntil) {
		all.ParkedUntil, all.ParkedFor = s.ParkedUntil, s.ParkedFor
	}
	return all
}

// With is the tally of all workers, after one of them wrote t; before is what that one had written
// last. Time that passed for several of them counts once, and the network is down until one of them
// reaches the API.
func (all Tally) With(t, before Tally) Tally {
	all.HTTPRequests += t.HTTPRequests - before.HTTPRequests
	all.Calls += t.Calls - before.Calls
	all.Throttled += t.Throttled - before.Throttled
	if all.Started.IsZero() || t.Started.Before(all.Started) {
		all.Started = t.Started
	}
	passed := max(0, min(t.Elapsed-before.Elapsed, t.Saved.Sub(all.Saved)))
	all.Elapsed += passed
	all.Waited += min(t.Waited-before.Waited, passed)
	if t.Saved.After(all.Saved) {
		all.Saved = t.Saved
	}
	if t.HeadersSent != before.HeadersSent { // else this worker has heard nothing new of them
		all.HeadersSent = t.HeadersSent
	}
	switch answered := t.Calls > before.Calls && t.NetworkDownSince.IsZero(); {
	case answered, !t.NetworkDownSince.Equal(before.NetworkDownSince): // else this worker has not tried
		all.NetworkDownSince = t.NetworkDownSince
	}
	return all
}

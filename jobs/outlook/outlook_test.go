package outlook_test

import (
	"strings"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/outlook"
	"adferry/jobs/quota"
	"adferry/plan"
)

var now = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func in(seconds int) time.Time { return now.Add(time.Duration(seconds) * time.Second) }

// moving are samples of a run that settled ten operations a second until now.
func moving(settled int) (all []jobs.Sample) {
	for i := range 13 {
		all = append(all, jobs.Sample{At: in(5 * (i - 12)), Settled: settled - 50*(12-i)})
	}
	return all
}

func parked(account string, seconds int) jobs.LaneState {
	return jobs.LaneState{Account: plan.Account(account), ParkedUntil: in(seconds), ParkedFor: "limit"}
}

func TestOutlook(t *testing.T) {
	job := func(change func(*outlook.State)) outlook.State {
		s := outlook.State{At: now, Operations: 1000, Rows: 1000, Elapsed: time.Minute, Samples: moving(800),
			Left: []outlook.Work{{Lane: "22", Other: "11", Operations: 200}}, Lanes: []jobs.LaneState{{Account: ""}, {Account: "11"}, {Account: "22"}}}
		change(&s)
		return s
	}
	for _, test := range []struct {
		name       string
		state      outlook.State
		eta        float64 // -1: unknown
		waits      string  // accounts, the app as app
		standstill string
	}{
		{"going", job(func(*outlook.State) {}), 20, "", ""},
		{"parked: the wait, then the work at the pace before", job(func(s *outlook.State) { s.Lanes[2] = parked("22", 49) }), 69, "22", "22"},
		{"half of the wait over: no decay", job(func(s *outlook.State) {
			s.Lanes[2] = parked("22", 20)
			s.Samples = append(moving(800), jobs.Sample{At: in(1), Settled: 800, Parked: 1})
			for i := range s.Samples {
				s.Samples[i].At = s.Samples[i].At.Add(-30 * time.Second)
			}
		}), 40, "22", "22"},
		{"the app is blocked", job(func(s *outlook.State) { s.Lanes[0] = parked("", 50) }), 70, "app", "app"},
		{"the source is parked", job(func(s *outlook.State) { s.Lanes[1] = parked("11", 30) }), 50, "11", "11"},
		{"another account's wait is over long before the rest", job(func(s *outlook.State) {
			s.Left = []outlook.Work{{Lane: "22", Operations: 190}, {Lane: "33", Operations: 10}}
			s.Lanes = []jobs.LaneState{parked("33", 5)}
		}), 20, "33", ""},
		{"... or after it", job(func(s *outlook.State) {
			s.Left = []outlook.Work{{Lane: "22", Operations: 190}, {Lane: "33", Operations: 10}}
			s.Lanes = []jobs.LaneState{parked("33", 300)}
		}), 301, "33", ""},
		{"all wait: the first to go on ends the standstill", job(func(s *outlook.State) {
			s.Left = []outlook.Work{{Lane: "22", Operations: 100}, {Lane: "33", Operations: 100}}
			s.Lanes = []jobs.LaneState{parked("22", 90), parked("33", 30)}
		}), 100, "22 33", "33"},
		{"a wait that nothing left needs", job(func(s *outlook.State) { s.Lanes = append(s.Lanes, parked("44", 999)) }), 20, "", ""},
		{"a wait that is over", job(func(s *outlook.State) { s.Lanes[2] = parked("22", -1) }), 20, "", ""},
		{"paused", job(func(s *outlook.State) { s.Paused = true; s.Lanes[2] = parked("22", 49) }), -1, "22", ""},
		{"no network, between two tries", job(func(s *outlook.State) { s.NetworkDownSince = in(-40); s.Lanes[0] = parked("", -1) }), -1, "app", ""},
		{"nothing moved yet", job(func(s *outlook.State) {
			s.Samples, s.Left[0].Operations = []jobs.Sample{{At: in(-3)}}, 1000
		}), -1, "", ""},
		{"nothing moved yet, and the quota takes long", job(func(s *outlook.State) {
			s.Samples, s.Left[0].Operations = []jobs.Sample{{At: in(-3)}}, 1000
			s.Lanes[2].Tier = graph.TierLimited
		}), limitedTime(60, 1000), "", ""},
		{"... and a share of it longer", job(func(s *outlook.State) {
			s.Samples, s.Left[0].Operations, s.Share = []jobs.Sample{{At: in(-3)}}, 1000, 0.1
			s.Lanes[2].Tier = graph.TierLimited
		}), sharedTime(0.1, 60, 1000), "", ""},
		{"the quota's used part counts", job(func(s *outlook.State) {
			s.Lanes[2].Tier, s.Lanes[2].Calls, s.Elapsed = graph.TierLimited, 200, 20*time.Minute
			s.Left[0].Operations, s.Samples = 200, moving(800)
		}), limitedTime(12, 400) - 1200, "", ""},
		{"faster than the documented budget: it does not hold", job(func(s *outlook.State) {
			s.Lanes[2].Tier, s.Lanes[2].Calls = graph.TierLimited, 800
		}), 20, "", ""},
		{"waits that repeat are in the pace", job(func(s *outlook.State) {
			s.Elapsed = 10 * time.Minute
			for _, from := range []int{-400, -200} {
				s.Parks = append(s.Parks, jobs.Park{Account: "22", From: in(from), Until: in(from + 150)}, jobs.Park{Account: "22", From: in(from + 1), Until: in(from + 150)})
			}
		}), 40, "", ""},
		{"nothing left", job(func(s *outlook.State) { s.Left = nil }), 0, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := outlook.Of(test.state)
			eta := -1.
			if o.EtaS != nil {
				eta = *o.EtaS
			}
			if eta < test.eta-0.5 || eta > test.eta+0.5 {
				t.Errorf("got %v s left, want %v", eta, test.eta)
			}
			var waits []string
			for _, w := range o.Waits {
				waits = append(waits, nameOf(w))
			}
			if got := strings.Join(waits, " "); got != test.waits {
				t.Errorf("got waits of %q, want %q", got, test.waits)
			}
			standstill := ""
			if o.Standstill != nil {
				standstill = nameOf(*o.Standstill)
			}
			if standstill != test.standstill {
				t.Errorf("got a standstill of %q, want %q", standstill, test.standstill)
			}
			if down := o.NetworkDownSince != nil; down != !test.state.NetworkDownSince.IsZero() {
				t.Errorf("got network down %v", down)
			}
		})
	}
}

// limitedTime is what the forecast says of calls under Limited access, in seconds.
func limitedTime(reads, writes int) float64 {
	b, _ := quota.Documented(graph.TierLimited)
	return b.Time(reads, writes).Seconds()
}

// sharedTime is limitedTime for a share of the limits.
func sharedTime(share quota.Share, reads, writes int) float64 {
	b, _ := quota.Documented(graph.TierLimited)
	return b.Shared(share).Time(reads, writes).Seconds()
}

func nameOf(w jobs.Wait) string {
	if w.Account == "" {
		return "app"
	}
	return string(w.Account)
}

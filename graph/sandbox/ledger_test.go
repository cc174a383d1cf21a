package sandbox

import (
	"math"
	"testing"
	"time"
)

// noon is the top of an hour.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestLedgers(t *testing.T) {
	hour := func() ledger { return newWindow(time.Hour, 360) }
	tests := []struct {
		name   string
		book   ledger
		adds   map[time.Duration]float64 // by time since noon
		at     time.Duration
		used   float64
		target float64
		until  time.Duration
	}{
		{"rolling keeps an hour", hour(), map[time.Duration]float64{0: 10}, 59 * time.Minute, 10, 9, time.Minute},
		{"rolling forgets", hour(), map[time.Duration]float64{0: 10}, time.Hour, 0, 0, 0},
		{"rolling forgets the oldest first", hour(), map[time.Duration]float64{0: 10, 30 * time.Minute: 5}, 45 * time.Minute, 15, 5, 15 * time.Minute},
		{"rolling forgets all", hour(), map[time.Duration]float64{0: 10, 30 * time.Minute: 5}, 45 * time.Minute, 15, 0, 45 * time.Minute},
		{"rolling after a day", hour(), map[time.Duration]float64{0: 10}, 24 * time.Hour, 0, 0, 0},
		{"clock keeps to the top", &clockHour{}, map[time.Duration]float64{10 * time.Minute: 7}, 59 * time.Minute, 7, 0, time.Minute},
		{"clock forgets at the top", &clockHour{}, map[time.Duration]float64{59 * time.Minute: 7}, time.Hour, 0, 0, 0},
		{"leak drains", &leak{perSecond: 0.2}, map[time.Duration]float64{0: 60}, 100 * time.Second, 40, 30, 50 * time.Second},
		{"leak never owes", &leak{perSecond: 0.2}, map[time.Duration]float64{0: 60}, time.Hour, 0, 0, 0},
		{"sliding score", newWindow(300*time.Second, 300), map[time.Duration]float64{0: 3, 299 * time.Second: 3}, 300 * time.Second, 3, 0, 299 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for d := time.Duration(0); d <= tt.at; d += time.Second {
				if n, ok := tt.adds[d]; ok {
					tt.book.add(noon.Add(d), n)
				}
			}
			now := noon.Add(tt.at)
			if got := tt.book.used(now); math.Abs(got-tt.used) > 1e-6 {
				t.Errorf("used = %v, want %v", got, tt.used)
			}
			until := tt.book.until(now, tt.target)
			if (until - tt.until).Abs() > time.Millisecond {
				t.Errorf("until %v = %v, want %v", tt.target, until, tt.until)
			}
			if got := tt.book.used(now.Add(until + time.Millisecond)); got > tt.target+1e-6 {
				t.Errorf("after that wait %v is used, want %v", got, tt.target)
			}
		})
	}
}

func TestBudget(t *testing.T) {
	const second = time.Second
	hour := Limits{HourlyCalls: 3, Hours: ClockHour}.withDefaults(Full)
	extended := hour
	extended.BlockedCallsExtend = true
	score := Limits{Score: Linear}.withDefaults(Limited)
	extendedScore := score
	extendedScore.BlockedCallsExtend = true
	tests := []struct {
		name    string
		budget  *budget
		cost    float64
		at      []time.Duration
		want    string  // per call: . passes, ! is the first refused, x a later one
		percent float64 // at the last call, beyond 100 allowed
		wait    time.Duration
	}{
		{"hour", hour.hourly(), 1, []time.Duration{0, 0, 0, second, 2 * second}, "...!x", 100 + 2*100./3, time.Hour - 2*second},
		{"hour passes", hour.hourly(), 1, []time.Duration{0, 0, 0, second, time.Hour}, "...!.", 100. / 3, 0},
		{"hour extended", extended.hourly(), 1, []time.Duration{0, 0, 0, second, second}, "...!x", 5 * 100. / 3, time.Hour - second},
		{"score", score.score(), 20, []time.Duration{0, 0, 0, second, 2 * second, 300 * second}, "...!xx", -1, second},
		{"score passes", score.score(), 20, []time.Duration{0, 0, 0, second, 302 * second}, "...!.", -1, 0},
		{"score extended", extendedScore.score(), 20, []time.Duration{0, 0, 0, second, 200 * second, 302 * second}, "...!xx", -1, 300 * second},
		{"score decays", score.score(), 20, []time.Duration{0, 0, 0, 100 * second}, "....", 100, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			var now time.Time
			for _, at := range tt.at {
				now = noon.Add(at)
				switch ok, repeat := tt.budget.take(now, tt.cost); {
				case ok:
					got += "."
				case repeat:
					got += "x"
				default:
					got += "!"
				}
			}
			if got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if p := tt.budget.percent(now, true); tt.percent >= 0 && math.Abs(p-tt.percent) > 0.01 {
				t.Errorf("percent = %.2f, want %.2f", p, tt.percent)
			}
			if p := tt.budget.percent(now, false); p > 100 {
				t.Errorf("percent without leave to exceed = %.2f", p)
			}
			if wait := tt.budget.wait(now); wait != tt.wait {
				t.Errorf("wait = %v, want %v", wait, tt.wait)
			}
		})
	}
}

func TestOthers(t *testing.T) {
	waves := Others{Share: 0.5, Period: time.Hour, Busy: 20 * time.Minute}
	tests := []struct {
		name     string
		others   Others
		from, to time.Duration
		want     time.Duration
	}{
		{"always", Others{Share: 1}, 0, time.Minute, time.Minute},
		{"inside the wave", waves, 5 * time.Minute, 10 * time.Minute, 5 * time.Minute},
		{"out of the wave", waves, 15 * time.Minute, 50 * time.Minute, 5 * time.Minute},
		{"calm", waves, 21 * time.Minute, 50 * time.Minute, 0},
		{"two waves", waves, 0, 2 * time.Hour, 40 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.others.active(noon.Add(tt.from), noon.Add(tt.to)); got != tt.want {
				t.Errorf("active = %v, want %v", got, tt.want)
			}
		})
	}
	b := Limits{HourlyCalls: 1000, Others: Others{Share: 0.5}}.withDefaults(Full).hourly()
	b.take(noon, 1)
	for d := time.Duration(0); d <= 2*time.Hour; d += time.Minute {
		b.chargeOthers(noon.Add(d))
	}
	if got := b.ledger.used(noon.Add(2 * time.Hour)); math.Abs(got-500) > 5 {
		t.Errorf("others used %v of 1000 within an hour, want 500", got)
	}
	greedy := Limits{HourlyCalls: 100, Hours: ClockHour, Others: Others{Share: 1}}.withDefaults(Full).hourly()
	greedy.take(noon, 90)
	if greedy.chargeOthers(noon.Add(30 * time.Minute)); greedy.ledger.used(noon.Add(30*time.Minute)) > 100 {
		t.Error("others went beyond the limit")
	}
}

func TestDocumentedLimits(t *testing.T) {
	tests := []struct {
		tier  Tier
		calls float64
		score float64
		block time.Duration
	}{
		{Limited, 300, 60, 300 * time.Second},
		{Full, 100_000, 9_000, 60 * time.Second},
	}
	for _, tt := range tests {
		m := newMeter(tt.tier, Limits{Score: Linear}, Headers{})
		if m.hour.limit != tt.calls || m.score.limit != tt.score || m.score.penalty != tt.block {
			t.Errorf("%v: %v calls, score %v, block %v; want %+v", tt.tier, m.hour.limit, m.score.limit, m.score.penalty, tt)
		}
	}
	scaled := newMeter(Full, Limits{Scale: 0.5}, Headers{})
	if scaled.hour.limit != 50_000 {
		t.Errorf("scaled limit %v, want 50000", scaled.hour.limit)
	}
}

func TestMeter(t *testing.T) {
	type call struct {
		at    time.Duration
		write bool
		want  Code
	}
	tests := []struct {
		name   string
		limits Limits
		calls  []call
	}{
		{"a write costs 3 points", Limits{Score: Linear, MaxScore: 6}, []call{{0, true, ""}, {0, true, ""}, {0, false, codeScore}}},
		{"a read costs 1", Limits{Score: Sliding, MaxScore: 2}, []call{{0, false, ""}, {0, false, ""}, {0, false, codeScore}}},
		{"another code", Limits{Score: Linear, MaxScore: 1, ScoreCode: "613/1487742"}, []call{{0, true, "613/1487742"}}},
		{"burst", Limits{BurstPerSecond: 1}, []call{{0, true, ""}, {0, true, codeBurst}, {time.Second, true, ""}}},
		{"hour", Limits{HourlyCalls: 1}, []call{{0, true, ""}, {0, false, codeHourly}}},
		{"no hour", Limits{HourlyCalls: -1}, []call{{0, true, ""}, {0, true, ""}}},
		{"the score block comes before the burst", Limits{Score: Linear, MaxScore: 3, BurstPerSecond: 1},
			[]call{{0, true, ""}, {time.Second, true, codeScore}, {time.Second, true, codeScore}}},
		{"the score block comes before the hour", Limits{HourlyCalls: 2, Score: Linear, MaxScore: 3, Block: time.Minute},
			[]call{{0, true, ""}, {0, true, codeScore}, {time.Second, true, codeScore}, {10 * time.Minute, true, ""}, {20 * time.Minute, true, codeHourly}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMeter(Full, tt.limits, Headers{})
			for i, c := range tt.calls {
				if got, _ := m.take(noon.Add(c.at), c.write); got != c.want {
					t.Errorf("call %d: got %q, want %q", i+1, got, c.want)
				}
			}
		})
	}
}

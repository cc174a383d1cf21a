package quota_test

import (
	"math"
	"testing"
	"time"

	"adferry/graph"
	"adferry/jobs/quota"
)

// An app whose calls in an hour are limited, with headers in whole percents: the
// rise shows the limit, and hardly a call is refused.
func TestApp(t *testing.T) {
	for _, limit := range []int{200, 3000, 13_000, 100_000} {
		var a quota.App
		api := server{decay: sliding, limit: limit, span: time.Hour}
		now, passed := start, 0
		for calls := 0; passed < limit*5/2 && calls < limit*4; calls++ {
			at := a.Next(now)
			if at.After(now) {
				now = at
				continue
			}
			a = a.Spend(now)
			fits := api.take(now, quota.Read)
			now = now.Add(20 * time.Millisecond)
			a = a.Answered()
			if fits {
				passed++
				a = a.Passed(now, now)
			} else {
				a.Block = a.Block.Close(now, now, 0, time.Minute, time.Hour)
			}
			a = a.Observe(now, math.Floor(api.usage(now).Calls))
		}
		if api.refused > 0 {
			t.Errorf("limit %d: got %d calls refused, want none", limit, api.refused)
		}
		if took := now.Sub(start); took > 145*time.Minute {
			t.Errorf("limit %d: got %v for two hours' calls and a half", limit, took)
		}
	}
}

func TestAppWaits(t *testing.T) {
	for _, test := range []struct {
		name    string
		percent float64
		shut    bool
	}{
		{"little used", 5, false},
		{"half used", 50, false},
		{"used up", 100, true},
		{"more than used up", 130, true},
		{"not a number", math.NaN(), false},
	} {
		a := quota.App{}.Observe(start, test.percent)
		if got := a.Next(start).After(start); got != test.shut {
			t.Errorf("%s: got shut %v, want %v", test.name, got, test.shut)
		}
		if got := a.Next(start).Sub(start); got > time.Hour {
			t.Errorf("%s: got a wait of %v, want an hour at most", test.name, got)
		}
	}
}

func TestAppBlock(t *testing.T) {
	base, most := quota.GuessWait(&graph.Error{Class: graph.ThrottledApp, Code: 4}, graph.TierFull)
	var a quota.App
	a.Block = a.Block.Close(start, start, 0, base, most)
	back := a.Next(start)
	if got := back.Sub(start); got != base {
		t.Errorf("got a wait of %v, want %v", got, base)
	}
	if a = a.Spend(back); !a.Next(back).Equal(quota.Never) {
		t.Error("got a second call beside the probe")
	}
	if a = a.Answered().Passed(back, back); a.Next(back) != back {
		t.Error("got it closed after the probe had passed")
	}
	if a = a.Answered().Answered(); a.Next(back) != back {
		t.Error("got it closed by a call too many that came back")
	}
}

// At the end of a block that the API announced one probe goes out, whatever a header told
// during the block, and when it passes everything goes on.
func TestAppBlockAnnounced(t *testing.T) {
	e := &graph.Error{Class: graph.ThrottledApp, Code: 4, RetryAfter: 50 * time.Second}
	a := quota.App{}.Spend(start).Answered().Throttled(start.Add(1), start.Add(1), e, graph.TierFull).Observe(start.Add(1), 100)
	end := start.Add(1).Add(50 * time.Second)
	if got := a.Next(start.Add(time.Second)); !got.Equal(end) {
		t.Fatalf("got the probe after %v, want %v", got.Sub(start), end.Sub(start))
	}
	a = a.Spend(end)
	if got := a.Next(end); !got.Equal(quota.Never) {
		t.Error("got another call beside the probe")
	}
	now := end.Add(time.Second)
	a = a.Answered().Passed(end, now)
	for n := range 1000 {
		if got := a.Next(now); !got.Equal(now) {
			t.Fatalf("after the probe had passed, got call %d after %v more", n, got.Sub(now))
		}
		a = a.Spend(now)
	}
}

// An app's hold is checked by single calls.
func TestAppCheck(t *testing.T) {
	a := quota.App{}
	for range 100 {
		a = a.Spend(start).Answered().Passed(start, start)
	}
	a = a.Observe(start, 98)
	if got := a.Next(start).Sub(start); got != 5*time.Second {
		t.Errorf("got the first call after %v, want 5s", got)
	}
}

// The rise of a small app's level says nothing of what others use: after a quiet time, such as
// an ad account's park, calls go on.
func TestAppGoesOnAfterQuiet(t *testing.T) {
	for _, limit := range []int{200, 230, 800} {
		for _, calls := range []int{limit / 10, limit / 4, limit / 2} {
			var a quota.App
			api := server{decay: sliding, limit: limit, span: time.Hour}
			now := start
			for i := range calls {
				if at := a.Next(now); at.After(now) {
					now = at
				}
				a = a.Spend(now)
				api.take(now, quota.Read)
				if now = now.Add(100 * time.Millisecond); i < calls/3 {
					now = now.Add(1200 * time.Millisecond)
				}
				a = a.Answered().Passed(now, now).Observe(now, math.Floor(api.usage(now).Calls))
			}
			for quiet := 20 * time.Second; quiet < time.Hour; quiet *= 2 {
				at := now.Add(quiet)
				if next := a.Next(at); next.After(at) {
					t.Errorf("limit %d, %d calls used, %v later: waits another %v", limit, calls, quiet, next.Sub(at))
				}
			}
		}
	}
}

// After a block whose end the API did not name one probe goes out, though the throttle's header
// said that all is used; and what passes opens the app at once.
func TestAppProbeWhateverTheLevel(t *testing.T) {
	a := quota.App{}.Observe(start, 20).Spend(start)
	a = a.Answered().Throttled(start, start.Add(time.Second), &graph.Error{Class: graph.ThrottledApp, Code: 4}, graph.TierUnknown)
	a = a.Observe(start.Add(time.Second), 100)
	at := a.Next(start.Add(2 * time.Second))
	if want := start.Add(time.Minute + time.Second); !at.Equal(want) {
		t.Fatalf("the probe goes out at %v, want %v", at, want)
	}
	if got := a.Next(at); !got.Equal(at) {
		t.Errorf("the probe is put off until %v", got)
	}
	a = a.Spend(at).Answered()
	a = a.Passed(at, at.Add(time.Second))
	if got := a.Next(at.Add(time.Second)); got.After(at.Add(time.Second)) {
		t.Errorf("the probe passed, and the app waits until %v", got)
	}
}

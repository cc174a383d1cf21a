package sandbox_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

// Ten hours of a Limited tier account pass at once: a client that obeys gets the
// documented 300 calls in each, and one score block.
func TestTenHours(t *testing.T) {
	real := time.Now()
	synctest.Test(t, func(t *testing.T) {
		s := seeded(sandbox.Options{
			Tier:    sandbox.Limited,
			Limits:  sandbox.Limits{Score: sandbox.Linear, Hours: sandbox.ClockHour},
			Latency: sandbox.Latency{Min: 50 * time.Millisecond, Max: 400 * time.Millisecond},
		}, 5000)
		began := time.Now()
		copied, refused := 0, map[string]int{}
		for time.Since(began) < 10*time.Hour {
			r := copyImage(t, s, hash(copied+1))
			switch code := r.code(); code {
			case "":
				copied++
			case "17/2446079":
				refused[code]++
				time.Sleep(300 * time.Second)
			case "80004/2446079":
				refused[code]++
				time.Sleep(time.Duration(usage(t, r, target).Regain) * time.Minute)
			default:
				t.Fatalf("got %s", r.text)
			}
			if usage(t, r, target).Tier != "development_access" {
				t.Fatalf("usage of another tier: %s", r.header)
			}
		}
		if got := len(s.Log()); got != copied {
			t.Errorf("%d effects for %d copies", got, copied)
		}
		// The score admits about 20 copies at once and then 20 for each block.
		if perHour := copied / 10; perHour < 200 || perHour > 260 {
			t.Errorf("%d copies an hour, want about 240", perHour)
		}
		if refused["17/2446079"] < 100 {
			t.Errorf("refused %v, want a score block every 5 minutes", refused)
		}
	})
	if took := time.Since(real); took > 30*time.Second {
		t.Errorf("took %v of real time", took)
	}
}

// The hour alone, rolling: whoever waits as told is served again.
func TestRegainIsTrue(t *testing.T) {
	for _, hours := range []sandbox.Window{sandbox.Rolling, sandbox.ClockHour} {
		t.Run(fmt.Sprint(hours), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(17*time.Minute + 30*time.Second)
				s := seeded(sandbox.Options{Limits: sandbox.Limits{HourlyCalls: 10, Hours: hours}}, 1)
				for range 10 {
					if r := copyImage(t, s, hash(1)); r.code() != "" {
						t.Fatalf("got %s within the budget", r.text)
					}
				}
				r := copyImage(t, s, hash(1))
				u := usage(t, r, target)
				if r.status != 400 || r.code() != "80004/2446079" || u.Calls != 100 {
					t.Fatalf("got %s with %+v, want 80004/2446079 at 100", r.text, u)
				}
				time.Sleep(time.Duration(u.Regain-1) * time.Minute)
				if r := copyImage(t, s, hash(1)); r.code() == "" {
					t.Error("served a minute before the time named")
				}
				time.Sleep(time.Minute)
				if r := copyImage(t, s, hash(1)); r.code() != "" {
					t.Errorf("after the %d minutes named: got %s", u.Regain, r.text)
				}
			})
		})
	}
}

// Accounts are charged apart, batch entries one by one, and failed calls too.
func TestWhatIsCharged(t *testing.T) {
	s := seeded(sandbox.Options{Limits: sandbox.Limits{HourlyCalls: 5}}, 9)
	remove(t, s, "")
	results := runBatch(t, s, nil, copyEntry(hash(1)), copyEntry(hash(2)), copyEntry("0"),
		copyEntry(hash(3)), copyEntry(hash(4)), copyEntry(hash(5)), copyEntry(hash(6)))
	got := ""
	for _, r := range results {
		switch {
		case r.Code == 200:
			got += "."
		case strings.Contains(r.Body, "80004"):
			got += "!"
		default:
			got += "x"
		}
	}
	if want := "..x..!!"; got != want {
		t.Errorf("batch: got %s, want %s", got, want)
	}
	if u := usage(t, get(t, s, "/act_111/adimages"), source); u.Calls != 40 {
		t.Errorf("source at %d %%, want 40 after a failed and a good call", u.Calls)
	}
	if st := s.Stats(); st.Throttled != 2 || st.WhileBlocked != 1 {
		t.Errorf("stats %+v, want 2 throttled, 1 while blocked", st)
	}
}

func TestCopyChargesSource(t *testing.T) {
	for _, both := range []bool{false, true} {
		s := seeded(sandbox.Options{Limits: sandbox.Limits{HourlyCalls: 10}, Variants: sandbox.Variants{CopyChargesSource: both}}, 1)
		copyImage(t, s, hash(1))
		want := 10
		if both {
			want = 20
		}
		if u := usage(t, get(t, s, "/act_111/adimages"), source); u.Calls != want {
			t.Errorf("both %v: source at %d %%, want %d", both, u.Calls, want)
		}
	}
}

func TestAppLimit(t *testing.T) {
	s := seeded(sandbox.Options{AppHourlyCalls: 2}, 1)
	get(t, s, "/act_111/adimages")
	r := get(t, s, "/act_222/adimages")
	if got := r.header.Get("X-App-Usage"); got != `{"call_count":100,"total_time":20,"total_cputime":20}` {
		t.Errorf("X-App-Usage = %s", got)
	}
	if r := get(t, s, "/act_111/adimages"); r.status != 403 || r.code() != "4" {
		t.Errorf("got %d %s, want 403 and code 4", r.status, r.text)
	}
}

func TestHeaderVariants(t *testing.T) {
	tests := []struct {
		name    string
		headers sandbox.Headers
		good    string // in the header of call 1
		failed  string // of call 4, beyond a budget of 2
	}{
		{"usual", sandbox.Headers{}, `"call_count":50`, `"call_count":100,`},
		{"none", sandbox.Headers{None: true}, "", ""},
		{"only errors", sandbox.Headers{OnlyErrors: true}, "", `"call_count":100,`},
		{"strings", sandbox.Headers{Strings: true}, `"call_count":"50"`, `"call_count":"100"`},
		{"above 100", sandbox.Headers{Above100: true}, `"call_count":50`, `"call_count":200`},
		{"lag", sandbox.Headers{Lag: time.Hour}, `"call_count":50`, `"call_count":50`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := seeded(sandbox.Options{Headers: tt.headers, Limits: sandbox.Limits{HourlyCalls: 2}}, 1)
			var got []string
			for range 4 {
				got = append(got, copyImage(t, s, hash(1)).header.Get("X-Business-Use-Case-Usage"))
			}
			for i, want := range map[int]string{0: tt.good, 3: tt.failed} {
				if want == "" && got[i] != "" || !strings.Contains(got[i], want) {
					t.Errorf("call %d: header %q, want %q", i+1, got[i], want)
				}
			}
		})
	}
}

func TestScoreHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(sandbox.Options{Tier: sandbox.Limited, Limits: sandbox.Limits{Score: sandbox.Linear}}, 1)
		r := copyImage(t, s, hash(1))
		want := `{"acc_id_util_pct":5,"reset_time_duration":15,"ads_api_access_tier":"development_access"}`
		if got := r.header.Get("X-Ad-Account-Usage"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// The score may be told without its reset, in the other header, or late.
func TestScoreHeaderVariants(t *testing.T) {
	for _, tt := range []struct {
		name    string
		headers sandbox.Headers
		score   string // after two copies, the second ten seconds later
		calls   string // a part of the other header
	}{
		{"usual", sandbox.Headers{}, `{"acc_id_util_pct":6.67,"reset_time_duration":20,"ads_api_access_tier":"development_access"}`, `"total_time":0`},
		{"no reset", sandbox.Headers{NoReset: true}, `{"acc_id_util_pct":6.67,"ads_api_access_tier":"development_access"}`, `"total_time":0`},
		{"in the header of calls", sandbox.Headers{ScoreInCalls: true}, "", `"total_time":6`},
		{"5 s late", sandbox.Headers{Delay: 5 * time.Second}, `{"acc_id_util_pct":3.33,"reset_time_duration":10,"ads_api_access_tier":"development_access"}`, `"total_time":0`},
		{"15 s late", sandbox.Headers{Delay: 15 * time.Second}, `{"acc_id_util_pct":5,"reset_time_duration":15,"ads_api_access_tier":"development_access"}`, `"total_time":0`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := seeded(sandbox.Options{Tier: sandbox.Limited, Limits: sandbox.Limits{Score: sandbox.Linear}, Headers: tt.headers}, 2)
				copyImage(t, s, hash(1))
				time.Sleep(10 * time.Second)
				r := copyImage(t, s, hash(2))
				if got := r.header.Get("X-Ad-Account-Usage"); got != tt.score {
					t.Errorf("got %s, want %s", got, tt.score)
				}
				if got := r.header.Get("X-Business-Use-Case-Usage"); !strings.Contains(got, tt.calls) {
					t.Errorf("got %s, want %s in it", got, tt.calls)
				}
				if a := s.Stats().Accounts[target]; a.PeakScore < 6.6 || a.PeakScore > 6.7 || a.PeakCalls < 0.6 || a.PeakCalls > 0.7 {
					t.Errorf("got peaks of %v %% of the score and %v %% of the calls", a.PeakScore, a.PeakCalls)
				}
			})
		})
	}
}

// The hour of the calls may be another time.
func TestCallSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(sandbox.Options{Limits: sandbox.Limits{HourlyCalls: 1, CallSpan: time.Minute}}, 1)
		for _, wait := range []time.Duration{0, time.Second, time.Minute} {
			time.Sleep(wait)
			if r := get(t, s, "/act_111/adimages"); (r.status == 200) == (wait == time.Second) {
				t.Errorf("after %v more: got %d %s", wait, r.status, r.text)
			}
		}
	})
}

func TestThrottledReadMayBeEmpty(t *testing.T) {
	s := seeded(sandbox.Options{Limits: sandbox.Limits{HourlyCalls: 1}, Variants: sandbox.Variants{EmptyWhenThrottled: true}}, 1)
	get(t, s, "/act_111/adimages")
	r := get(t, s, "/act_111/adimages")
	if r.status != 200 || r.text != `{"data":[]}` || r.header.Get("X-Business-Use-Case-Usage") != "" {
		t.Errorf("got %d %s, want an empty list without usage", r.status, r.text)
	}
}

// An account may have a tier and limits of its own.
func TestAccountLimits(t *testing.T) {
	s := seeded(sandbox.Options{}, 1)
	s.AddAccount(target, sandbox.AccountOptions{Tier: sandbox.Limited, Limits: &sandbox.Limits{HourlyCalls: 4}})
	r := copyImage(t, s, hash(1))
	if u := usage(t, r, target); u.Tier != "development_access" || u.Calls != 25 {
		t.Errorf("got %+v, want development_access at 25 %%", u)
	}
}

type bucEntry struct {
	Calls  int    `json:"call_count"`
	Regain int    `json:"estimated_time_to_regain_access"`
	Tier   string `json:"ads_api_access_tier"`
}

func usage(t *testing.T, r reply, account string) bucEntry {
	t.Helper()
	var header map[string][]bucEntry
	if err := json.Unmarshal([]byte(r.header.Get("X-Business-Use-Case-Usage")), &header); err != nil {
		t.Fatalf("usage header %q: %v", r.header.Get("X-Business-Use-Case-Usage"), err)
	}
	entries := header[account]
	if len(entries) != 1 {
		t.Fatalf("usage header %v tells nothing of account %s", header, account)
	}
	return entries[0]
}

// A named wait is told whatever the level, and until it is over.
func TestNamedRegain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(script("regain", sandbox.Match{Nth: 1}), 3)
		s.AddAccount(target, sandbox.AccountOptions{})
		for i, want := range []int{1, 0} {
			r := copyImage(t, s, hash(i+1))
			if r.status != 200 {
				t.Fatalf("got %s", r.text)
			}
			if got := usage(t, r, target); got.Regain != want || got.Calls > 1 {
				t.Errorf("got a wait of %v min at %v %%, want %v min at 0 %%", got.Regain, got.Calls, want)
			}
			time.Sleep(time.Minute)
		}
	})
}

package sandbox_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph/sandbox"
)

// Every throttle, error and broken answer, before and after its effect.
func TestFaultAnswers(t *testing.T) {
	tests := []struct {
		fault  string
		status int
		want   string // in the body
		effect bool
	}{
		{"4", 403, `"code":4,"is_transient":true`, false},
		{"17/2446079", 400, `"code":17,"error_subcode":2446079,"is_transient":true,"error_user_title":"Ad Account Has Too Many API Calls"`, false},
		{"32", 400, `"code":32`, false},
		{"341", 400, `"code":341`, false},
		{"613/1487742", 400, `"error_subcode":1487742`, false},
		{"613/5044001", 400, `"error_subcode":5044001`, false},
		{"613/1996", 400, `"error_subcode":1996`, false},
		{"613", 400, `"code":613,"fbtrace_id"`, false},
		{"80004/2446079", 400, `(#80004) There have been too many calls to this ad-account.`, false},
		{"200/4841013", 400, `"message":"Permissions error"`, false},
		{"368", 400, `"code":368`, false},
		{"190/463", 400, `Session has expired`, false},
		{"1", 500, `"code":1`, false},
		{"1_after", 500, `"code":1`, true},
		{"2", 500, `"code":2`, false},
		{"77/88", 400, `"code":77,"error_subcode":88`, false},
		{"error_200", 200, `{"error":{`, false},
		{"error_empty", 500, `{"error":{}}`, false},
		{"html_502", 502, `<html>`, false},
		{"html_504", 504, `Server timeout`, false},
		{"html_504_after", 504, `Server timeout`, true},
		{"empty_503", 503, ``, false},
		{"truncated", 200, `{"images":{"`, true},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			s := seeded(script(tt.fault, sandbox.Match{}), 1)
			r := copyImage(t, s, hash(1))
			if r.status != tt.status || !strings.Contains(r.text, tt.want) {
				t.Errorf("got %d %s\nwant %d with %s", r.status, r.text, tt.status, tt.want)
			}
			if tt.fault == "truncated" && strings.HasSuffix(r.text, "}") {
				t.Errorf("got a whole body: %s", r.text)
			}
			if got := len(s.Log()) == 1; got != tt.effect {
				t.Errorf("took effect: %v, want %v", got, tt.effect)
			}
		})
	}
}

func TestFaultRegain(t *testing.T) {
	for _, code := range []string{"80004/2446079", "17/2446079", "613"} {
		o := script(code, sandbox.Match{})
		o.Script[0].Fault.Regain = 7 * time.Minute
		r := copyImage(t, seeded(o, 1), hash(1))
		if got := r.header.Get("X-Business-Use-Case-Usage"); !strings.Contains(got, `"call_count":100`) || !strings.Contains(got, `"estimated_time_to_regain_access":7`) {
			t.Errorf("%s: usage %s, want 100 %% and 7 minutes", code, got)
		}
	}
}

// A fault may keep the account blocked for a while; the others go on.
func TestFaultHold(t *testing.T) {
	tests := []struct {
		fault        string
		other, after string
	}{
		{"17/2446079", "", ""},
		{"613/1487742", "", ""},
		{"4", "4", ""},
		{"32", "32", ""},
		{"613", "613", ""},
		{"613/1996", "613/1996", ""},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o := script(tt.fault, sandbox.Match{Nth: 1})
				o.Script[0].Fault.Hold = time.Minute
				s := seeded(o, 2)
				copyImage(t, s, hash(1))
				time.Sleep(59 * time.Second)
				if r := copyImage(t, s, hash(1)); r.code() != tt.fault {
					t.Errorf("after 59 s: got %s, want %s", r.text, tt.fault)
				}
				if r := get(t, s, "/act_111/adimages"); r.code() != tt.other {
					t.Errorf("another account: got %s, want code %q", r.text, tt.other)
				}
				time.Sleep(time.Second)
				if r := copyImage(t, s, hash(1)); r.code() != "" {
					t.Errorf("after 60 s: got %s, want a copy", r.text)
				}
				if st := s.Stats(); st.Accounts[target].Throttled != 2 || st.Accounts[target].WhileBlocked != 1 {
					t.Errorf("stats %+v, want 2 throttled, 1 of them while blocked", st.Accounts[target])
				}
			})
		})
	}
}

func TestFaultConnection(t *testing.T) {
	for name, effect := range map[string]bool{"cut": false, "cut_after": true, "timeout": false, "timeout_after": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := seeded(script(name, sandbox.Match{}), 1)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				req := request(t, "POST", "http://graph.test/act_222/adimages").WithContext(ctx)
				req.URL.RawQuery = copyFrom(source, hash(1)).Encode()
				began := time.Now()
				r := do(t, s, req)
				want, took := io.ErrUnexpectedEOF, time.Duration(0)
				if strings.HasPrefix(name, "timeout") {
					want, took = context.DeadlineExceeded, 30*time.Second
				}
				if !errors.Is(r.err, want) || time.Since(began) != took {
					t.Errorf("got %v after %v, want %v after %v", r.err, time.Since(began), want, took)
				}
				if got := len(s.Log()) == 1; got != effect {
					t.Errorf("took effect: %v, want %v", got, effect)
				}
			})
		})
	}
}

func TestFaultLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := seeded(script("late", sandbox.Match{Nth: 1}), 2)
		if r := copyImage(t, s, hash(1)); !errors.Is(r.err, io.ErrUnexpectedEOF) {
			t.Errorf("got %v, want a cut connection", r.err)
		}
		copyImage(t, s, hash(2))
		time.Sleep(4 * time.Second)
		if got := statuses(s.Images(target)); got != "2=ACTIVE" {
			t.Errorf("after 4 s: %q, want the second copy only", got)
		}
		time.Sleep(time.Second)
		if got := statuses(s.Images(target)); got != "1=ACTIVE 2=ACTIVE" {
			t.Errorf("after 5 s: %q, want both", got)
		}
	})
}

func TestFaultsInBatch(t *testing.T) {
	tests := []struct {
		fault  string
		entry  string // "null", "{}", or "code body"
		effect bool
	}{
		{"null", "null", false},
		{"null_after", "null", true},
		{"timeout_after", "null", true},
		{"late", "null", false},
		{"960", `500 {"error":{"message":"Request aborted.`, false},
		{"960_after", `500 {"error":{"message":"Request aborted.`, true},
		{"empty_entry_after", "0 ", true},
		{"html_502", `502 <!DOCTYPE`, false},
		{"17/2446079", `400 {"error":{"message":"(#17)`, false},
	}
	for _, tt := range tests {
		t.Run(tt.fault, func(t *testing.T) {
			s := seeded(script(tt.fault, sandbox.Match{Hash: hash(2)}), 3)
			results := runBatch(t, s, nil, copyEntry(hash(1)), copyEntry(hash(2)), copyEntry(hash(3)))
			got := "null"
			if results[1] != nil {
				got = fmt.Sprint(results[1].Code, " ", results[1].Body)
			}
			if !strings.HasPrefix(got, tt.entry) {
				t.Errorf("got %s, want %s", got, tt.entry)
			}
			want := "1=ACTIVE 3=ACTIVE"
			if tt.effect {
				want = "1=ACTIVE 2=ACTIVE 3=ACTIVE"
			}
			if left := statuses(s.Images(target)); left != want {
				t.Errorf("target holds %q, want %q", left, want)
			}
		})
	}
}

func TestFaultsOfWholeBatch(t *testing.T) {
	for fault, effects := range map[string]int{"envelope": 0, "envelope_after": 3, "html_502_after": 3, "190/463": 0, "truncated": 3} {
		t.Run(fault, func(t *testing.T) {
			s := seeded(script(fault, sandbox.Match{Kind: sandbox.Batch}), 3)
			text := fmt.Sprintf(`[%s]`, strings.Join([]string{entryText(1), entryText(2), entryText(3)}, ","))
			r := post(t, s, "/", url.Values{"batch": {text}})
			if strings.HasPrefix(r.text, "[") && strings.HasSuffix(r.text, "]") {
				t.Errorf("the answer came through: %s", r.text)
			}
			if got := len(s.Log()); got != effects {
				t.Errorf("%d effects, want %d", got, effects)
			}
		})
	}
	t.Run("one entry cuts it", func(t *testing.T) {
		s := seeded(script("cut", sandbox.Match{Hash: hash(2)}), 3)
		text := fmt.Sprintf(`[%s]`, strings.Join([]string{entryText(1), entryText(2), entryText(3)}, ","))
		if r := post(t, s, "/", url.Values{"batch": {text}}); r.err == nil {
			t.Errorf("got %s, want a cut connection", r.text)
		}
		if got, want := statuses(s.Images(target)), "1=ACTIVE 3=ACTIVE"; got != want {
			t.Errorf("target holds %q, want %q", got, want)
		}
	})
}

func TestFaultsFromInside(t *testing.T) {
	s := seeded(script("lie", sandbox.Match{}), 1)
	if r := remove(t, s, hash(1)); r.text != `{"success":true}` || statuses(s.Images(source)) != "1=ACTIVE" || len(s.Log()) != 0 {
		t.Errorf("lie: got %s, left %q", r.text, statuses(s.Images(source)))
	}
	s = seeded(script("in_use", sandbox.Match{}), 1)
	if r := remove(t, s, hash(1)); r.code() != "100" || statuses(s.Images(source)) != "1=ACTIVE" {
		t.Errorf("in_use: got %s, left %q", r.text, statuses(s.Images(source)))
	}
	s = seeded(script("rehash", sandbox.Match{Nth: 1}), 2)
	copyImage(t, s, hash(1))
	copyImage(t, s, hash(2))
	if log := s.Log(); log[0].Result == log[0].Hash || log[1].Result != log[1].Hash {
		t.Errorf("rehash: log %+v, want a new hash for the first copy only", log)
	}
	s = seeded(script("empty_list", sandbox.Match{}), 1)
	if r := get(t, s, "/act_111/adimages"); r.text != `{"data":[]}` || r.header.Get("X-Business-Use-Case-Usage") != "" {
		t.Errorf("empty_list: got %s with usage %q", r.text, r.header.Get("X-Business-Use-Case-Usage"))
	}
	o := script("reduce", sandbox.Match{})
	o.Script[0].Fault.Above = 10
	s = seeded(o, 1)
	if r := get(t, s, "/act_111/adimages?limit=10"); r.code() != "" {
		t.Errorf("reduce above 10 with limit 10: got %s", r.text)
	}
	if r := get(t, s, "/act_111/adimages?limit=11"); r.status != 500 || !strings.HasPrefix(r.message(), "Please reduce the amount") {
		t.Errorf("reduce above 10 with limit 11: got %s", r.text)
	}
}

// The same calls meet the same faults, whatever their order.
func TestRatesAreDrawnFromTheCall(t *testing.T) {
	const n = 2000
	struck := func(seed uint64, backwards bool) map[string]bool {
		s := seeded(sandbox.Options{Seed: seed, Rates: map[string]float64{"1": 0.1, "cut_after": 0.05}}, n)
		hit := map[string]bool{}
		for i := range n {
			h := hash(i + 1)
			if backwards {
				h = hash(n - i)
			}
			if r := copyImage(t, s, h); r.status != 200 {
				hit[h] = true
			}
		}
		return hit
	}
	a, b, c := struck(1, false), struck(1, true), struck(2, false)
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Error("the order of the calls changed which were struck")
	}
	if fmt.Sprint(a) == fmt.Sprint(c) {
		t.Error("another seed struck the same calls")
	}
	if share := float64(len(a)) / n; math.Abs(share-0.145) > 0.03 {
		t.Errorf("struck %.3f of the calls, want about 0.145", share)
	}
}

// A call that was struck is drawn afresh when it comes again.
func TestRatesDrawAgain(t *testing.T) {
	s := seeded(sandbox.Options{Rates: map[string]float64{"throttle": 0.5}}, 1)
	codes := map[string]int{}
	for range 200 {
		codes[copyImage(t, s, hash(1)).code()]++
	}
	if codes[""] < 60 || codes[""] > 140 || len(codes) != 4 {
		t.Errorf("got %v, want about half without fault and three throttles", codes)
	}
}

// What loses a whole answer is drawn once for a batch, not for each entry.
func TestRatesInBatch(t *testing.T) {
	s := seeded(sandbox.Options{Rates: map[string]float64{"cut_after": 0.5, "null": 0.5}}, 50)
	var entries []string
	for i := range 50 {
		entries = append(entries, entryText(i+1))
	}
	cuts, nulls := 0, 0
	for range 40 {
		r := post(t, s, "/", url.Values{"batch": {"[" + strings.Join(entries, ",") + "]"}})
		if r.err != nil {
			cuts++
		}
		nulls += strings.Count(r.text, "null")
	}
	if cuts < 8 || cuts > 32 || nulls < 200 {
		t.Errorf("%d of 40 batches cut and %d entries null; want about 20 and 500", cuts, nulls)
	}
}

func TestClearFaults(t *testing.T) {
	s := seeded(sandbox.Options{Rates: map[string]float64{"1": 1}}, 1)
	if err := s.Inject(sandbox.Rule{Fault: sandbox.Fault{Name: "2"}}); err != nil {
		t.Fatal(err)
	}
	if r := copyImage(t, s, hash(1)); r.code() != "2" {
		t.Errorf("got %s, want the script before the rates", r.text)
	}
	s.ClearFaults()
	if r := copyImage(t, s, hash(1)); r.status != 200 {
		t.Errorf("got %s, want a copy", r.text)
	}
	if err := s.Inject(sandbox.Rule{Fault: sandbox.Fault{Name: "nonsense"}}); err == nil {
		t.Error("Inject took an unknown fault")
	}
}

func script(fault string, m sandbox.Match) sandbox.Options {
	return sandbox.Options{Script: []sandbox.Rule{{Match: m, Fault: sandbox.Fault{Name: fault}}}}
}

func entryText(n int) string {
	return fmt.Sprintf(`{"method":"POST","relative_url":"act_222/adimages","body":%q}`, copyFrom(source, hash(n)).Encode())
}

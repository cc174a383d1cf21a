package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
)

// A write whose answer is lost, in whatever way, is unknown until the next process
// has read what became of it: then it is done, or sent once more.
func TestUnknownUntilRead(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{
		"cut", "cut_after", "timeout", "timeout_after", "html_502", "html_502_after", "html_504", "empty_503", "empty_503_after",
		"truncated", "error_200", "error_200_after", "error_empty", "1", "1_after", "2", "2_after",
		"null", "null_after", "960", "960_after", "empty_entry", "empty_entry_after", "envelope", "envelope_after", "late",
	} {
		for _, kind := range []sandbox.Kind{sandbox.Copy, sandbox.Delete} {
			t.Run(fmt.Sprint(fault, " ", kind), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { loseOne(t, fault, kind) })
			})
		}
	}
}

// loseOne loses the first answer to a write of image a, alone or in a batch, stops,
// and goes on.
func loseOne(t *testing.T, fault string, kind sandbox.Kind) {
	match := sandbox.Match{Kind: kind, Hash: string(jobtest.Hash("a")), Nth: 1}
	if strings.HasPrefix(fault, "envelope") {
		match = sandbox.Match{Kind: sandbox.Batch, Nth: 1}
	}
	w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: match, Fault: sandbox.Fault{Name: fault}}}})
	w.Has("11", "a", "b")
	w.Has("22")
	row := map[sandbox.Kind]string{sandbox.Copy: "copy 11 %s 22", sandbox.Delete: "delete 11 %s -"}[kind]
	w.Manifest(fmt.Sprintf(row, "a"), fmt.Sprintf(row, "b"))
	err := w.RunCtx(context.Background(), engine.Options{BatchSize: 50}, func(e *engine.Engine) {
		w.Wire.After = func(calls []graph.Call) {
			if calls[0].Action.Write() {
				e.Stop(jobs.ErrInterrupted)
			}
		}
	})
	if !errors.Is(err, jobs.ErrInterrupted) {
		t.Fatalf("got %v, want ErrInterrupted", err)
	}
	if r := w.Results()[0]; r.Status != jobs.StatusUnknown {
		t.Fatalf("got %s %s, want a row whose answer was lost to be unknown", r.Status, r.Reason)
	}
	time.Sleep(time.Minute) // a late effect comes
	took := strings.HasSuffix(fault, "_after") || fault == "late" || fault == "truncated"
	writes, read := 0, false
	w.Wire.After = nil
	w.Wire.Before = func(calls []graph.Call) {
		for _, c := range calls {
			read = read || c.Action == graph.ActionRead
			if c.Action.Write() && c.Hash == string(jobtest.Hash("a")) {
				writes++
				if !read {
					t.Error("it was sent again before anything was read")
				}
			}
		}
	}
	w.Finish(engine.Options{Workers: 1})
	w.Expect("done", "done")
	w.Once()
	if want := map[bool]int{true: 0, false: 1}[took]; writes != want {
		t.Errorf("the write was sent %d times after that, want %d", writes, want)
	}
	if r, want := w.Results()[0], 1+writes; r.Attempts != want {
		t.Errorf("got %d attempts, want %d", r.Attempts, want)
	}
}

// Between the tries of a write there are pauses that grow from RetryBase up to
// RetryMax and are not the same for all.
func TestBackoff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Copy}, Fault: sandbox.Fault{Name: "2"}}}})
		w.Has("11")
		w.Has("22")
		var rows []string
		for i := range 20 {
			w.Has("11", fmt.Sprint(i))
			rows = append(rows, fmt.Sprintf("copy 11 %d 22", i))
		}
		w.Manifest(rows...)
		sent := map[string][]time.Time{}
		w.Wire.Before = func(calls []graph.Call) {
			for _, c := range calls {
				if c.Action == graph.ActionCopy {
					sent[c.Hash] = append(sent[c.Hash], time.Now())
				}
			}
		}
		w.Finish(engine.Options{Workers: 1, Attempts: 6, RetryBase: time.Minute, RetryMax: 5 * time.Minute})
		first := map[time.Duration]bool{}
		for h, times := range sent {
			if len(times) != 6 {
				t.Fatalf("%s was sent %d times, want 6", h, len(times))
			}
			first[times[1].Sub(times[0]).Round(time.Second)] = true
			for i, want := range []time.Duration{1, 2, 4, 5, 5} {
				want *= time.Minute
				if pause := times[i+1].Sub(times[i]); pause < want/2 || pause > want*3/2+10*time.Second {
					t.Errorf("%s: got a pause of %v before try %d, want about %v", h, pause, i+2, want)
				}
			}
		}
		if len(first) < 10 {
			t.Errorf("the first pauses of 20 writes have %d lengths: they have no jitter", len(first))
		}
	})
}

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, fault := range []string{
		"cut", "cut_after", "timeout", "timeout_after", "html_502", "html_502_after", "html_504_after", "empty_503_after",
		"truncated", "truncated_after", "error_empty_after", "error_200", "1", "1_after", "2", "null", "null_after", "960", "960_after",
		"empty_entry_after", "envelope_after", "late",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := jobtest.NewWorld(t, sandbox.Options{Rates: map[string]float64{fault: 0.15}, Seed: 7})
				rows := jobtest.Fill(w, 120)
				w.Manifest(rows...)
				w.Finish(engine.Options{Attempts: 20})
				s := w.Summary()
				if s.Totals.Done != len(rows) {
					t.Errorf("got %+v, want all %d rows done", s.Totals, len(rows))
				}
				if fault != "late" { // an effect that comes after reading cannot be told from none
					w.Once()
				}
				w.CopiesBeforeDeletes(w.Results())
			})
		})
	}
}

func TestAttemptBudget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{Script: []sandbox.Rule{{Match: sandbox.Match{Kind: sandbox.Copy, Hash: string(jobtest.Hash("a"))}, Fault: sandbox.Fault{Name: "2"}}}})
		w.Has("11", "a", "b")
		w.Has("22")
		w.Manifest("copy 11 a 22", "copy 11 b 22")
		w.Finish(engine.Options{Attempts: 3})
		w.Expect("failed gave_up", "done")
		if r := w.Results()[0]; r.Attempts != 3 || r.Code != 2 || r.Message == "" {
			t.Errorf("got %d attempts, code %d, message %q; want 3, 2 and the API's words", r.Attempts, r.Code, r.Message)
		}
	})
}

// A process that goes on at once after another was killed does not repeat a write that the
// server has received and not yet carried out: a transport holds it, as a slow server would.
func TestKilledWhileWriteLands(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := jobtest.NewWorld(t, sandbox.Options{})
		direct := w.Wire.API
		w.Wire.API = jobtest.ClientOver(t, lands{w.Server, 600 * time.Millisecond})
		w.Has("11", "a")
		w.Has("22")
		w.Manifest("copy 11 a 22")
		ctx, kill := context.WithCancel(context.Background())
		time.AfterFunc(100*time.Millisecond, kill)
		_ = w.RunCtx(ctx, engine.Options{}, nil)
		if s := w.Operations()[0].Outcome.State; s != jobs.Sent || w.Server.Stats().Calls[sandbox.Copy] != 0 {
			t.Fatalf("got state %s: the test is void", s)
		}
		w.Wire.API = direct
		w.Finish(engine.Options{})
		time.Sleep(time.Second)
		w.Expect("done")
		w.Once()
		if n := w.Server.Stats().Calls[sandbox.Copy]; n != 1 {
			t.Errorf("got %d copies, want 1", n)
		}
	})
}

// lands is a server that carries out a write some time after it received it, also if
// whoever sent it has gone.
type lands struct {
	http.Handler
	after time.Duration
}

func (l lands) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	received := r.Clone(context.WithoutCancel(r.Context()))
	received.Body = io.NopCloser(bytes.NewReader(body))
	answer := make(chan *http.Response, 1)
	go func() {
		if bytes.Contains(body, []byte("copy_from")) {
			time.Sleep(l.after)
		}
		rec := httptest.NewRecorder()
		l.ServeHTTP(rec, received)
		answer <- rec.Result()
	}()
	select {
	case a := <-answer:
		return a, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

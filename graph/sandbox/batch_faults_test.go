package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"adferry/graph/sandbox"
)

// named tells which image each entry of a batch's answer to copies names, and
// under which name: "2:2" where both are those of the second; "-" without one.
func named(t *testing.T, text string) []string {
	t.Helper()
	var entries []struct{ Body string }
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var names []string
	for _, e := range entries {
		var answer struct {
			Images map[string]struct{ Hash string }
		}
		name := "-"
		if json.Unmarshal([]byte(e.Body), &answer) == nil {
			for key, image := range answer.Images {
				name = strings.TrimLeft(key, "0") + ":" + strings.TrimLeft(image.Hash, "0")
			}
		}
		names = append(names, name)
	}
	return names
}

func batchOf(t *testing.T, s *sandbox.Server, ns ...int) []string {
	t.Helper()
	var entries []string
	for _, n := range ns {
		entries = append(entries, entryText(n))
	}
	return named(t, post(t, s, "/", url.Values{"batch": {"[" + strings.Join(entries, ",") + "]"}}).text)
}

// A batch whose answer has another number of entries, or another order.
func TestFaultsOfBatchShape(t *testing.T) {
	for _, tt := range []struct {
		fault   string
		entries int
	}{{"short_batch", 3}, {"long_batch", 5}, {"shuffled_batch", 4}} {
		t.Run(tt.fault, func(t *testing.T) {
			met := map[string]bool{}
			for seed := range uint64(20) {
				o := script(tt.fault, sandbox.Match{Kind: sandbox.Batch})
				o.Seed = seed
				s := seeded(o, 4)
				got := batchOf(t, s, 1, 2, 3, 4)
				met[fmt.Sprint(got)] = true
				if len(got) != tt.entries {
					t.Fatalf("got %v, want %d entries", got, tt.entries)
				}
				for i, name := range got {
					if n := i + 1; tt.fault == "shuffled_batch" && name == fmt.Sprintf("%d:%d", n, n) {
						t.Errorf("got %v, and entry %d is in its place", got, n)
					}
				}
				if left := statuses(s.Images(target)); left != "1=ACTIVE 2=ACTIVE 3=ACTIVE 4=ACTIVE" {
					t.Errorf("target holds %q, want all four", left)
				}
			}
			if len(met) < 3 {
				t.Errorf("20 seeds gave %d different answers", len(met))
			}
		})
	}
}

// Answers to copies that speak of another image of the batch.
func TestFaultsOfNames(t *testing.T) {
	for fault, want := range map[string]string{"renamed": "3:3", "rekeyed": "3:2", "crossed": "2:3"} {
		s := seeded(script(fault, sandbox.Match{Kind: sandbox.Copy, Hash: hash(2)}), 4)
		if got := strings.Join(batchOf(t, s, 1, 2, 3), " "); got != "1:1 "+want+" 3:3" {
			t.Errorf("%s: got %s, want %s for the second", fault, got, want)
		}
		if got := strings.Join(batchOf(t, s, 2), " "); got != "2:2" {
			t.Errorf("%s alone in its batch: got %s, want its own", fault, got)
		}
	}
}

func TestFaultBadHash(t *testing.T) {
	o := script("bad_hash", sandbox.Match{})
	o.Script[0].Fault.Text = "=1+1"
	s := seeded(o, 1)
	if r := copyImage(t, s, hash(1)); !strings.Contains(r.text, `"hash":"=1+1"`) || statuses(s.Images(target)) != "1=ACTIVE" {
		t.Errorf("got %s and %q in the target, want a formula and the copy", r.text, statuses(s.Images(target)))
	}
	s = seeded(sandbox.Options{Rates: map[string]float64{"bad_hash": 1}}, 40)
	for i := range 40 {
		if r := copyImage(t, s, hash(i+1)); strings.Contains(r.text, `"hash":"`+hash(i+1)) {
			t.Errorf("got %s, want no hash", r.text)
		}
	}
}

package sandbox

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseFaults reads rates as a command line has them: "throttle=0.02,cut_after=1%".
func ParseFaults(text string) (map[string]float64, error) {
	rates := map[string]float64{}
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		name, value, ok := strings.Cut(item, "=")
		name = strings.TrimSpace(name)
		if !ok {
			return nil, fmt.Errorf("fault %q has no rate; write %s=0.01", item, item)
		}
		if _, err := parseRate(name); err != nil {
			return nil, err
		}
		number, percent := strings.CutSuffix(strings.TrimSpace(value), "%")
		p, err := strconv.ParseFloat(number, 64)
		if percent {
			p /= 100
		}
		if err != nil || !(p >= 0 && p <= 1) {
			return nil, fmt.Errorf("fault %s: the rate must be from 0 to 1, not %s", name, value)
		}
		if _, twice := rates[name]; twice {
			return nil, fmt.Errorf("fault %s is given twice; keep one rate", name)
		}
		rates[name] = p
	}
	return rates, nil
}

// parseRate reads the name of a fault that may strike at random.
func parseRate(name string) (trouble, error) {
	t, err := parseName(name)
	if err == nil && t.form.hand() {
		err = fmt.Errorf("fault %s has no rate; a script says when", name)
	}
	return t, err
}

// rate is a fault with its probability.
type rate struct {
	trouble
	p float64
}

func newRates(named map[string]float64) []rate {
	var rates []rate
	for name, p := range named {
		if t, err := parseRate(name); err == nil && p > 0 {
			rates = append(rates, rate{t, p})
		}
	}
	slices.SortFunc(rates, func(a, b rate) int { return cmp.Compare(a.Name, b.Name) })
	return rates
}

// Inject adds rules to the end of the script. It refuses what ParseScript does.
func (s *Server) Inject(rules ...Rule) error {
	for i, rule := range rules {
		if err := rule.validate(); err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.arm(rules)
	return nil
}

// ClearFaults ends the script, the rates and the blocks that faults imposed;
// effects that are still to come do come.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script, s.rates, s.appHeld = nil, nil, hold{}
	for _, a := range s.accounts {
		a.meter.held = hold{}
	}
}

func (s *Server) arm(rules []Rule) {
	for _, rule := range rules {
		t, _ := parseName(rule.Fault.Name) // validated before
		t.Fault = rule.Fault
		if t.form == formStale {
			s.remember()
		}
		s.script = append(s.script, armed{Rule: rule, trouble: t})
	}
}

// trouble decides which fault strikes a call, if any; s.mu is held.
func (s *Server) trouble(c *call, sc scene) *trouble {
	if len(s.script) == 0 && len(s.rates) == 0 {
		return nil
	}
	var struck *trouble
	age := time.Since(s.start)
	for i := range s.script {
		switch a := &s.script[i]; {
		case !a.strikes(c, sc, age):
		case a.trouble.form.hand():
			s.meddle(a.trouble, c.account)
		case struck == nil:
			t := a.trouble
			struck = &t
		}
	}
	key := s.key(c)
	if struck == nil {
		struck = s.draw(c, sc, key)
	}
	if struck != nil {
		struck.code, struck.pick = struck.codeOf(mix(key)), s.pick(c, struck.form)
		if struck.form == formReduce && struck.Above > 0 && !c.asksAbove(struck.Above) {
			return nil
		}
	}
	return struck
}

// key tells this call from every other, and from itself the last time it came.
func (s *Server) key(c *call) uint64 {
	if len(s.rates) == 0 {
		return s.opts.Seed
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "%d/%s/%s/%s", s.opts.Seed, c.kind, c.account, c.subject)
	id := h.Sum64()
	s.drawn[id]++
	return id + uint64(s.drawn[id])<<32
}

// pick moves what a fault draws. Faults that draw nothing leave no trace here, so
// that they and the rates strike as they did before there were any that draw.
func (s *Server) pick(c *call, f form) uint64 {
	if f < formShortBatch {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "pick/%d/%s/%s/%s", s.opts.Seed, c.kind, c.account, c.subject)
	id := h.Sum64()
	s.drawn[id]++
	return mix(id + uint64(s.drawn[id])<<32)
}

func (s *Server) draw(c *call, sc scene, key uint64) *trouble {
	for _, r := range s.rates {
		if !r.form.fits(sc, c.kind) || !r.form.suits(c) ||
			sc == sceneEntry && r.form.perRequest() || sc == sceneBatch && !r.form.perRequest() {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte(r.Name))
		if float64(mix(key^h.Sum64())>>11)/(1<<53) < r.p {
			t := r.trouble
			return &t
		}
	}
	return nil
}

// mix spreads similar keys over all 64 bits (the finalizer of SplitMix64).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

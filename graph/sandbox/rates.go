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

// ParseFaults parses rates in the form of the command line: "throttle=0.02,cut_after=1%".
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

// parseRate parses the name of a fault that may have a rate.
func parseRate(name string) (activeFault, error) {
	t, err := parseFault(name)
	if err == nil && t.kind.external() {
		err = fmt.Errorf("fault %s cannot have a rate: use it in a script", name)
	}
	return t, err
}

// rate is a fault with its probability.
type rate struct {
	activeFault
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

// Inject adds rules to the end of the script. It refuses the same rules as ParseScript.
func (s *Server) Inject(rules ...Rule) error {
	for i, rule := range rules {
		if err := rule.validate(); err != nil {
			return fmt.Errorf("rule %d: %w", i+1, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addRules(rules)
	return nil
}

// ClearFaults removes the script, the rates and the blocks imposed by faults. Delayed
// effects still happen.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script, s.rates = nil, nil
	for _, a := range s.apps {
		a.hold = hold{}
	}
	for _, a := range s.accounts {
		a.meter.hold = hold{}
	}
}

func (s *Server) addRules(rules []Rule) {
	for _, rule := range rules {
		t, _ := parseFault(rule.Fault.Name) // validated before
		t.Fault = rule.Fault
		if t.kind == faultStale {
			s.keepHistory()
		}
		s.script = append(s.script, activeRule{Rule: rule, fault: t})
	}
}

// chooseFault returns the fault that strikes a call, or nil; s.mu is held.
func (s *Server) chooseFault(c *call, sc place) *activeFault {
	if len(s.script) == 0 && len(s.rates) == 0 {
		return nil
	}
	var struck *activeFault
	age := time.Since(s.start)
	for i := range s.script {
		switch a := &s.script[i]; {
		case !a.strikes(c, sc, age):
		case a.fault.kind.external():
			s.changeExternally(a.fault, c.account)
		case struck == nil:
			t := a.fault
			struck = &t
		}
	}
	key := s.key(c)
	if struck == nil {
		struck = s.drawFault(c, sc, key)
	}
	if struck != nil {
		struck.code, struck.draw = struck.codeOf(mix(key)), s.drawSeed(c, struck.kind)
		if struck.kind == faultReduce && struck.Above > 0 && !c.asksAbove(struck.Above) {
			return nil
		}
	}
	return struck
}

// key is different for each call, and each time that it is repeated.
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

// drawSeed is the seed of what a fault draws. It is 0, without changing the state, for
// faults that draw nothing: their seeds are older than this function.
func (s *Server) drawSeed(c *call, f faultKind) uint64 {
	if rowOf[f] < rowOf[faultShortBatch] {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprintf(h, "pick/%d/%s/%s/%s", s.opts.Seed, c.kind, c.account, c.subject)
	id := h.Sum64()
	s.drawn[id]++
	return mix(id + uint64(s.drawn[id])<<32)
}

func (s *Server) drawFault(c *call, sc place, key uint64) *activeFault {
	for _, r := range s.rates {
		if !r.kind.canStrike(sc, c.kind) || !r.kind.applies(c) ||
			sc == placeEntry && r.kind.perRequest() || sc == placeBatch && !r.kind.perRequest() {
			continue
		}
		h := fnv.New64a()
		h.Write([]byte(r.Name))
		if float64(mix(key^h.Sum64())>>11)/(1<<53) < r.p {
			t := r.activeFault
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

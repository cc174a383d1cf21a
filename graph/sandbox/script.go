package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// A Rule makes a fault strike the calls that match.
type Rule struct {
	Match Match
	Fault Fault
}

// Match selects calls. A zero field matches every call.
type Match struct {
	Method  string
	Account string
	Hash    string
	// Kind of the call. A rule without one does not match a whole batch.
	Kind Kind
	// Nth is the first match that is struck, counted from 1; 0 means 1.
	Nth int
	// Count is how many matches are struck; 0 means one if Nth is given, else all.
	Count int
	// After is the time since the server was made before which nothing matches.
	After time.Duration
}

// ParseScript parses a JSON array of rules, which the package comment describes.
func ParseScript(r io.Reader) ([]Rule, error) {
	var wire []wireRule
	if err := decodeFile(r, &wire); err != nil {
		return nil, fmt.Errorf("read script: %w", err)
	}
	rules := make([]Rule, len(wire))
	for i, w := range wire {
		rules[i] = w.rule()
		if err := cmp.Or(rules[i].validate(), checkOptions(rules[i].Fault)); err != nil {
			return nil, fmt.Errorf("read script: rule %d: %w", i+1, err)
		}
	}
	return rules, nil
}

// decodeFile reads a file that people write: it has nothing but the document, and only known keys.
func decodeFile(r io.Reader, document any) error {
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	if err := dec.Decode(document); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("there is text after its end")
	}
	return nil
}

func (r Rule) validate() error {
	if !r.Match.Kind.known() {
		return fmt.Errorf("kind must be one of read, copy, upload, delete, node, batch, not %q", r.Match.Kind)
	}
	t, err := parseFault(r.Fault.Name)
	if err != nil {
		return err
	}
	switch m := r.Match; {
	case m.Nth < 0 || m.Count < 0 || m.After < 0:
		return errors.New("nth, count and after cannot be negative")
	case r.Fault.Status != 0 && (r.Fault.Status < 200 || r.Fault.Status > 599):
		return fmt.Errorf("HTTP status %d is not valid for an answer: use 200 to 599", r.Fault.Status)
	case m.Kind == Batch && !t.kind.canStrike(placeBatch, Batch):
		return fmt.Errorf("fault %s cannot strike a whole batch: match the kind of its entries", r.Fault.Name)
	case r.Fault.Age < 0 || r.Fault.Age > maxAge:
		return fmt.Errorf("age must be between 0 and %v, not %v", maxAge, r.Fault.Age)
	case t.kind == faultAppear && len(r.Fault.Hashes) == 0:
		return errors.New("fault appear needs the hashes of the images")
	case m.Kind != Batch && (t.kind == faultEnvelope || t.kind.rearranges()):
		return fmt.Errorf("fault %s strikes a whole batch: match kind batch", r.Fault.Name)
	case m.Kind != "" && m.Kind != Batch && !t.kind.canStrike(placeEntry, m.Kind):
		return fmt.Errorf("fault %s cannot strike a call of kind %s", r.Fault.Name, m.Kind)
	}
	return nil
}

// checkOptions refuses an option that would change nothing about the fault, whose name is valid.
func checkOptions(o Fault) error {
	t, _ := parseFault(o.Name)
	f := t.kind
	coded, others := f == faultCode || f == faultThrottle, f.heading() == otherPeople && f != faultCode
	for _, option := range []struct {
		name        string
		given, used bool
	}{
		{"regain", o.Regain != 0, coded || f == faultRegain},
		{"hold", o.Hold != 0, coded},
		{"status", o.Status != 0, coded},
		{"delay", o.Delay != 0, f == faultLate || others},
		{"above", o.Above != 0, f == faultReduce || f == faultCapped || f.endless()},
		{"age", o.Age != 0, f == faultStale},
		{"text", o.Text != "", f == faultBadHash},
		{"account", o.Account != "", others},
		{"hashes", len(o.Hashes) > 0, others},
	} {
		if option.given && !option.used {
			return fmt.Errorf("%s changes nothing about fault %s: leave it out", option.name, o.Name)
		}
	}
	return nil
}

// activeRule is a rule and the number of its matches so far.
type activeRule struct {
	Rule
	fault   activeFault
	matches int
}

// strikes counts a call if it matches, and reports whether it is struck.
func (a *activeRule) strikes(c *call, sc place, age time.Duration) bool {
	m := a.Match
	switch {
	case sc == placeBatch && m.Kind != Batch,
		m.Kind != "" && m.Kind != c.kind,
		m.Method != "" && !strings.EqualFold(m.Method, c.method),
		m.Account != "" && withoutAct(m.Account) != c.account,
		m.Hash != "" && !c.names(m.Hash),
		age < m.After,
		!a.fault.kind.canStrike(sc, c.kind),
		!a.fault.kind.applies(c):
		return false
	}
	a.matches++
	first, count := max(m.Nth, 1), m.Count
	switch {
	case a.matches < first:
		return false
	case count == 0 && m.Nth == 0:
		return true
	}
	return a.matches < first+max(count, 1)
}

// wireRule is a rule in JSON, in which durations are text and a fault may be only its
// name.
type wireRule struct {
	Match struct {
		Match
		After wireSpan
	}
	Fault wireFault
}

type wireFault struct {
	Fault
	Regain, Hold, Delay, Age wireSpan
}

type wireSpan time.Duration

func (w wireRule) rule() Rule {
	r := Rule{w.Match.Match, w.Fault.Fault}
	r.Match.After = time.Duration(w.Match.After)
	f := &r.Fault
	f.Regain, f.Hold = time.Duration(w.Fault.Regain), time.Duration(w.Fault.Hold)
	f.Delay, f.Age = time.Duration(w.Fault.Delay), time.Duration(w.Fault.Age)
	return r
}

func (w *wireFault) UnmarshalJSON(text []byte) error {
	if json.Unmarshal(text, &w.Name) == nil {
		return nil
	}
	type plain wireFault // without this method
	return decodeFile(bytes.NewReader(text), (*plain)(w))
}

func (w *wireSpan) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*w = wireSpan(d)
	return err
}

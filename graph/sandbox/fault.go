package sandbox

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Fault is something that goes wrong. The package comment lists the names.
type Fault struct {
	Name string
	// Regain is the wait in the usage headers, with error codes and with regain; 0 means a
	// minute with 8000x codes and with regain, and none with other codes.
	Regain time.Duration
	// Hold is how long the account, or the app with app-wide codes, goes on answering so.
	Hold time.Duration
	// Delay is the time until a late effect; 0 means 5 seconds.
	Delay time.Duration
	// Above is a number of images: reads of more get reduce, capped returns that many
	// (0 means 25), and pages of an endless listing have at most that many (0 means no
	// bound).
	Above int
	// Age is the age of the state that stale shows, at most 10 minutes; 0 means 30
	// seconds.
	Age time.Duration
	// Text is the hash that bad_hash returns; "" draws one.
	Text string
	// Account and Hashes are the images that vanish and appear change. "" means the
	// account of the call. Without Hashes, all images vanish.
	Account string
	Hashes  []string
	// Status replaces the HTTP status of an error.
	Status int
}

// faultKind is the effect of a fault: its name, or faultCode.
type faultKind string

const (
	faultNone faultKind = ""
	faultCode faultKind = "code" // an error code
)

// The names of the faults, without a type because they are words of FaultInfo, too.
const (
	faultThrottle      = "throttle"
	faultError200      = "error_200"
	faultErrorEmpty    = "error_empty"
	faultHTML502       = "html_502"
	faultHTML504       = "html_504"
	faultEmpty503      = "empty_503"
	faultTruncated     = "truncated"
	faultCut           = "cut"
	faultTimeout       = "timeout"
	faultNull          = "null"
	faultAborted       = "960"
	faultEmptyEntry    = "empty_entry"
	faultEnvelope      = "envelope"
	faultLate          = "late"
	faultLie           = "lie"
	faultInUse         = "in_use"
	faultRehash        = "rehash"
	faultReduce        = "reduce"
	faultEmptyList     = "empty_list"
	faultRegain        = "regain"
	faultShortBatch    = "short_batch"
	faultLongBatch     = "long_batch"
	faultShuffledBatch = "shuffled_batch"
	faultRenamed       = "renamed"
	faultRekeyed       = "rekeyed"
	faultCrossed       = "crossed"
	faultBadHash       = "bad_hash"
	faultCapped        = "capped"
	faultUnfiltered    = "unfiltered"
	faultPartial       = "partial"
	faultForeignRows   = "foreign_rows"
	faultStale         = "stale"
	faultTotalMismatch = "total_mismatch"
	faultNullRows      = "null_rows"
	faultEmptyRows     = "empty_rows"
	faultIDRows        = "id_rows"
	faultUnsuccessful  = "unsuccessful"
	faultNoUse         = "no_use"
	faultOddUse        = "odd_use"
	faultOddTypes      = "odd_types"
	faultRepeatedPage  = "repeated_page"
	faultSameCursor    = "same_cursor"
	faultCursorCircle  = "cursor_circle"
	faultEndlessPaging = "endless_paging"
	faultEndlessEmpty  = "endless_empty"
	faultVanish        = "vanish"
	faultAppear        = "appear"
)

// throttleCodes are the codes of which throttle is one.
var throttleCodes = []Code{codeScore, codeHourly, "613/1487742"}

// place is where a fault may strike: a single request, a batch entry or a whole batch.
type place uint8

const (
	placeSingle place = iota
	placeEntry
	placeBatch
)

// canStrike reports whether this fault can strike a call of that kind in that place.
func (f faultKind) canStrike(in place, k Kind) bool {
	switch f.heading() {
	case batchEntry:
		return in == placeEntry
	case wholeBatch:
		return in == placeBatch
	case aWrite:
		return in != placeBatch && k.writes()
	case aDeletion:
		return k == Delete
	case aCopy:
		return k == Copy
	case twoCopies:
		return in == placeEntry && k == Copy
	case aRead, readByHashes, aListing:
		return k == Read
	}
	return true
}

// alters reports whether the call is carried out, but in another way.
func (f faultKind) alters() bool {
	switch f {
	case faultReduce, faultEmptyList, faultNullRows, faultEmptyRows, faultUnsuccessful:
		return false
	}
	switch f.heading() {
	case aDeletion, aCopy, aRead, readByHashes, aListing:
		return true
	}
	return f == faultRegain
}

// rearranges reports whether the fault changes the list of a batch's entries.
func (f faultKind) rearranges() bool { return f.heading() == wholeBatch && f != faultEnvelope }

// endless reports whether the fault keeps a listing from ending.
func (f faultKind) endless() bool { return f.heading() == aListing }

// applies reports whether the call asks for what the fault changes.
func (f faultKind) applies(c *call) bool {
	switch {
	case f.heading() == readByHashes:
		return c.byHash()
	case f.endless():
		return !c.byHash()
	case f == faultTotalMismatch:
		return c.wantsTotal()
	}
	return true
}

// perRequest reports whether a rate of this fault is drawn once for each HTTP request.
func (f faultKind) perRequest() bool {
	switch f {
	case faultHTML502, faultHTML504, faultEmpty503, faultTruncated, faultCut, faultTimeout:
		return true
	}
	return f.heading() == wholeBatch
}

// activeFault is a fault that strikes a call.
type activeFault struct {
	kind  faultKind
	code  Code
	after bool   // the effect happens first
	draw  uint64 // seed of what the fault draws
	Fault
}

// parseFault parses the name of a fault.
func parseFault(name string) (activeFault, error) {
	base, after := strings.CutSuffix(name, "_after")
	if !after {
		base = strings.TrimSuffix(name, "_before")
	}
	if _, ok := rowOf[faultKind(base)]; ok {
		return activeFault{kind: faultKind(base), after: after, Fault: Fault{Name: name}}, nil
	}
	if code, _, ok := Code(base).split(); ok && code > 0 {
		return activeFault{kind: faultCode, code: Code(base), after: after, Fault: Fault{Name: name}}, nil
	}
	var known []string
	for _, f := range faultTable {
		known = append(known, f.Name)
	}
	slices.Sort(known)
	return activeFault{}, fmt.Errorf("unknown fault %q; use an error code such as 80004/2446079, or one of %s",
		name, strings.Join(known, ", "))
}

// codeOf is the error code of the fault. pick chooses among those of throttle.
func (t activeFault) codeOf(pick uint64) Code {
	switch t.kind {
	case faultThrottle:
		return throttleCodes[pick%uint64(len(throttleCodes))]
	case faultCode:
		return t.code
	}
	return ""
}

// failure is the error that the call gets.
func (t activeFault) failure() *failure {
	f := fail(t.code)
	if t.Status != 0 {
		f.status = t.Status
	}
	return f
}

// fixedAnswers are what the client gets in place of the correct answer, whatever it asked for.
var fixedAnswers = map[faultKind]answer{
	faultErrorEmpty:   {status: 500, body: []byte(`{"error":{}}`)},
	faultHTML502:      page5xx(502, "Bad Gateway"),
	faultHTML504:      page5xx(504, "Server timeout"),
	faultEmpty503:     {status: 503},
	faultEmptyList:    {status: 200, body: []byte(`{"data":[]}`)},
	faultNullRows:     {status: 200, body: []byte(`{"data":[null]}`)},
	faultEmptyRows:    {status: 200, body: []byte(`{"data":[{}]}`)},
	faultUnsuccessful: {status: 200, body: []byte(`{"success":false,"data":[]}`)},
	faultNull:         {delivery: entryNull},
	faultEmptyEntry:   {delivery: entryEmpty},
}

// answer is what the client gets in place of the correct answer.
func (t activeFault) answer(sc place, trace string) answer {
	if a, fixed := fixedAnswers[t.kind]; fixed {
		return a
	}
	switch t.kind {
	case faultCode, faultThrottle:
		return t.failure().answer(trace)
	case faultError200:
		a := fail("1").answer(trace)
		a.status = 200
		return a
	case faultReduce:
		return reduceFailure().answer(trace)
	case faultAborted:
		return fail("960").answer(trace)
	case faultEnvelope:
		return fail("1").answer(trace)
	case faultTimeout, faultLate:
		if sc == placeEntry {
			return answer{delivery: entryNull}
		}
	}
	if t.kind == faultTimeout {
		return answer{delivery: noAnswer}
	}
	return answer{delivery: connectionCut}
}

func page5xx(status int, title string) answer {
	a := answer{status: status, body: []byte("<!DOCTYPE html><html><head><title>" + title +
		"</title></head><body><h1>" + title + "</h1></body></html>\n")}
	a.set("Content-Type", "text/html; charset=utf-8")
	return a
}

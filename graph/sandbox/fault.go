package sandbox

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Fault is something that goes wrong. The package comment lists the names.
type Fault struct {
	Name string
	// Regain is what usage headers say beside 8000x codes, and with regain; 0 is
	// a minute.
	Regain time.Duration
	// Hold keeps the account, or the app for app-wide codes, answering so.
	Hold time.Duration
	// Delay is when a late effect comes; 0 is 5 seconds.
	Delay time.Duration
	// Above is the limit or number of hashes from which reduce acts, how many
	// images capped answers (0 is 25), and the most on a page of a listing that
	// does not end (0 is no bound).
	Above int
	// Age is how old the state is that stale shows; 0 is 30 seconds, and 10
	// minutes are the most.
	Age time.Duration
	// Text is the hash that bad_hash returns; "" draws one.
	Text string
	// Account and Hashes are what vanish and appear are about: "" is the account of
	// the call, and without hashes everything vanishes.
	Account string
	Hashes  []string
	// Status replaces the HTTP status of an error.
	Status int
}

// faultKind is the way a fault works.
type faultKind uint8

const (
	faultNone faultKind = iota
	faultCode
	faultThrottle
	faultError200
	faultErrorEmpty
	faultHTML502
	faultHTML504
	faultEmpty503
	faultTruncated
	faultCut
	faultTimeout
	faultNull
	faultAborted
	faultEmptyEntry
	faultEnvelope
	faultLate
	faultLie
	faultInUse
	faultRehash
	faultReduce
	faultEmptyList
	faultRegain
	faultShortBatch
	faultLongBatch
	faultShuffledBatch
	faultRenamed
	faultRekeyed
	faultCrossed
	faultBadHash
	faultCapped
	faultUnfiltered
	faultPartial
	faultForeignRows
	faultStale
	faultTotalMismatch
	faultNullRows
	faultEmptyRows
	faultIDRows
	faultUnsuccessful
	faultNoUse
	faultOddUse
	faultOddTypes
	faultRepeatedPage
	faultSameCursor
	faultCursorCircle
	faultEndlessPaging
	faultEndlessEmpty
	faultVanish
	faultAppear
)

// faultNames maps the names that are no codes.
var faultNames = map[string]faultKind{
	"throttle": faultThrottle, "error_200": faultError200, "error_empty": faultErrorEmpty,
	"html_502": faultHTML502, "html_504": faultHTML504, "empty_503": faultEmpty503,
	"truncated": faultTruncated, "cut": faultCut, "timeout": faultTimeout,
	"null": faultNull, "960": faultAborted, "empty_entry": faultEmptyEntry,
	"envelope": faultEnvelope, "late": faultLate, "lie": faultLie, "in_use": faultInUse,
	"rehash": faultRehash, "reduce": faultReduce, "empty_list": faultEmptyList, "regain": faultRegain,
	"short_batch": faultShortBatch, "long_batch": faultLongBatch, "shuffled_batch": faultShuffledBatch,
	"renamed": faultRenamed, "rekeyed": faultRekeyed, "crossed": faultCrossed, "bad_hash": faultBadHash,
	"capped": faultCapped, "unfiltered": faultUnfiltered, "partial": faultPartial, "foreign_rows": faultForeignRows,
	"stale": faultStale, "total_mismatch": faultTotalMismatch, "null_rows": faultNullRows, "empty_rows": faultEmptyRows,
	"id_rows": faultIDRows, "unsuccessful": faultUnsuccessful,
	"no_use": faultNoUse, "odd_use": faultOddUse, "odd_types": faultOddTypes,
	"repeated_page": faultRepeatedPage, "same_cursor": faultSameCursor, "cursor_circle": faultCursorCircle,
	"endless_paging": faultEndlessPaging, "endless_empty": faultEndlessEmpty,
	"vanish": faultVanish, "appear": faultAppear,
}

// throttleCodes are the codes that throttle stands for.
var throttleCodes = []Code{codeScore, codeHourly, "613/1487742"}

// place is where a fault may strike.
type place uint8

const (
	placeSingle place = iota
	placeEntry
	placeBatch
)

// canStrike says whether a fault of this form can strike a call of that kind there.
func (f faultKind) canStrike(sc place, k Kind) bool {
	switch f {
	case faultNull, faultAborted, faultEmptyEntry:
		return sc == placeEntry
	case faultEnvelope, faultShortBatch, faultLongBatch, faultShuffledBatch:
		return sc == placeBatch
	case faultLate:
		return sc != placeBatch && k.writes()
	case faultLie, faultInUse:
		return k == Delete
	case faultRehash, faultBadHash:
		return k == Copy
	case faultRenamed, faultRekeyed, faultCrossed:
		return sc == placeEntry && k == Copy
	case faultReduce, faultEmptyList:
		return k == Read
	}
	return !f.distortsRead() || k == Read
}

// distortsRead says that the form distorts what a read shows.
func (f faultKind) distortsRead() bool { return f >= faultCapped && f <= faultEndlessEmpty }

// rearranges says that the form works on the list of a batch's entries.
func (f faultKind) rearranges() bool { return f >= faultShortBatch && f <= faultShuffledBatch }

// endless says that the form keeps a listing from coming to its end as it should.
func (f faultKind) endless() bool { return f >= faultRepeatedPage && f <= faultEndlessEmpty }

// applies says whether the call asks for what the form distorts.
func (f faultKind) applies(c *call) bool {
	switch {
	case f == faultCapped || f == faultUnfiltered || f == faultPartial:
		return c.byHash()
	case f.endless():
		return !c.byHash()
	case f == faultTotalMismatch:
		return c.wantsTotal()
	}
	return true
}

// perRequest says that rates of this form are drawn once for an HTTP request.
func (f faultKind) perRequest() bool {
	switch f {
	case faultHTML502, faultHTML504, faultEmpty503, faultTruncated, faultCut, faultTimeout, faultEnvelope:
		return true
	}
	return f.rearranges()
}

// activeFault is a fault that is going to strike.
type activeFault struct {
	kind  faultKind
	code  Code
	after bool   // the effect happens first
	draw  uint64 // moves what is drawn within the fault
	Fault
}

// parseFault reads a fault's name.
func parseFault(name string) (activeFault, error) {
	base, after := strings.CutSuffix(name, "_after")
	if !after {
		base = strings.TrimSuffix(name, "_before")
	}
	if f, ok := faultNames[base]; ok {
		return activeFault{kind: f, after: after, Fault: Fault{Name: name}}, nil
	}
	if code, _, ok := Code(base).split(); ok && code > 0 {
		return activeFault{kind: faultCode, code: Code(base), after: after, Fault: Fault{Name: name}}, nil
	}
	known := slices.Sorted(maps.Keys(faultNames))
	return activeFault{}, fmt.Errorf("unknown fault %q; use an error code such as 80004/2446079, or one of %s",
		name, strings.Join(known, ", "))
}

// codeOf settles which error the trouble is; pick chooses among a group.
func (t activeFault) codeOf(pick uint64) Code {
	switch t.kind {
	case faultThrottle:
		return throttleCodes[pick%uint64(len(throttleCodes))]
	case faultCode:
		return t.code
	}
	return ""
}

// failure is the error that the trouble answers with.
func (t activeFault) failure() failure {
	f := fail(t.code)
	if t.Status != 0 {
		f.status = t.Status
	}
	return f
}

// answer is what the client gets in place of the right answer.
func (t activeFault) answer(sc place, trace string) answer {
	switch t.kind {
	case faultCode, faultThrottle:
		return t.failure().answer(trace)
	case faultError200:
		a := fail("1").answer(trace)
		a.status = 200
		return a
	case faultErrorEmpty:
		return answer{status: 500, body: []byte(`{"error":{}}`)}
	case faultHTML502:
		return page5xx(502, "Bad Gateway")
	case faultHTML504:
		return page5xx(504, "Server timeout")
	case faultEmpty503:
		return answer{status: 503}
	case faultReduce:
		return reduceFailure().answer(trace)
	case faultEmptyList:
		return answer{status: 200, body: []byte(`{"data":[]}`)}
	case faultNullRows:
		return answer{status: 200, body: []byte(`{"data":[null]}`)}
	case faultEmptyRows:
		return answer{status: 200, body: []byte(`{"data":[{}]}`)}
	case faultUnsuccessful:
		return answer{status: 200, body: []byte(`{"success":false,"data":[]}`)}
	case faultAborted:
		return fail("960").answer(trace)
	case faultNull:
		return answer{delivery: entryNull}
	case faultEmptyEntry:
		return answer{delivery: entryEmpty}
	case faultEnvelope:
		return fail("1").answer(trace)
	case faultTimeout:
		if sc == placeEntry {
			return answer{delivery: entryNull}
		}
		return answer{delivery: noAnswer}
	case faultLate:
		if sc == placeEntry {
			return answer{delivery: entryNull}
		}
	}
	return answer{delivery: connectionCut}
}

func page5xx(status int, title string) answer {
	a := answer{status: status, body: []byte("<!DOCTYPE html><html><head><title>" + title +
		"</title></head><body><h1>" + title + "</h1></body></html>\n")}
	a.set("Content-Type", "text/html; charset=utf-8")
	return a
}

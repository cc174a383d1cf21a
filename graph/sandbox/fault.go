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

// form is the way a fault works.
type form uint8

const (
	formNone form = iota
	formCode
	formThrottle
	formError200
	formErrorEmpty
	formHTML502
	formHTML504
	formEmpty503
	formTruncated
	formCut
	formTimeout
	formNull
	formAborted
	formEmptyEntry
	formEnvelope
	formLate
	formLie
	formInUse
	formRehash
	formReduce
	formEmptyList
	formRegain
	formShortBatch
	formLongBatch
	formShuffledBatch
	formRenamed
	formRekeyed
	formCrossed
	formBadHash
	formCapped
	formUnfiltered
	formPartial
	formForeignRows
	formStale
	formTotalMismatch
	formNullRows
	formEmptyRows
	formIDRows
	formUnsuccessful
	formNoUse
	formOddUse
	formOddTypes
	formRepeatedPage
	formSameCursor
	formCursorCircle
	formEndlessPaging
	formEndlessEmpty
	formVanish
	formAppear
)

// words maps the names that are no codes.
var words = map[string]form{
	"throttle": formThrottle, "error_200": formError200, "error_empty": formErrorEmpty,
	"html_502": formHTML502, "html_504": formHTML504, "empty_503": formEmpty503,
	"truncated": formTruncated, "cut": formCut, "timeout": formTimeout,
	"null": formNull, "960": formAborted, "empty_entry": formEmptyEntry,
	"envelope": formEnvelope, "late": formLate, "lie": formLie, "in_use": formInUse,
	"rehash": formRehash, "reduce": formReduce, "empty_list": formEmptyList, "regain": formRegain,
	"short_batch": formShortBatch, "long_batch": formLongBatch, "shuffled_batch": formShuffledBatch,
	"renamed": formRenamed, "rekeyed": formRekeyed, "crossed": formCrossed, "bad_hash": formBadHash,
	"capped": formCapped, "unfiltered": formUnfiltered, "partial": formPartial, "foreign_rows": formForeignRows,
	"stale": formStale, "total_mismatch": formTotalMismatch, "null_rows": formNullRows, "empty_rows": formEmptyRows,
	"id_rows": formIDRows, "unsuccessful": formUnsuccessful,
	"no_use": formNoUse, "odd_use": formOddUse, "odd_types": formOddTypes,
	"repeated_page": formRepeatedPage, "same_cursor": formSameCursor, "cursor_circle": formCursorCircle,
	"endless_paging": formEndlessPaging, "endless_empty": formEndlessEmpty,
	"vanish": formVanish, "appear": formAppear,
}

// groups are the codes that throttle stands for.
var groups = []Code{codeScore, codeHourly, "613/1487742"}

// scene is where a fault may strike.
type scene uint8

const (
	sceneSingle scene = iota
	sceneEntry
	sceneBatch
)

// fits says whether a fault of this form can strike a call of that kind there.
func (f form) fits(sc scene, k Kind) bool {
	switch f {
	case formNull, formAborted, formEmptyEntry:
		return sc == sceneEntry
	case formEnvelope, formShortBatch, formLongBatch, formShuffledBatch:
		return sc == sceneBatch
	case formLate:
		return sc != sceneBatch && k.writes()
	case formLie, formInUse:
		return k == Delete
	case formRehash, formBadHash:
		return k == Copy
	case formRenamed, formRekeyed, formCrossed:
		return sc == sceneEntry && k == Copy
	case formReduce, formEmptyList:
		return k == Read
	}
	return !f.reads() || k == Read
}

// reads says that the form distorts what a read shows.
func (f form) reads() bool { return f >= formCapped && f <= formEndlessEmpty }

// reshapes says that the form works on the list of a batch's entries.
func (f form) reshapes() bool { return f >= formShortBatch && f <= formShuffledBatch }

// circles says that the form keeps a listing from coming to its end as it should.
func (f form) circles() bool { return f >= formRepeatedPage && f <= formEndlessEmpty }

// suits says whether the call asks for what the form distorts.
func (f form) suits(c *call) bool {
	switch {
	case f == formCapped || f == formUnfiltered || f == formPartial:
		return c.byHash()
	case f.circles():
		return !c.byHash()
	case f == formTotalMismatch:
		return c.counts()
	}
	return true
}

// perRequest says that rates of this form are drawn once for an HTTP request.
func (f form) perRequest() bool {
	switch f {
	case formHTML502, formHTML504, formEmpty503, formTruncated, formCut, formTimeout, formEnvelope:
		return true
	}
	return f.reshapes()
}

// trouble is a fault that is going to strike.
type trouble struct {
	form  form
	code  Code
	after bool   // the effect happens first
	pick  uint64 // moves what is drawn within the fault
	Fault
}

// parseName reads a fault's name.
func parseName(name string) (trouble, error) {
	base, after := strings.CutSuffix(name, "_after")
	if !after {
		base = strings.TrimSuffix(name, "_before")
	}
	if f, ok := words[base]; ok {
		return trouble{form: f, after: after, Fault: Fault{Name: name}}, nil
	}
	if code, _, ok := Code(base).split(); ok && code > 0 {
		return trouble{form: formCode, code: Code(base), after: after, Fault: Fault{Name: name}}, nil
	}
	known := slices.Sorted(maps.Keys(words))
	return trouble{}, fmt.Errorf("unknown fault %q; use an error code such as 80004/2446079, or one of %s",
		name, strings.Join(known, ", "))
}

// codeOf settles which error the trouble is; pick chooses among a group.
func (t trouble) codeOf(pick uint64) Code {
	switch t.form {
	case formThrottle:
		return groups[pick%uint64(len(groups))]
	case formCode:
		return t.code
	}
	return ""
}

// failure is the error that the trouble answers with.
func (t trouble) failure() failure {
	f := fail(t.code)
	if t.Status != 0 {
		f.status = t.Status
	}
	return f
}

// answer is what the client gets in place of the right answer.
func (t trouble) answer(sc scene, trace string) answer {
	switch t.form {
	case formCode, formThrottle:
		return t.failure().answer(trace)
	case formError200:
		a := fail("1").answer(trace)
		a.status = 200
		return a
	case formErrorEmpty:
		return answer{status: 500, body: []byte(`{"error":{}}`)}
	case formHTML502:
		return page5xx(502, "Bad Gateway")
	case formHTML504:
		return page5xx(504, "Server timeout")
	case formEmpty503:
		return answer{status: 503}
	case formReduce:
		return reduceFailure().answer(trace)
	case formEmptyList:
		return answer{status: 200, body: []byte(`{"data":[]}`)}
	case formNullRows:
		return answer{status: 200, body: []byte(`{"data":[null]}`)}
	case formEmptyRows:
		return answer{status: 200, body: []byte(`{"data":[{}]}`)}
	case formUnsuccessful:
		return answer{status: 200, body: []byte(`{"success":false,"data":[]}`)}
	case formAborted:
		return fail("960").answer(trace)
	case formNull:
		return answer{loss: lossNull}
	case formEmptyEntry:
		return answer{loss: lossEmpty}
	case formEnvelope:
		return fail("1").answer(trace)
	case formTimeout:
		if sc == sceneEntry {
			return answer{loss: lossNull}
		}
		return answer{loss: lossHang}
	case formLate:
		if sc == sceneEntry {
			return answer{loss: lossNull}
		}
	}
	return answer{loss: lossCut}
}

func page5xx(status int, title string) answer {
	a := answer{status: status, body: []byte("<!DOCTYPE html><html><head><title>" + title +
		"</title></head><body><h1>" + title + "</h1></body></html>\n")}
	a.set("Content-Type", "text/html; charset=utf-8")
	return a
}

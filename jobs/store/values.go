package store

import (
	"time"

	"adferry/jobs"
	"adferry/plan"
)

// The values of rows, in the order of the columns of their tables: strings, int64s and nils. They are
// the same in every database.

// RowValues are those of a row of the manifest.
func RowValues(r plan.Row) []any {
	return []any{int64(r.Line), r.Verb.String(), idOrNull(r.Copy), idOrNull(r.Delete), r.Record}
}

// OpValues are those of an operation.
func OpValues(o plan.Op) []any {
	return []any{int64(o.ID), o.Kind.String(), string(o.Source), string(o.Hash), string(o.Target), o.File, string(o.Lane()), number(o.Needs), number(o.Needed), o.Guard.String()}
}

// OutcomeValues are those of an outcome.
func OutcomeValues(r jobs.Record) []any {
	o := &r.Outcome
	return []any{int64(r.ID), o.State.String(), string(o.Reason), string(o.TargetHash), number(o.Created), Millis(o.ConfirmedAt), number(o.Tried),
		int64(o.Attempts), int64(o.Code), int64(o.Subcode), o.Message, o.TraceID, Millis(o.Started), Millis(o.Finished), Millis(o.LastSent), o.Creatives}
}

// LaneValues are those of the state of an ad account.
func LaneValues(l jobs.LaneState) []any {
	return []any{string(l.Account), int64(l.Tier), Millis(l.ParkedUntil), l.ParkedFor, int64(l.Calls), int64(l.Throttles), l.Parked.Milliseconds()}
}

// SampleValues are those of a sample.
func SampleValues(s jobs.Sample) []any {
	return []any{Millis(s.At), int64(s.Settled), int64(s.Failed), int64(s.Parked)}
}

// ParkValues are those of a park.
func ParkValues(p jobs.Park) []any {
	return []any{string(p.Account), Millis(p.From), Millis(p.Until), int64(p.Code), int64(p.Subcode)}
}

// Values are those of a count.
func (c RowCount) Values() []any {
	return []any{c.Verb, string(c.Account), c.First, string(c.FirstReason), c.Del, string(c.DelReason), int64(c.N)}
}

// Values are those of a count.
func (c OpCount) Values() []any {
	return []any{c.Kind, string(c.Lane), c.Others, c.State, number(c.Blames), int64(c.N), c.Finished}
}

func idOrNull(id plan.OpID) any {
	if id == 0 {
		return nil
	}
	return int64(id)
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Millis is a time in milliseconds since 1970; 0 is the zero time.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// TimeOf is the time of so many milliseconds since 1970.
func TimeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

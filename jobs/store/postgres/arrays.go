package postgres

import (
	"strings"
	"time"

	"adferry/jobs"
	"adferry/jobs/store"
)

// What is written goes to PostgreSQL as JSON arrays of rows, whose names are those of columns.

// valid is a text that PostgreSQL can keep: it has no zero bytes.
func valid(text string) string { return strings.ReplaceAll(text, "\x00", "\ufffd") }

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func timeOf(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// outcome is a row of outcomes. Its names are those of the columns.
type outcome struct {
	Op         int64  `json:"op"`
	State      string `json:"state"`
	Reason     string `json:"reason"`
	TargetHash string `json:"target_hash"`
	Created    int    `json:"created"`
	Seen       int64  `json:"seen"`
	Tried      int    `json:"tried"`
	Attempts   int    `json:"attempts"`
	Code       int    `json:"code"`
	Subcode    int    `json:"subcode"`
	Message    string `json:"message"`
	Trace      string `json:"trace"`
	Started    int64  `json:"started"`
	Finished   int64  `json:"finished"`
	LastSent   int64  `json:"last_sent"`
	Creatives  string `json:"creatives"`
}

func outcomesOf(records []jobs.Record) []outcome {
	all := make([]outcome, 0, len(records))
	for _, r := range records {
		o := r.Outcome
		all = append(all, outcome{int64(r.ID), o.State.String(), string(o.Reason), string(o.TargetHash), number(o.Created), millis(o.ConfirmedAt), number(o.Tried),
			o.Attempts, o.Code, o.Subcode, valid(o.Message), valid(o.TraceID), millis(o.Started), millis(o.Finished), millis(o.LastSent), valid(o.Creatives)})
	}
	return all
}

type confirmation struct {
	Op   int64 `json:"op"`
	Seen int64 `json:"seen"`
}

func confirmedOf(confirmed []jobs.Confirmation) []confirmation {
	all := make([]confirmation, 0, len(confirmed))
	for _, c := range confirmed {
		all = append(all, confirmation{int64(c.ID), millis(c.At)})
	}
	return all
}

type lane struct {
	Account     string `json:"account"`
	Tier        int    `json:"tier"`
	ParkedUntil int64  `json:"parked_until"`
	ParkedFor   string `json:"parked_for"`
	Calls       int    `json:"calls"`
	Throttles   int    `json:"throttles"`
	Parked      int64  `json:"parked"`
}

func lanesOf(lanes []jobs.LaneState) []lane {
	all := make([]lane, 0, len(lanes))
	for _, l := range lanes {
		all = append(all, lane{string(l.Account), int(l.Tier), millis(l.ParkedUntil), valid(l.ParkedFor), l.Calls, l.Throttles, l.Parked.Milliseconds()})
	}
	return all
}

type sample struct {
	At      int64 `json:"at"`
	Settled int   `json:"settled"`
	Failed  int   `json:"failed"`
	Parked  int   `json:"parked"`
}

func samplesOf(samples []jobs.Sample) []sample {
	all := make([]sample, 0, len(samples))
	for _, s := range samples {
		all = append(all, sample{millis(s.At), s.Settled, s.Failed, s.Parked})
	}
	return all
}

type park struct {
	Account string `json:"account"`
	Since   int64  `json:"since"`
	Until   int64  `json:"until"`
	Code    int    `json:"code"`
	Subcode int    `json:"subcode"`
}

func parksOf(parks []jobs.Park) []park {
	all := make([]park, 0, len(parks))
	for _, p := range parks {
		all = append(all, park{string(p.Account), millis(p.From), millis(p.Until), p.Code, p.Subcode})
	}
	return all
}

type rowCount struct {
	Verb        string `json:"verb"`
	Account     string `json:"account"`
	First       string `json:"first"`
	FirstReason string `json:"first_reason"`
	Del         string `json:"del"`
	DelReason   string `json:"del_reason"`
	N           int    `json:"n"`
}

func rowCountsOf(counts []store.RowCount) []rowCount {
	all := make([]rowCount, 0, len(counts))
	for _, c := range counts {
		all = append(all, rowCount{c.Verb, string(c.Account), c.First, string(c.FirstReason), c.Del, string(c.DelReason), c.N})
	}
	return all
}

type opCount struct {
	Kind     string `json:"kind"`
	Lane     string `json:"lane"`
	Others   string `json:"others"`
	State    string `json:"state"`
	Blames   int    `json:"blames"`
	N        int    `json:"n"`
	Finished int64  `json:"finished"`
}

func opCountsOf(counts []store.OpCount) []opCount {
	all := make([]opCount, 0, len(counts))
	for _, c := range counts {
		all = append(all, opCount{c.Kind, string(c.Lane), c.Others, c.State, number(c.Blames), c.N, c.Finished})
	}
	return all
}

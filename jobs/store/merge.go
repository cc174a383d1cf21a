package store

import (
	"slices"

	"adferry/jobs"
	"adferry/plan"
)

// merge makes one transaction of changes: what a later one says of an operation or an account
// replaces what an earlier one does.
func merge(batch []*request) Writes {
	most := 0
	for _, r := range batch {
		most += len(r.change.Records)
	}
	w := Writes{Records: make([]jobs.Record, 0, most)}
	records, confirmed, lanes, samples := make(map[plan.OpID]int, most), map[plan.OpID]int{}, map[plan.Account]int{}, map[int64]int{}
	for _, r := range batch {
		c := r.change
		for _, r := range c.Records {
			if i, ok := confirmed[r.ID]; ok { // the outcome has its own time
				w.Confirmed[i].ID = 0
				delete(confirmed, r.ID)
			}
			w.Records = put(w.Records, records, r.ID, r)
		}
		for _, s := range c.Confirmed {
			if i, ok := records[s.ID]; ok {
				w.Records[i].Outcome.ConfirmedAt = s.At
				continue
			}
			w.Confirmed = put(w.Confirmed, confirmed, s.ID, s)
		}
		for _, l := range c.Lanes {
			w.Lanes = put(w.Lanes, lanes, l.Account, l)
		}
		if c.Sample != nil {
			w.Samples = put(w.Samples, samples, Millis(c.Sample.At), *c.Sample)
		}
		w.Parks = append(w.Parks, c.Parks...)
		if c.Tally != nil {
			w.Tally = c.Tally
		}
	}
	w.Confirmed = slices.DeleteFunc(w.Confirmed, func(s jobs.Confirmation) bool { return s.ID == 0 })
	return w
}

// put appends a value, or replaces the one with the same key.
func put[K comparable, V any](all []V, index map[K]int, key K, value V) []V {
	if i, ok := index[key]; ok {
		all[i] = value
		return all
	}
	index[key] = len(all)
	return append(all, value)
}

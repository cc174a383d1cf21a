package collect

import (
	"iter"
	"strconv"

	"adferry/plan"
)

// sliceRows is about how many hashes are in memory at a time, with some 40 bytes each.
const sliceRows = 1 << 20

// Rows are the manifest's rows. Errors are *[spill.Error].
func (c *Collection) Rows() iter.Seq2[plan.Line, error] {
	if c.request.Verb != plan.Copy || len(c.request.Accounts) == 1 {
		return c.all(func(plan.Hash) bool { return true })
	}
	return func(yield func(plan.Line, error) bool) {
		slices := uint64((c.file.Len() + c.slice - 1) / c.slice)
		for n := range slices {
			had := map[plan.Hash]struct{}{}
			for line, err := range c.all(func(h plan.Hash) bool {
				if sliceOf(h, slices) != n {
					return false
				}
				_, again := had[h]
				had[h] = struct{}{}
				return !again
			}) {
				if !yield(line, err) || err != nil {
					return
				}
			}
		}
	}
}

// sliceOf says to which of n slices a hash belongs, by its first 32 bits.
func sliceOf(h plan.Hash, n uint64) uint64 {
	first, _ := strconv.ParseUint(string(h[:8]), 16, 64) // a hash is hex digits
	return first * n >> 32
}

// all are the rows whose hashes are taken, account by account in the order of the request.
func (c *Collection) all(take func(plan.Hash) bool) iter.Seq2[plan.Line, error] {
	return func(yield func(plan.Line, error) bool) {
		for r, err := range c.file.Rows(c.request.Accounts...) {
			if err != nil {
				yield(plan.Line{}, err)
				return
			}
			if take(r.Hash) && !yield(plan.Line{Verb: c.request.Verb, Source: r.Account, Hash: r.Hash, Target: c.request.Target, Name: r.Name}, nil) {
				return
			}
		}
	}
}

package engine

import "adferry/jobs"

// leastSettled is how many operations have to be settled before a share of
// failures says something.
const leastSettled = 1000

// tooMany reports whether the failures reached the limit. A share is one of the
// whole job, and as soon as leastSettled are settled one of the operations that were
// begun, too, at most leastSettled more than are settled: failures are found sooner
// than copies are made, so of those settled alone they would be too many at first.
// Unset it is half of the latter.
func tooMany(limit jobs.Share, failed, settled, begun, all int) bool {
	of := limit
	if !limit.Set {
		of = jobs.Share{Percent: 50}
	}
	return limit.Set && failed > limit.Of(all) || of.Percent > 0 && settled >= leastSettled && failed > of.Of(begun)
}

package engine

import "adferry/jobs"

// leastSettled is how many operations have to be settled before a share of
// failures says something.
const leastSettled = 1000

// tooMany reports whether too many operations failed. A share limits the failures among all
// operations of the job. Once leastSettled are settled, it also limits those among the
// operations begun, counting at most leastSettled beyond the settled ones, because failures
// are known sooner than copies are made. Unset, it is half of the latter.
func tooMany(limit jobs.Limit, failed, settled, begun, all int) bool {
	of := limit
	if !limit.Set {
		of = jobs.Limit{Percent: 50, Set: true}
	}
	return limit.Exceeded(failed, all) || of.Percent > 0 && settled >= leastSettled && of.Exceeded(failed, begun)
}

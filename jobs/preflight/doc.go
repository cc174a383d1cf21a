// Package preflight says what a run would do, before anything is written.
//
// [Predict] is pure: from a plan alone it says how many calls it takes, and how long under
// the quotas of either access tier. [Find] is what `plan --check` shows: the reads of a run
// are made, its writes are settled as done without being sent, and ad accounts that cannot
// be read at all are kept behind a [Fence], so that their refusals cost one call each.
package preflight

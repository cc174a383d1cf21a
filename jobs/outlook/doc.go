// Package outlook says what lies before a job: what waits, for what and until when, and
// how much time is left. It is the one place where that is computed; the live view, the
// lines and the JSON of the progress, status, summary.json, the metrics and the page all
// show what it returns.
//
// The time left is the later of two things, for each ad account and for the job as a
// whole: the waits that keep it back, and after them the work that is left at the pace
// that its quota allows. The pace is
//
//   - that of the documented budgets of its access tier, less what was used of them, as
//     plan forecasts it, unless the job went faster than they allow;
//   - if it has no tier and was made to wait again and again, the share of the time in
//     which it did not wait;
//   - no faster than the job moved of late, counting only the time in which it moved: a
//     wait, a pause or a lost network slows no pace down.
//
// While the job is paused, or the API cannot be reached, nobody knows the time left, and
// there is none.
package outlook

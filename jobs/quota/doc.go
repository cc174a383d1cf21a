// Package quota says what may be sent now. It holds small state machines that
// are pure functions of (state, now, what an answer said): values in, values
// out, no clock, no goroutine. The engine keeps one [Lane] for each ad account
// and one [App] for the limit that they share.
//
// # What is documented, and what is believed
//
// The Marketing API limits an ad account in several ways (Marketing API, "Rate
// limiting"; Graph API, "Rate limits", November 2026):
//
//	                       Limited      Full
//	calls in one hour      300          100,000     code 80004
//	score                  60           9,000       code 17/2446079, 613/1487742
//	  a read adds 1, a write 3; it decays to 0 within 300 s
//	blocked, once exceeded 300 s        60 s
//	calls in one second    100          100         code 613/5044001
//
// Which of them hold for the adimages edge is not documented; the edge has been
// seen to send the header of the first. So each is a hypothesis:
//
//   - suspected: nothing was seen of it. Calls go at full speed, but near the
//     limit only so many at once as may be refused together. When it has been
//     left behind without a throttle, it does not hold.
//   - holds: a header told its level, its throttle came more than once, or the
//     user named a tier. The lane stays below it.
//
// A header corrects the level, and how fast it rises with what passes corrects
// the limit itself: half and three times the documents are found alike. What
// others take shows as a level above our own, and what they took lately is kept
// free. Whether a score leaks evenly or is forgotten 300 s later shows in how the
// time until it is 0 goes with the level; unknown, it is taken to be forgotten
// late, which is safe for both.
//
// # Blocks
//
// A throttle closes the lane for the time that the answer names, else for a
// guess that doubles each time up to half an hour. Then one probe goes out
// alone; only when it passes does the lane open. A named regain time closes the
// lane even where the answer was a success.
package quota

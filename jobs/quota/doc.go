// Package quota says what may be sent now. It holds small state machines that
// are pure functions of (state, now, what an answer said): values in, values
// out, no clock, no goroutine. The engine keeps one [Lane] for each ad account
// and one [Block] for the app.
//
// # What is documented, and what is assumed
//
// The Marketing API limits an ad account in two ways (Marketing API, "Rate
// limiting"; Graph API, "Rate limits", November 2026):
//
//	                       Limited      Full
//	calls in one hour      300          100,000     code 80004
//	score                  60           9,000       code 17/2446079, 613/1487742
//	  a read adds 1, a write 3; it decays to 0 within 300 s
//	blocked, once exceeded 300 s        60 s
//
// Which of the two holds for the adimages edge is not documented; the edge has
// been seen to send the header of the first. So a budget comes into force when
// an answer carries its header or its throttle code and the tier is known, or
// when the user names a tier. Nothing is held back on a guess.
//
// # Blocks
//
// A throttle closes the lane for the time that the answer names, else for a
// guess that doubles each time up to half an hour. Then one probe goes out
// alone; only when it passes does the lane open. A named regain time closes the
// lane even where the answer was a success. A reported utilisation that the lane's
// own calls do not explain slows it down to a call a minute.
package quota

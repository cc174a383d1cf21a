// Package dispatch has what decides whether a request may be sent at all, whatever it is
// about. The engine and the reader are its clients.
//
// # Contact
//
// If nothing comes back from the API, because there is no connection, a proxy or a sign-in
// page answers in its place, or all answers are server errors without a word of its own,
// nothing is sent but one request at a time, after growing pauses: GET /me, which is about
// no account, image or row, or an ordinary call where that is not answered ([Contact]). If
// it lasts, the run ends with a [jobs.OfflineError] and every row is as it was. The same
// goes for a single call that something else keeps answering while the others reach the API:
// its row is left for a later run.
//
// # Trust
//
// A refusal other than of the token may be about an ad account, an image, or an app that
// was restricted. It is held until something shows that the token is good ([Trust]): an
// answer to a call that was sent after it came, or, if only refusals come, one to GET /me. If
// that is refused as well, the run ends with a [jobs.RefusedError]; if it stays without an
// answer, with a [jobs.OfflineError]. No row fails in either case. Otherwise the refusal counts.
//
// # Reads
//
// [Width] is how many images a read asks for, which shrinks after failures. [Headers] and
// [EmptyAnswerPauses] say when an empty answer is believed. [Learn] passes what a reply says to the
// quotas of package quota.
package dispatch

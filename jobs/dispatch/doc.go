// Package dispatch decides who sends next: it knows ad accounts, quotas, throttles, the
// connection and the token, and nothing of images. The engine and the reader are its clients.
//
//	Client, Queue -> Lane -> turn -> Request -> pool -> Sender -> reply -> Item
//
// [Dispatcher.Run] is one goroutine that owns all state in memory. A bounded errgroup makes the
// requests and whatever else takes time; what comes of it is returned, and handled in the
// dispatcher's goroutine. That goroutine waits for nothing but an event or the moment at which
// something may be sent. What happens is told in a goroutine of its own, so that a terminal that
// somebody stopped stops no job. A client may choose to wait in its methods: a reader does for
// whoever takes what it lists.
//
// # Lanes
//
// The API charges every ad account separately, so there is a [Lane] for each, with its quota
// and its park. A lane waits in one of three places: in its gate's ring for its turn, among the
// sleepers until a moment, or nowhere, until [Lane.Wake]. So one that has nothing to do costs
// nothing. Whoever gives a lane something to send wakes it; an answer to one of its calls does,
// too. A lane in its turn sends one request, of up to BatchSize calls, and goes to the end of
// the ring.
//
// # Gates
//
// What the ad accounts share whose tokens belong to one app is their [Gate]: the app's quota and
// block. When the app's quota says no to a lane, that goes to the end of the ring, and none of
// the others has its turn before the quota may say yes. What those of one token share is their
// login: whether the token is good. Several apps, or tokens, do not wait for each other: a block
// of one app is told, and kept, as a park of each of its ad accounts, and a token that ended
// ends its ad accounts' part of the run.
//
// # Contact
//
// If nothing comes back from the API, because there is no connection, a proxy or a sign-in
// page answers in its place, or all answers are server errors without a word of its own,
// nothing is sent but one request at a time, after growing pauses: GET /me, which is about
// no account, image or row, or an ordinary call where that is not answered (contact). If
// it lasts, the run ends with a [jobs.OfflineError] and every row is as it was. The same
// goes for a single call that something else keeps answering while the others reach the API:
// its row is left for a later run ([Retries]).
//
// # Trust
//
// A refusal other than of the token may be about an ad account, an image, or an app that
// was restricted. It is held until something shows that the token is good (trust): an
// answer to a call that was sent after it came, or, if only refusals come, one to GET /me. If
// that is refused as well, the run ends with a [jobs.RefusedError]; if it stays without an
// answer, with a [jobs.OfflineError]. No row fails in either case. Otherwise the refusal counts.
//
// # Waits
//
// Whatever keeps the run from sending, a park, a quota, a dead network or an answer that
// is doubted, is told with its reason and its end, in events and in the lanes' states for the
// checkpoint. It counts towards MaxWait from when nothing but waits is left to do. A wait that
// the API names is obeyed for a day at most; then one call asks again.
//
// # Other workers
//
// Of a shared job each request asks before it leaves (jobs.Sharing), and stays if other workers have
// used what the quota allows ([NotYet]). What they used, and the waits they were told, [Dispatcher.Hear]
// takes.
//
// # Reads
//
// [Reads] is how much of an ad account is read at once, which shrinks after failures, and what
// refusals showed. [Dispatcher.AskAgain] says when an empty answer is believed.
package dispatch

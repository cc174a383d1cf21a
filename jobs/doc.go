// Package jobs carries out a plan: operations in, settled outcomes out.
//
//	Checkpoint -> lane -> look -> request -> API -> outcome -> Checkpoint
//
// # The engine
//
// [Engine.Run] is one dispatcher goroutine that owns all state in memory, a
// bounded errgroup pool that makes the HTTP requests, and one goroutine that
// brings outcomes to the checkpoint. Workers never wait for anything but the
// network and the disk: whatever has to wait goes back to its lane or onto the
// dispatcher's timers.
//
// The API charges every ad account on its own, so there is one lane for each:
// its operations, the reads wanted from it, its quota and its park time. The
// lanes take turns; each turn is one HTTP request of up to BatchSize calls.
// Memory holds a window of each lane, not the job; of a lane that its quota slows
// down one bulk read's worth, for what is read long before its write has to be
// read again.
//
// # An operation's life
//
// What an operation needs next is a pure function of what is known of it
// (task.next): read the target in bulk, read the source in bulk, write, read
// back. A copy is sent only when the target was seen without the image and the
// source with it, at most ten minutes ago; see below for deletes. What an answer
// proves of an image is decided in package evidence and nowhere else.
//
// The intent is on disk before a write leaves, and the outcome before anything
// that depends on it starts. An answer that is lost leaves the operation sent:
// reading tells whether to record it as done or to send it again.
//
// # Deletes
//
// A delete leaves only when each copy out of its image was seen in its target at most
// ten seconds ago, from the sending of that read to the sending of the delete, the
// first such sighting is on disk, and the source was seen with the image unused. Whatever
// holds it back longer, a park, the quota, the disk or a missing connection, it is not
// sent, and its copies are read again. Slow answers are put up with some times; after
// that the delete fails and the image stays.
//
// So reading the copies is the last thing that happens, for a group of deletes at once:
// one bulk read of their sources and one of each ad account that has copies of theirs.
// A group has as many deletes as the lane may send within those ten seconds, 50 at most.
// A lane that its quota slows down lets its deletes gather until what the group costs
// is earned, unless no more can come. A delete for which no copy is made has no group
// and goes like a copy.
//
// The API's word for a delete is not enough: the source is read back until it does not
// show the image, and the copies once more after that. A copy that is not there then is
// reported as copy_unseen. An image without a copy is not said to have been absent all
// along before that was asked twice.
//
// # Attempts
//
// An attempt is a write that was answered, or lost. A throttle, an interruption
// and a connection that was never made are none, nor is what somebody else than the
// API answered, or nobody while the API answers nothing else either. Reads are tried
// again with the same backoff, and a bulk read that fails asks about half as many
// images.
//
// # Contact
//
// Where nothing comes from the API, because there is no connection, a proxy or a sign-in
// page answers in its place, or all answers are server errors without a word of its own,
// nothing is sent but, after growing pauses, one request at a time: GET /me, which
// no account, image or row is part of, or an ordinary call where that is not answered. If
// it lasts, the run ends with an [OfflineError], and every row is as it was. So it does
// for a single call that somebody else keeps answering while the others reach the API:
// its row is left for a later run.
//
// # Waits
//
// Whatever keeps the run from sending, a park, a quota that is kept to, a dead network
// or a list that is doubted, is told with its reason and its end, in events and in the
// checkpoint, and counts towards MaxWait: from when nothing but waits is left to do.
// A wait that the API names is obeyed for a day at most; then one call asks again.
//
// # Refusals
//
// A refused token stops the run. Any other refusal may be an ad account's, an
// image's, or that of an app that was restricted. It is held until something shows that
// the token is good: an answer to a call that left after it, or, where only refusals come,
// one to GET /me. If that is refused, too, the run ends with a [RefusedError], and if it
// stays without an answer with an [OfflineError]; no row fails for either. Else the refusal
// counts. For an ad account, or a pair of accounts, that is
// not known to be open a few writes go ahead, and the others wait for what becomes
// of them: refused calls count against the quota and the app's access tier, so a
// closed account gets three of them, not one for each row. A refused read is made
// smaller until it is known whether the account, an image or the size is refused.
//
// # Absence
//
// That an image is absent is believed from an answer that carries a quota
// header, or when asked again: an account that is being throttled may answer
// with an empty list. Where the header used to be there, also in an earlier
// process of the job, it is asked for longer than an hour, and what is still not
// known then is left for a later run.
//
// # Pictures
//
// A picture is taken for an image's only as far as its bytes show it. What the
// content network sends is decoded and has the size that the API tells of the image
// (package graph). One picture for two hashes is believed for neither (package
// content): pictures that are fetched together are compared before any is used, and
// each is looked up once more when its write is about to leave. An image that was uploaded before
// that was known keeps its source. A backup folder remembers its pictures for all jobs
// that use it, a job those that it uploaded. What is not believed may be a placeholder
// that is gone the next time: it is asked for as often as a write is tried, with its
// url read anew, and then fails its row.
//
// A placeholder of the right size is found out by a second image that it is sent for:
// where nothing but one image is fetched, it is not.
//
// With a [Backup] an image is kept before its deletion takes its turn; with Detour
// a copy that is refused for its two ad accounts goes by way of its bytes, and one
// refusal is enough to know that of a pair. Pictures are fetched when a write could
// go, a few ahead, so that none waits for its picture while it holds a turn, and
// none leaves during a park that began meanwhile.
//
// # What this job created
//
// An outcome says Created where the image was seen absent before the write left;
// under a hash that was not looked for before (the API chose another one, or the
// row named none) where the image is no older than the write, by the API's clock.
// [Undo] takes back what was created and nothing else, and trusts no write whose
// answer is lost: an image that the job may have deleted is moved back, not
// deleted at its target.
//
// # Steering
//
// [Engine.Steer] pauses a run, lets it go on, or changes its width and pace. A pause
// is no wait that the API imposed: it counts as none, and what was read before it is
// read again if it has grown old.
//
// # Reading alone
//
// A [Reader] lists ad accounts and finds images by their hashes without a job: the
// same quotas, doubts and backoffs, one lane for each account, and no checkpoint. A
// listing hands on each image once, and an ad account whose pages lead nowhere fails:
// package evidence says when.
package jobs

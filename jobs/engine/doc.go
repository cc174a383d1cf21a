// Package engine carries out the operations of a job.
//
//	Checkpoint -> lane -> lookup -> request -> API -> outcome -> Checkpoint
//
// Who sends next, and what waits for what, is decided by package dispatch, whose client the
// engine is. All its state belongs to the dispatcher's goroutine. Beside it run the worker,
// in the slots of the pool, the committer, which brings changes to the checkpoint, and the
// loader, which reads operations from it. Memory holds a window of each lane, not the job. A
// lane that its quota slows down holds only a bulk read's worth, because what is read long
// before its write would have to be read again.
//
// # The way of a task
//
// The loader reads an operation (claim.go), and it becomes a task of the lane that is charged
// for its write (task.go). What it needs next is a pure function of what is known of it
// (task.next), and done by one method (advance.go). That is mostly a lookup: it is queued with
// others of its ad account (lookup.go), taken by a bulk read in that lane's turn (offer.go), and
// its answer, judged by package evidence, comes back as an observation (read_answer.go), which
// advances the task again. When all it needs is known, it joins its lane's ready writes, or,
// as a deletion, first a group whose copies are read together (group.go) and those that have a
// permit (permit_queue.go). In its lane's turn it becomes a write (write.go). The worker commits
// its intent and makes the round trip (worker.go). The answer settles it, or makes it read back
// what its write did (write_answer.go, settle.go). The committer makes the outcome durable
// (commit.go), and only then its place is free, what waited for it is released, and it is told.
//
// # An operation's life
//
//	pending -> sent -> done | skipped | failed
//	             \-> (answer lost) stays sent: read back, then done, or pending again
//
// What an operation needs next is a pure function of what is known about it (task.next):
// read the target in bulk, read the source in bulk, write, read back. A copy is sent only
// when the target was seen without the image and the source with it, at most ten minutes
// ago; deletes are below. What an answer proves is decided in package evidence and nowhere
// else.
//
// The intent is on disk before a write is sent, and the outcome before anything that
// depends on it starts. An operation whose answer is lost stays sent: reading tells
// whether to record it as done or to send it again. The reading waits for the first pause of
// a retry, also in a process that goes on after another was killed: what has just left may
// not have taken effect yet.
//
// # Deletes
//
// A delete is sent only when each copy of its image was seen in its target at most ten
// seconds ago, counted from the sending of that read to the sending of the delete, these
// confirmations are on disk, and the source was seen with the image unused. A delete that
// is held back longer, by a park, the quota, the disk or a missing connection, is not sent,
// and its copies are read again. After a number of answers that were too slow it fails, and
// the image stays.
//
// So the copies are read last, for a group of deletes at once: one bulk read of their
// sources and one of each ad account that has copies of their images. A group has as many
// deletes as the lane may send within those ten seconds, 50 at most. A lane that its quota
// slows down collects deletes until the quota allows what the group costs, unless no more
// can come. A delete that depends on no copy has no group and is sent like a copy.
//
// The API's word for a delete is not enough: the source is read until it does not show the
// image, and the copies once more after that. A copy that is not shown then fails as
// copy_unseen. An image without a copy is asked for twice before it is said to have been
// absent from the start.
//
// # Attempts
//
// An attempt is a write that was answered, or whose answer was lost. A throttle, an
// interruption and a connection that was never made are no attempts; neither is an answer
// that did not come from the API, nor a lost answer while the API answers nothing else
// either. Reads are tried again with the same backoff, and a bulk read that fails asks for
// about half as many images.
//
// # Refusals
//
// A refused token stops the run. Any other refusal is held until package dispatch knows
// whether the token and the app are good. For an ad account, or a pair of
// accounts, that is not known to be open a few writes are sent as trials and the others
// wait for their results: refused calls count against the quota and the app's access tier,
// so a closed account gets three of them, not one for each row. A read that is refused is
// made smaller until it is known whether the account, an image or the size is refused.
//
// # Absence
//
// That an image is absent is believed from an answer that carries a quota header, or when
// asked twice: an account that is being throttled may answer with an empty list. If the
// header used to be there, also in an earlier process of the job, the question is repeated
// for longer than an hour, and what is still not known then is left for a later run.
//
// # Pictures
//
// A picture is taken for an image's only as far as its bytes show it. What the content
// network sends is decoded and has the size that the API tells (package graph). A picture
// that is received for two hashes is believed for neither (package content): pictures that
// are downloaded together are compared before any is used, and each is checked once more
// just before its write is sent. An image that was uploaded before that was known keeps its
// source, whichever worker deletes there. A backup folder remembers its pictures for all jobs
// that use it, a job those that it uploaded, for all its workers. A picture that is not believed may be a placeholder that is gone the next
// time: it is downloaded as often as a write is tried, with its url read anew, and then its
// row fails. A placeholder of the right size is recognised by the second image it is sent
// for; if only one image is downloaded, it is not recognised.
//
// With a [Backup] an image is backed up before its deletion has its turn. With UploadInstead a copy
// that is refused because of its two ad accounts is carried out by downloading and uploading
// the image, and one refusal decides that for the pair. Pictures are downloaded when a write
// could be sent, a few ahead, so that none holds a turn while it waits for its picture.
//
// # What this job created
//
// An outcome says Created if the image was seen absent before the write was sent. Under a
// hash that was not read before (the API chose another one, or the row named none) it says
// so if the image is no older than the write, by the API's clock.
//
// # Shared jobs
//
// With Options.Sharing other workers carry out lanes of the same job (package fleet). The engine's
// lanes come with [Engine.Take] and go with [Engine.Give]: writes under way end, their outcomes are
// committed, and everything else of the lane is dropped. Between slices a lane rests: its ad
// account may be read, nothing is written or claimed. Before a request leaves, Sharing is asked.
//
// # Steering
//
// [Engine.Steer] pauses a run, lets it go on, or changes its workers and its rate. A pause is
// no wait that the API imposed, and what was read before it is read again if it is too old.
package engine

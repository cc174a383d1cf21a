// Package engine carries out the operations of a job.
//
//	Checkpoint -> lane -> lookup -> request -> API -> outcome -> Checkpoint
//
// [Engine.Run] is one dispatcher goroutine that owns all state in memory, a bounded
// errgroup pool that makes the HTTP requests, and one goroutine that commits changes to
// the checkpoint. Workers wait for nothing but the network and the disk: whatever has
// to wait goes back to its lane or becomes a timer of the dispatcher.
//
// The API charges every ad account separately, so there is one lane for each: its
// operations, the lookups in it, its quota and its park time. The lanes take turns; each
// turn is one HTTP request of up to BatchSize calls. Memory holds a window of each lane,
// not the job. A lane that its quota slows down holds only a bulk read's worth, because what
// is read long before its write would have to be read again.
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
// whether to record it as done or to send it again.
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
// # Waits
//
// Whatever keeps the run from sending, a park, a quota, a dead network or an answer that
// is doubted, is reported with its reason and its end, in events and in the checkpoint. It
// counts towards MaxWait from when nothing but waits is left to do. A wait that the API
// names is obeyed for a day at most; then one call asks again.
//
// # Refusals
//
// A refused token stops the run. Any other refusal is held until package dispatch knows
// whether the token and the app are good (see there). For an ad account, or a pair of
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
// source. A backup folder remembers its pictures for all jobs that use it, a job those that
// it uploaded. A picture that is not believed may be a placeholder that is gone the next
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
// # Steering
//
// [Engine.Steer] pauses a run, lets it go on, or changes its workers and its rate. A pause is
// no wait that the API imposed, and what was read before it is read again if it is too old.
package engine

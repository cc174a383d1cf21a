// Package jobs has the words of a job, as types that the other packages share: the
// operation and its outcome, the reason and status of a row, events, the summary, the
// tuning, the errors that end a run, and the [Checkpoint] interface. How a job is run
// is in the packages below: quota, evidence, dispatch, engine, reader and content; what is
// done with one in store, outlook, registry, control, backup, cleanup, undo, uses, verify,
// preflight and rehearsal; collect and spill make a manifest of what ad accounts hold; disk
// makes files that a power failure leaves whole.
//
// # One row, from CSV to results.csv
//
// Line 7 of a manifest says: move image h from account 11 to account 22.
//
//  1. plan.Read checks the row and makes two operations of it: a copy of (11, h) to 22,
//     and a deletion of (11, h) that needs the copy.
//  2. store.Create writes both to job.db, as pending.
//  3. The engine claims the copy for the lane of account 22, which the API charges.
//  4. task.next asks for a lookup of h in 22; a bulk read asks for it together with others,
//     evidence.Lookup.Judge says what the answer proves, and 22 is seen without h.
//  5. The same for the source: 11 is seen with h. The task is ready.
//  6. The lane has its turn and its quota allows the call; the write joins a request.
//  7. The intent is committed (sent), the request leaves in the pool, its answer comes back.
//  8. The engine commits the outcome, done, and the store releases the deletion.
//  9. The deletion waits in the lane of account 11 for its group; h is read in 11 and in 22
//     within ten seconds, the confirmation of the copy is committed, the DELETE is sent.
//  10. 11 is read until it does not show h, 22 once more; the outcome is committed.
//  11. At the end the store streams the rows; [FateOf] makes the fate of line 7 of its two
//     outcomes, and package reports writes it to results.csv.
//
// # Glossary
//
//	ad account     where images are; the API charges every call to one (act_<id>)
//	image hash     names an image within an ad account; a copy may get another one
//	manifest       the CSV file that a job is made of
//	row            a record of the manifest; it has one result
//	operation      one call that changes an ad account: a copy, a deletion, an upload
//	outcome        all that the checkpoint knows about an operation
//	fate           a row's status and reason, from the outcomes of its operations
//	reason         the fixed word for why a row was skipped or failed
//	job            a manifest that is being carried out, in a folder of its own
//	checkpoint     the durable state of a job: job.db
//	intent         the note on disk that a write is about to be sent
//	claim          to bring operations from the checkpoint into memory
//	task           an operation in memory, in package engine
//	lane           an ad account with its tasks, lookups and quota
//	turn           a lane's chance to send one request
//	request        one HTTP request of up to --batch-size calls
//	lookup         the question whether an ad account has an image
//	observation    a lookup's answer: seen, absent or not known, and when
//	confirmation   an observation of a copy in its target, on disk
//	permit         recent confirmations of all copies, without which no deletion is sent
//	group          deletions whose copies are confirmed together
//	route          a source and a target, or one account's deletions: whether the API carries
//	               out the writes there; it is found out by a few trials
//	skipped range  operations that a lane passes over while their source cannot be read
//	gate           what the ad accounts of one app share: its quota and its block
//	login          what the ad accounts of one token share: whether it is good
//	throttle       an answer that says to wait
//	park           the wait that a throttle imposed; status shows it, a restart keeps it
//	probe          the one call after a park that shows whether it is over
//	outlook        what a job waits for, and how much time is left
//	uses           the creatives that use a job's source images
//	quota          what a lane may send now, as far as is known
//	tier           the access tier of the app, as the API reports it
//	neutral question  GET /me: whether the API is there and takes the token
//	tally          counts over all processes that ran the job
//	forecast       what a plan will cost, and how long it takes under the quotas
//	guard          conditions in a row under which alone its deletion may be sent
//	picture        the file of an image, as downloaded
//	witness        a place where a guard says the image has to be
//	departure      a request that is about to leave, of which the other workers are told
//	clearance      whether it may, and what they did
//	slice          a part of the work on a lane of a job that has several workers
//	recall         to have a worker give a lane back
package jobs

// Package store keeps the checkpoint of a job: one SQLite database, job.db, in
// the job's folder, beside a lock file. It also tells two jobs apart that contradict
// each other.
//
// # Format, version 2
//
// The database has application_id 0x61646672 ("adfr") and user_version 2, and
// runs in WAL mode. Any SQLite tool may read it, also while a job runs; the view
// results shows the operations with their outcomes. Times are milliseconds since
// 1970, UTC; 0 or NULL where there is none.
//
//	meta      key, value: name, manifest_path, manifest_sha256, rows, header
//	          (JSON), created_at, consent, sandbox, endpoint (scheme, host and
//	          port), backup, on_denied, policy, paused_at, workers, max_rate,
//	          tally, exit_code, stop, seal
//	rows      line, verb, first (the copy or upload), del, record: the raw CSV
//	          text of the manifest row, with the user's own columns
//	ops       id, kind, source, hash, target, file, lane (the ad account that
//	          the API charges), needs (it waits for others), needed (others wait
//	          for it), guard (of a deletion: a plan.Guard, or empty)
//	needs     op, need: which operation waits for which
//	outcomes  op, state (pending, sent, done, skipped, failed), reason,
//	          target_hash, created, seen, tried, attempts, code, subcode, message,
//	          trace, started, finished, last_sent (when the last write left or, if
//	          its answer was lost, when that was noticed). No row: pending, never sent
//	lanes     account ("" is the app), tier, parked_until, parked_for, calls,
//	          throttles, parked
//	samples   at, settled, failed, parked: progress over time
//	parks     account, since, until, code, subcode: waits the API imposed
//
// rows, ops and needs are written once, when the job is made, under another
// name; the finished file is renamed into place, so a job is there whole or not
// at all. Everything else about an operation is one narrow row of outcomes.
//
// Version 1 had neither guard nor last_sent. A file of it is read as it lies, and
// upgraded in one transaction when a process opens it to run it; testdata keeps a
// file of each version.
//
// # Folder
//
// A job is made in a folder that is missing, empty, or holds nothing but what was
// written there for it, what a crash left of making it, and what file systems put
// into folders; see [Vacant]. Another user's job can be read, as far as permissions
// go, and is a [ForeignError] to whoever wants to change it.
//
// # Durability
//
// All writes go through one goroutine that merges what its callers bring while
// the disk is busy into one transaction with synchronous=FULL, and answers them
// when it is on disk. Another process's pause or tune is one statement beside it.
// After a failed commit the store refuses every further one:
// what the disk holds is then the truth.
//
// A process that runs a job reads it by the job's own connections alone: whoever
// opens the file besides, and closes it, drops all locks of the process on it, and
// another SQLite may take the log in use for left behind.
//
// # Expectations
//
// What the settled operations leave to be expected of each image is drawn up in a
// temporary table of the reader's own connection, which SQLite keeps outside the job
// file and drops with the connection: about 100 bytes for each image.
//
// # Series
//
// A timer makes one job folder a run, <name>-<yyyymmdd>-<hhmmss>Z, under one root
// whose file series.lock keeps a second timer out. A [Series] names them, finds
// the newest, and removes those that are done with.
//
// # What a reader refuses
//
// A file that is not SQLite, has another application_id, fails SQLite's
// quick_check, or breaks its seal is a [DamagedError]; one with a higher
// user_version is a [NewerError]. Neither is written to. The seal is a CRC-32C
// over all pages of the fresh file but those that later change, the facts in meta
// that say what the job is, and the schema, so it also ends with VACUUM or any other
// edit of the plan. A file that is a symbolic link, or has another name as well, is a
// [LinkedError]: SQLite keeps the log beside the name by which a file was opened, and
// a lock on one folder does not hold for another.
//
// # Locks
//
// The locks belong to the operating system and die with their holder:
//
//	what is locked  how             holds
//	job.lock        flock           everywhere; elsewhere than on Windows it can be removed
//	the folder      flock           on Unix, by any path, while it is moved, and before there
//	                                is a job in it; not on some network file systems
//	job.db          fcntl, OFD      on Linux, in whatever folder the file is; at 2^60, far
//	                                from SQLite's own locks
//
// A process has all that there are, and lets go of the last one after its last
// connection to the database.
package store

// Package store keeps the checkpoint of a job in an SQLite database, job.db, in the job's
// folder, with a lock file beside it. It also finds conflicts between two jobs.
//
// # Format, version 4
//
// The database has application_id 0x61646672 ("adfr") and user_version 4, and is in WAL
// mode. Any SQLite tool may read it, also while a job runs; the view results shows the
// operations with their outcomes. Times are milliseconds since 1970, UTC; 0 or NULL means
// none.
//
//	meta        key, value: name, manifest_path, manifest_sha256, rows, header
//	            (JSON), created_at, consent, sandbox, endpoint (scheme, host and
//	            port), credentials (JSON: labels, apps by label, and the sha256 of
//	            the credentials file), account_labels (JSON: labels of credentials by ad
//	            account, for workers), folders (JSON, of a job of a database: see Folders),
//	            backup, on_denied, policy, paused_at, workers, max_rate, tally, running_at (when
//	            the last process began), exit_code, stop, seal (a checksum)
//	rows        line, verb, first (the copy or upload), del, record: the raw CSV
//	            text of the manifest row, with the user's own columns
//	ops         id, kind, source, hash, target, file, lane (the ad account that
//	            the API charges), needs (1: it waits for others), needed (1: others
//	            wait for it), guard (of a deletion: a plan.Guard, or empty)
//	needs       op, need: which operation waits for which
//	outcomes    op, state (pending, sent, done, skipped, failed), reason,
//	            target_hash, created, seen, tried, attempts, code, subcode, message,
//	            trace, started, finished, last_sent (when the last write left or, if
//	            its answer was lost, when that was noticed), creatives (of a deletion
//	            that failed as in_use: their ids, spaces between them). No row: pending,
//	            never sent
//	lanes       account ("" is the app), tier, parked_until, parked_for, calls,
//	            throttles, parked
//	samples     at, settled, failed, parked: progress over time
//	parks       account, since, until, code, subcode: waits the API imposed
//	row_counts  verb, account (that receives or loses the image), first, first_reason,
//	            del, del_reason (the states and reasons of the operations, empty if
//	            there is none), n: how many rows
//	op_counts   kind, lane, others (the accounts besides the lane that can keep them
//	            back, spaces between them), state (pending also of those that are sent),
//	            blames (1: jobs.Outcome.Blames), n: how many operations, finished: the
//	            latest time of those
//
// rows, ops and needs are written when the job is made, into a file with another name.
// The complete file is renamed, so that a job exists completely or not at all. Everything
// else about an operation is one small row of outcomes, and in the counts.
//
// The counts are kept in the transactions that change what they count, so that a summary of a
// large job takes as long as one of a small job. What differs from the rows was edited, and is
// counted anew when a process opens the file to run the job.
//
// No release had a lower version. testdata has a file of this one.
//
// # Databases
//
// What is SQL alone is shared with jobs in PostgreSQL: the queries, the writer, the counts. They
// are written for a file of SQLite with one job, and [Database] and [Tables] have what differs.
// So one query has the same meaning, and the same order, wherever a job is.
//
// Several processes may write a job whose tables are [SharedTables], each the operations of its own
// lanes. Then the counts of an operation that others may change are read anew in each transaction,
// and what is released in lanes of others is told to them.
//
// # Folder
//
// A job is made in a folder that does not exist, is empty, or has only files that were
// written for the job, that an interrupted Create left, or that file systems put there;
// see [CheckVacant]. Another user's job can be read if permissions allow it. Changing it
// is a [ForeignError].
//
// # Durability
//
// All writes of the process that runs a job go through one goroutine. It merges the
// changes that arrive while the disk is busy into one transaction with synchronous=FULL,
// and answers its callers when that is on disk. Another process's pause or tune is a
// single statement. After a failed commit the store refuses all further ones, because
// only what is on disk is certain.
//
// The process that runs a job must read job.db only through the job's own connections.
// Opening and closing the file in another way drops all POSIX locks of the process on it,
// after which another SQLite may take the log for abandoned.
//
// # Expectations
//
// [Job.Expectations] computes where each image must be after the settled operations. It
// uses a temporary table of its own connection, which SQLite keeps outside the job file
// and drops with the connection: about 100 bytes per image.
//
// # Schedule
//
// A scheduled cleanup makes a job folder for each run, <name>-<yyyymmdd>-<hhmmss>Z, under
// one root. The file series.lock there keeps a second process out. A [Schedule] names the
// folders, finds the latest, and removes old finished ones.
//
// # What a reader refuses
//
// A file that is not SQLite, has another application_id, fails SQLite's quick_check, or
// has a wrong checksum is a [DamagedError]; one with another user_version is a
// [FormatError]. Neither is written to. The checksum is a CRC-32C over all pages of the new
// file except those that change later, over what meta says about the manifest, and over
// the schema. VACUUM and any edit of the plan invalidate it. A process that goes on with a job
// reads it while the file is still being checked, which takes seconds for a million rows; its first
// write waits for the end of that (see [OpenAhead]). A file that is a symbolic
// link or has several hard links is a [LinkedError], because SQLite keeps the log beside
// the name by which the file was opened, and the lock is in one folder only.
//
// # Locks
//
// The locks are the operating system's, which releases them when the process ends:
//
//	what is locked  how             where
//	job.lock        flock           everywhere; the file can be removed, except on Windows
//	the folder      flock           on Unix, for all paths to it, even if it is moved or has no
//	                                job yet; not on some network file systems
//	job.db          fcntl, OFD      on Linux, for all folders with the file; at byte 2^60, far
//	                                from SQLite's own locks
//
// A process takes all locks that the system has, and releases the last one after it has
// closed its last connection to the database.
package store

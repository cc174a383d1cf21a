// Package postgres keeps jobs in a database of PostgreSQL, many in one. What a job is, and all
// that is SQL alone, is in package store; this package has what differs from a file of SQLite.
//
// # Tables, version 2
//
// They are in the schema adferry: jobs has the number and the name of each job, migrations
// which version they are of, and all others are those of package store with the number of the
// job in front. migrations/N_up.sql makes version N of the one before, migrations/N_down.sql
// goes back. [Open], [View] and [Create] refuse a database of another version, older or newer,
// with a [SchemaError]. Version 2 has besides, for the workers of package fleet, River's tables
// (river_*), and:
//
//	workers     name, host, pid, version, labels, started, renewed, until (the end of its lease),
//	            refused (jobs that it leaves alone, and why)
//	leases      job, lane, worker, since, why and until (it waits)
//	failing     job, lane: writes to it fail
//	released    job, lane, op: released by a worker that does not have the lane
//	ready       job, op, lane: waited for others, which are all settled, and is not settled itself
//	spends      seq, app, account, at, engine, calls, points: what engines took from quotas
//	quotas      app, account, saved (package quota), seq (the latest spend that it counts), at
//	app_parks   app, until, why: waits that the API imposed on an app
//	probes      app, account, worker, engine, until: who sends the call that shows whether a
//	            throttle is over
//
// # Texts
//
// A query of package store reads a table by its name alone. [text] makes it one for a job:
// FROM ops p becomes FROM (SELECT * FROM adferry.ops WHERE job = 17) AS p, which PostgreSQL
// plans as if the condition were in the query; json_each and the placeholders are replaced, and
// the hints for SQLite's planner left out. That a text means the same is what storetest tests.
//
// # Lock
//
// The process that runs a job has a session-level advisory lock, on the connection that also
// writes the job. So who has lost the lock can write nothing more, and no request leaves before
// its intent is written. An answer may be old when a process reads it, which was stopped meanwhile
// or whose machine slept: so PostgreSQL is asked again before a request leaves if it was last asked
// more than 2 s before, and no request leaves later than 20 s after it was asked something that it
// answered. The connection is never replaced by another one. While it is idle it is asked every
// second whether it still has the lock. PostgreSQL ends the session, and with it the lock, when the
// process ends, or when the other end has not answered for 25 s.
//
// A pooler that gives each transaction another connection cannot be used: the lock would be that
// of the pooler.
//
// # Workers
//
// [Database.Board] is where workers meet. A worker that carries out lanes of a job has the job's lock
// shared, so that it excludes a process that runs the job alone, and not other workers. What keeps
// workers apart is the lease. Each transaction has it as a condition, and a lock of its row until it
// ends; who buries the worker needs that row. So nothing is written after a burial, however long a
// process was stopped. One that is stopped within a transaction loses it after 10 s, because the rows
// that it changed keep others waiting.
//
// Transactions of a job's workers run at the same time. They lock in one order: operations that wait
// for what is settled, counts, states of ad accounts, the tally, outcomes; of each kind in the order
// of keys. Two workers that settle what one deletion waits for lock the deletion, so that the later
// one sees both and releases it. Each operation is written by whoever has its lane, until it is
// settled; only then does another one write what it saw of a copy.
//
// A request asks in one call of the function depart: whether the lease holds, what others spent, and
// whether it may leave. Calls for one app wait for each other. Spends of an app are so committed in
// the order of seq, and an engine is told all up to a seq. These calls do not wait for a disk: if
// PostgreSQL crashes, a second of what was spent may be lost, and all connections are.
//
// # Plans
//
// PostgreSQL plans by statistics that do not know a job which was just made, takes it for a row or
// two, and would read all of it for each of its operations. So Create has the tables analysed; a
// join by a key is a lateral subquery, which is looked up for each row, and OFFSET 0 keeps the
// planner from joining it in another way; and connections neither read a whole table nor keep a
// part of one in memory to compare it with each row of another, see planned.
//
// # Durability
//
// A commit returns when PostgreSQL says that it is durable; synchronous_commit is set to on
// where it is off. An asynchronous standby that takes over loses what it had not received.
package postgres

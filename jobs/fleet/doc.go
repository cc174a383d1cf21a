// Package fleet carries out the jobs of a database with several workers, each a process of its
// own, on any number of machines.
//
//	River -> slice -> lane of the engine -> API
//	Board: leases, parks, spending -> every worker's engine
//
// # Slices
//
// A lane is an ad account with the operations that it is charged for. Of each lane with work there
// is one River job, its slice, which names the job and the ad account and nothing else. While a
// worker works on the slice, at most 20 s, its engine sends the lane's writes; then the slice snoozes,
// which burns no attempt: not at all if the lane has more to send, else until it may, or until another
// lane has done what this one waits for. A slice ends when its lane is done.
//
// A slice that nobody has is in its job's queue, for every worker that may carry out the lane. The
// worker that takes it moves it to a queue of its own, because what it read of images and learned of
// quotas is in its memory. A worker with more lanes than its part gives some back: it lets what is
// under way end, saves what it learned, and moves the slice to the job's queue.
//
// # Leases
//
// A worker has one lease for all its lanes, which it renews every few seconds (package board). Every
// transaction that writes to a job has the lease as a condition, and every request asks for it before
// it leaves (jobs.Sharing). A write leaves at most jobs.LatestDeparture after the lease was last
// certain, and the lease lasts longer than that. So a worker that was stopped, or cut off, sends and
// writes nothing more when another one has its lanes. What it had sent is sent in the checkpoint, and
// read before anything is repeated, once the request can no longer be under way.
//
// A worker whose lease is over is buried by any other: its lanes are free, and its slices go back to
// their job's queue. Those it was working on are rescued by River first, which looks at when an attempt
// began and at nothing else: the time is longer than a slice.
//
// # Quotas
//
// What a request takes from an ad account and its app is entered into the board before it leaves, and
// what others entered since comes back. If that leaves no room, the request stays; the engine charges
// it and decides anew. A throttle that one worker met closes the ad account, or the app, for all; the
// probe after it is sent by one. What was learned of a quota is saved with the ad account, and goes to
// whoever uses it next.
//
// # Which lanes
//
// A worker takes the lanes for which it has all credentials: those of the ad account, of the sources
// and copies that are read for it, and of witnesses. Workers may have different files, and different
// tokens of a file, but they give each ad account the same label: the job remembers those of the
// first worker, and others leave it alone. Of a job that uploads files, keeps a backup or downloads
// images a worker takes lanes only if it sees the job's folders (package proof).
//
// A folder may hang for days. Nobody waits for it longer than is said where it is used ([disk.Within],
// package proof), so that it holds up the jobs that need it, and not the end of the worker. It holds up
// others if it begins to hang while a job is set up: for two minutes. What hangs goes on in a goroutine of its own, and a thread, until the folder answers.
package fleet

// Package registry knows the unfinished jobs of a user on this machine, so that two jobs
// that conflict are not both run: for example a consolidation and a cleanup of its
// target, or opposite moves of the same images.
//
// # Format, version 1
//
// The state folder is ADFERRY_STATE_DIR, or else adferry in the system's place for
// state: $XDG_STATE_HOME or ~/.local/state, ~/Library/Application Support on macOS,
// %LocalAppData% on Windows. It has registry.lock, which a process holds while it starts
// a job, and jobs/*.json, one for each unfinished job:
//
//	version   1; a reader refuses a higher one
//	folder    of the job: absolute, with symbolic links resolved
//	endpoint  scheme, host and port of the server that it runs against
//	accounts  objects of account (digits) and role: deletes, copies_from, copies_to
//	since     when this process, or the last one, began to run it (RFC 3339)
//
// A file is written under a name that begins with a dot, and renamed when it is on disk.
// The process that runs the job holds a lock on <entry>.lock beside it.
//
// # What is refused
//
// A process registers a job before it sends the job's writes. It compares the job with
// each other registered job of the same server, if the roles of the two in some ad
// account conflict. Two jobs conflict if one of them still has to delete an image in an
// ad account, and the other one still has to delete it, still has to copy it from there,
// has copied or uploaded it there, or still has to. Images are compared by the hashes
// that they have in that account, as the job files tell. Whichever job deletes, the one
// that starts second is refused.
//
// Cleanups of one schedule may delete the same image, so that a new run does not have to
// wait for an earlier one that was interrupted. An undo does not conflict with the job
// that it undoes. A job is removed from the registry when none of its operations is left
// to do; failed rows count as done until they are reopened. It is also removed if its
// folder or job file does not exist any more: to give up a job, remove its folder. A
// folder that was moved while its job was running still counts. Its job file cannot be
// read then, so the roles in its ad accounts decide.
//
// # Jobs of a database
//
// They are not in the state folder. A job is compared with all others of its database that were
// started and are unfinished, of all users and hosts, see [Compare]. To give up one of them,
// remove it from the database.
//
// # What it cannot see
//
// From a folder, the jobs of databases, and from a database those in folders. From a folder, jobs
// of other users, on other hosts or in other containers; the embedded sandbox, which
// no other process can reach; a job that was moved and not run since; an image that a
// copy whose answer was lost creates under another hash. If the state folder cannot be
// written to, the job is not registered. The user is warned, because other processes
// cannot see the job then. The jobs that others registered there are checked all the same.
package registry

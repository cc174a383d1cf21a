// Package registry knows the unfinished jobs of a user on this machine, so that two
// of them that contradict each other are not run: a consolidation and a cleanup of
// its target, say, or opposite moves of the same images.
//
// # Format, version 1
//
// The state folder is ADFERRY_STATE_DIR, or else adferry in the system's place for
// such: $XDG_STATE_HOME or ~/.local/state, ~/Library/Application Support on macOS,
// %LocalAppData% on Windows. In it are registry.lock, which whoever starts a job
// holds meanwhile, and jobs/*.json, one for each unfinished job:
//
//	version   1; a reader refuses a higher one
//	folder    of the job: absolute, with symbolic links resolved
//	endpoint  scheme, host and port of the server that it runs against
//	accounts  objects of account (digits) and role: deletes, copies_from, copies_to
//	since     when this process, or the last one, began to run it (RFC 3339)
//
// A file is made under a name that begins with a dot and renamed when it is on disk.
// The process that runs the job holds a lock on it.
//
// # What is refused
//
// Whoever is about to send a job's writes registers it first. For each other job of
// the same server whose accounts meet its own in a role of which one is to delete,
// the images of both are held against each other in their job files. They contradict
// each other if one of the two has left to delete, in some ad account, an image that
// the other has left to delete there, has left to copy from there, or has brought
// there or has left to bring. Hashes are those that the images have where they are.
// It does not matter which of the two deletes: the one that starts second is refused.
//
// Cleanups that a timer makes under one folder may delete the same image: one whose
// keep list has grown does not wait for a former one that was cut short. An undo and
// the job that it undoes do not meet. A job is out of the registry when
// nothing of it is left to do; failed rows are settled until they are opened again.
// So is one whose folder or job file is gone: to give a job up for good is to remove
// its folder. A folder that was moved while its job was running still counts: what
// the job does cannot be looked up then, so its accounts alone decide.
//
// # What it cannot see
//
// Jobs of other users and on other hosts or in other containers; the embedded
// sandbox, which no one else can reach; a job that was moved and not run since; what
// a copy in doubt will have brought under another hash. If the state folder cannot be
// written to, the job is not registered, and that is told, because no other job can
// see it then; what is registered there by others is looked at all the same.
package registry

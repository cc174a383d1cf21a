package cleanup

import "adferry/jobs"

// Earlier is the job that an earlier run left in a folder, as a cleanup sees it.
type Earlier struct {
	State    jobs.JobState // empty if there is no job
	Reported bool          // its reports are written, and tell of its end
	Same     bool          // the same cleanup made it: see [Request.Made]
}

// ended reports whether there is nothing left to do for the job. A job whose last
// process was killed after the last deletion still lacks its reports.
func (e Earlier) ended() bool { return e.State == jobs.JobFinished && e.Reported }

// A Step is what a cleanup does next, given an earlier job.
type Step uint8

// The steps.
const (
	_              Step = iota
	Start               // list, and make a job
	StartAnother        // likewise, and leave the earlier job unfinished
	Resume              // the earlier job, without listing
	RefuseRunning       // another process holds the earlier job
	RefuseFinished      // the folder is that of a finished job
	RefuseOther         // the folder is that of a job which this cleanup did not make
)

// InFolder decides for a cleanup whose folder was named: one folder has one job.
func (e Earlier) InFolder() Step {
	switch {
	case e.State == "":
		return Start
	case e.ended():
		return RefuseFinished
	case !e.Same:
		return RefuseOther
	}
	return Resume
}

// Scheduled decides for a scheduled cleanup, whose runs have a folder each: e is the
// newest folder's job. One that somebody has resumed by hand is waited for, because two
// jobs at once would compete for the ad accounts' quota.
func (e Earlier) Scheduled() Step {
	switch {
	case e.State == "":
		return Start
	case e.State.Held():
		return RefuseRunning
	case e.ended():
		return Start
	case e.Same:
		return Resume
	case e.State == jobs.JobFinished:
		return Start
	}
	return StartAnother
}

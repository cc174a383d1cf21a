package fleet

import (
	"fmt"
	"time"

	"adferry/plan"
)

// EventKind says what an event of a worker is about.
type EventKind string

// The kinds of events, as the log names them.
const (
	Joined      EventKind = "joined"       // the worker is known, as Worker
	Left        EventKind = "left"         // it is not any more
	Lost        EventKind = "lost"         // because of Err; it joins again
	Buried      EventKind = "buried"       // the lease of Worker is over, and its lanes are free
	Unswept     EventKind = "unswept"      // what there is to do cannot be read, because of Err; it is tried again
	JobOpened   EventKind = "job_opened"   // lanes of Job are carried out
	JobClosed   EventKind = "job_closed"   // no more
	JobRefused  EventKind = "job_refused"  // this worker does not carry out Job, because of Err
	JobPaused   EventKind = "job_paused"   // the worker paused Job, because of Err
	JobOffline  EventKind = "job_offline"  // the API or the database cannot be used for Job, because of Err; it is tried again at Until
	JobFinished EventKind = "job_finished" // every operation of Job is settled
	LaneTaken   EventKind = "lane_taken"
	LaneGiven   EventKind = "lane_given" // back, Done or not
	LaneWaits   EventKind = "lane_waits" // until Until, a minute or more, because of Why
)

// Event is what a worker tells.
type Event struct {
	Kind   EventKind
	Worker string
	Job    string
	Lane   plan.Account
	Done   bool
	Why    string
	Until  time.Time
	Err    error
}

// String is the event in a sentence for people.
func (e Event) String() string {
	switch e.Kind {
	case Joined:
		return "joined as " + e.Worker
	case Left:
		return e.Worker + " has left; its lanes are free"
	case Lost:
		return fmt.Sprintf("%s is cut off: %v; it sends nothing more and joins again", e.Worker, e.Err)
	case Buried:
		return e.Worker + " has not renewed its lease: its lanes are free"
	case Unswept:
		return fmt.Sprintf("what there is to do cannot be read: %v; it is tried again", e.Err)
	case JobOpened:
		return "job " + e.Job + ": begins"
	case JobClosed:
		return "job " + e.Job + ": ends here"
	case JobRefused:
		return fmt.Sprintf("job %s: not carried out here: %v", e.Job, e.Err)
	case JobPaused:
		return fmt.Sprintf("job %s: paused: %v", e.Job, e.Err)
	case JobOffline:
		return fmt.Sprintf("job %s: %v; tried again at %s", e.Job, e.Err, e.Until.UTC().Format(time.TimeOnly))
	case JobFinished:
		return "job " + e.Job + ": finished"
	case LaneTaken:
		return fmt.Sprintf("job %s: takes %s", e.Job, e.Lane.Act())
	case LaneGiven:
		if e.Done {
			return fmt.Sprintf("job %s: %s is done", e.Job, e.Lane.Act())
		}
		return fmt.Sprintf("job %s: gives %s back", e.Job, e.Lane.Act())
	case LaneWaits:
		return fmt.Sprintf("job %s: %s waits until %s: %s", e.Job, e.Lane.Act(), e.Until.UTC().Format(time.TimeOnly), e.Why)
	}
	return string(e.Kind)
}

package engine

import (
	"errors"
	"time"

	"adferry/graph"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/plan"
)

// write is a task's write on its way, with what its worker needs of the task.
type write struct {
	task       *task
	op         *plan.Op    // which never changes
	intent     jobs.Record // goes to disk before the call leaves
	picture    *picture
	uploadedTo plan.Account // see task.uploadedTo
}

// newWrite notes that the task's write is sent now.
func newWrite(t *task, now time.Time) *write {
	o := t.Outcome
	o.State, o.Reason, o.TargetHash = jobs.Sent, "", ""
	if t.asUpload {
		o.Reason = jobs.Uploaded
	}
	o.Code, o.Subcode, o.Message, o.TraceID = 0, 0, "", "" // a message on a sent one means: counted
	if o.Started.IsZero() {
		o.Started = now
	}
	o.LastSent = now
	t.Outcome = o
	return &write{task: t, op: &t.Op, intent: jobs.Record{ID: t.ID, Needed: t.Needed, Outcome: o}, picture: t.picture, uploadedTo: t.uploadedTo()}
}

// write is the call that carries the task out. The file of an upload row is added
// by the worker.
func (t *task) write() graph.Call {
	switch {
	case t.uploads():
		return graph.Upload(string(t.Target), t.picture.file)
	case t.Kind == plan.KindCopy:
		hash, _ := t.sourceHash()
		return graph.Copy(string(t.Target), string(t.Source), string(hash))
	}
	hash, _ := t.sourceHash()
	call := graph.Delete(string(t.Source), string(hash))
	if len(t.places) > 0 {
		call.ConnectBy = t.permittedUntil()
	}
	return call
}

// Answered implements [dispatch.Item].
func (w *write) Answered(_ *dispatch.Request, reply graph.Reply, now time.Time) {
	w.task.home.e.writeAnswered(w.task, reply, now)
}

// Unsent implements [dispatch.Item].
func (w *write) Unsent(why error, _ time.Time) {
	t, e := w.task, w.task.home.e
	var file *jobs.FileError
	var disk *jobs.CheckpointError
	var stays *dispatch.NotYet
	switch {
	case errors.As(why, &disk): // the run ends, and the next one finds what is on disk
	case errors.As(why, &file):
		e.settle(t, t.fail(jobs.FileUnreadable, why.Error()).outcome)
	case why == errDoubted:
		e.settle(t, t.fail(jobs.CopyUnseen, "not deleted: the picture that was uploaded to "+w.uploadedTo.Act()+" was also received for another image, so it may be a placeholder").outcome)
	case errors.As(why, &stays):
		e.unsent(t)
	case why == errExpired:
		t.staleCount++
		t.forgetCopies()
		e.unsent(t)
	default: // its picture is not taken for its image's any more, or its file system fails
		t.Outcome.State, t.Outcome.Reason = jobs.Pending, ""
		if t.lost { // an earlier write is still in doubt
			t.Outcome.State = jobs.Sent
		}
		e.commit.addRemoving(t.picture.path, jobs.Change{}, nil)
		e.downloaded(t, picture{err: why})
	}
}

package engine

import "testing"

// A route that was opened keeps no task in memory that waited for its trials.
func TestOpenRouteLetsGo(t *testing.T) {
	t.Parallel()
	waiting := make([]*task, 3)
	for i := range waiting {
		waiting[i] = &task{waiting: 1, awaitsRoute: true} // a lookup is on its way: it does not advance
	}
	first := waiting[0]
	w := &route{open: true, waiting: waiting}
	(&Engine{}).wakeWaiting(w)
	if first.awaitsRoute || len(w.waiting) > 0 {
		t.Errorf("got %d tasks that wait, the first of them: %t, want none", len(w.waiting), first.awaitsRoute)
	}
	for i, kept := range waiting {
		if kept != nil {
			t.Errorf("task %d is kept in memory", i)
		}
	}
}

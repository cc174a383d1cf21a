package proof

import (
	"context"
	"sync"

	"adferry/jobs/disk"
)

// looks are under way in this process, by their paths: two kinds of look never have the same one. A
// folder may hang for days, each look at it keeps a thread, and there is a sweep every few seconds: so
// there is one at a time, and once somebody has waited for it in vain nobody else does.
var looks = lookout{underway: map[string]*look{}}

type lookout struct {
	mu       sync.Mutex
	underway map[string]*look
}

// look is a look at a path.
type look struct {
	ended chan struct{}
	err   error // once it has ended
	hangs bool  // somebody waited in vain
}

// at returns what a look at a path found; [disk.ErrHangs] if it does not end before ctx does, or did
// not for somebody else.
func (o *lookout) at(ctx context.Context, path string, do func(path string) error) error {
	o.mu.Lock()
	l := o.underway[path]
	if l == nil {
		l = &look{ended: make(chan struct{})}
		o.underway[path] = l
		go func() {
			l.err = do(path)
			o.mu.Lock()
			delete(o.underway, path)
			o.mu.Unlock()
			close(l.ended)
		}()
	}
	hangs := l.hangs
	o.mu.Unlock()
	if hangs {
		return disk.ErrHangs
	}
	select {
	case <-l.ended:
		return l.err
	case <-ctx.Done():
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	l.hangs = true
	return disk.ErrHangs
}

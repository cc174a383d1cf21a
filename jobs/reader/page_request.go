package reader

import (
	"time"

	"adferry/graph"
	"adferry/jobs/dispatch"
)

// pageRequest is a page of a listing or some hashes to be read, in as many reads as it
// takes.
type pageRequest struct {
	hashes []string // not answered yet; none for a page of a listing
	after  string   // cursor of the page before
	empty  int      // pages in a row that showed nothing of the hashes

	query   graph.Query // the read that was last sent
	due     time.Time
	retries dispatch.Retries
	unsure  bool // what the answer did not show may be there
	doubted bool // it waits to be asked again because of that
	asked   int  // how often it did
	second  bool // an answer has shown the hashes to be absent, although they are expected
	alone   bool // the next read asks for one image: a larger one was refused
}

// backlog is what an ad account has left to read.
type backlog interface {
	// next is the next request, for at most n images; nil if there is none, or none
	// beside the given number of others.
	next(n, others int) (*pageRequest, error)
	// query is what to ask now, for at most n images.
	query(e *pageRequest, n int) graph.Query
	// take handles an answer and returns what is left to read. Unless the answer is
	// sure, what it does not show comes back as unsure. An answer that proves nothing
	// is an *unreadError: the request is repeated as after a read that failed.
	take(e *pageRequest, r graph.Reply, sure bool) ([]*pageRequest, error)
	// done reports whether next has no more, ever.
	done() bool
}

// unreadError is an answer that does not answer what was asked.
type unreadError struct{ err *graph.Error }

func (e *unreadError) Error() string { return e.err.Error() }

package reader

import (
	"time"

	"github.com/cenkalti/backoff/v4"

	"adferry/graph"
)

// pageRequest is something to be read, by as many reads as it takes.
type pageRequest struct {
	hashes []string // still to be told of; none for a page of a listing
	after  string   // cursor of the page before
	empty  int      // pages in a row that showed nothing of the hashes

	query   graph.Query // the read that was last sent
	due     time.Time
	tries   int // reads in a row that failed
	policy  backoff.BackOff
	doubted bool      // what the answer does not show may be there
	asked   int       // how often it was doubted
	alone   bool      // the next read asks for one image: a larger one was refused
	foreign int       // reads that somebody else than the API answered
	missed  time.Time // when one last got no answer
}

// backlog is what an ad account has left to read.
type backlog interface {
	// next is the next errand; nil when there is none, or none beside the given
	// number of others. A new one is about n images at most.
	next(n, others int) (*pageRequest, error)
	// query is what to ask now, for n images at most.
	query(e *pageRequest, n int) graph.Query
	// take takes an answer and returns what is left to do. Unless it is sure, what
	// the answer shows nothing of comes back doubted. An answer that proves nothing is
	// an *unreadError: the errand is made again as after a read that failed.
	take(e *pageRequest, r graph.Reply, sure bool) ([]*pageRequest, error)
	// done reports whether next has no more, ever.
	done() bool
}

// unreadError is an answer that is none to what was asked.
type unreadError struct{ err *graph.Error }

func (e *unreadError) Error() string { return e.err.Error() }

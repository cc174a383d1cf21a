package engine

import "adferry/plan"

// Freed is how many released operations a lane remembers.
func (e *Engine) Freed(a plan.Account) (n int) {
	e.tell(func() { n = len(e.lanes[a].freed) })
	return n
}

package engine

import "sync"

// mailbox passes what the dispatcher adds on to a goroutine of its own, which takes together
// what has come meanwhile. The dispatcher never waits for it.
type mailbox[T any] struct {
	mu      sync.Mutex
	pending []T
	wake    chan struct{} // holds one when something is pending
	quit    chan struct{}
	ended   chan struct{}
}

func newMailbox[T any](take func([]T)) *mailbox[T] {
	m := &mailbox[T]{wake: make(chan struct{}, 1), quit: make(chan struct{}), ended: make(chan struct{})}
	go m.run(take)
	return m
}

func (m *mailbox[T]) add(all ...T) {
	m.mu.Lock()
	m.pending = append(m.pending, all...)
	m.mu.Unlock()
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox[T]) run(take func([]T)) {
	defer close(m.ended)
	for {
		select {
		case <-m.wake:
		case <-m.quit:
			return
		}
		m.mu.Lock()
		pending := m.pending
		m.pending = nil
		m.mu.Unlock()
		if len(pending) > 0 {
			take(pending)
		}
	}
}

// close waits until what was taken last is done. What was not taken is dropped.
func (m *mailbox[T]) close() {
	close(m.quit)
	<-m.ended
}

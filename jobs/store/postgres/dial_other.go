//go:build !linux

package postgres

import "syscall"

// limitUnanswered does nothing: elsewhere keepalives alone tell that the other end has gone.
func limitUnanswered(string, string, syscall.RawConn) error { return nil }

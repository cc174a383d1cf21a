package postgres

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// limitUnanswered has the kernel end a connection when what was sent on it has not been
// acknowledged for deadAfter; without that, it goes on for a quarter of an hour. A socket in a
// folder has no such option, and needs none.
func limitUnanswered(network, _ string, raw syscall.RawConn) error {
	if network == "unix" {
		return nil
	}
	var failed error
	err := raw.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deadAfter.Milliseconds()))
	})
	if err != nil {
		return err
	}
	return failed
}

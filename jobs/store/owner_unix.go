//go:build unix

package store

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// isWritable reports whether permissions allow this user to write to an existing file.
func isWritable(path string) bool {
	const writeOK = 2 // W_OK of access(2)
	err := syscall.Access(path, writeOK)
	return !errors.Is(err, syscall.EACCES) && !errors.Is(err, syscall.EPERM)
}

func ownerOf(path string) string {
	info, err := os.Stat(path)
	if err != nil {
		return "another user"
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "another user"
	}
	id := strconv.FormatUint(uint64(stat.Uid), 10)
	if u, err := user.LookupId(id); err == nil {
		return u.Username
	}
	return "user " + id
}

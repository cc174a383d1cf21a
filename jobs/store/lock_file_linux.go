package store

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// lockedByte is far from the bytes that SQLite locks (from 1 GiB on: SQLite, "File Locking
// And Concurrency"), and after all data.
const lockedByte = 1 << 60

// lockInode locks a file, whatever its path. The lock belongs to the open file description
// (fcntl(2)), so that it does not end when another descriptor of the file is closed.
func lockInode(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	l := unix.Flock_t{Type: unix.F_WRLCK, Start: lockedByte, Len: 1}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &l); err != nil {
		f.Close()
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
			return nil, ErrLocked
		}
		return nil, err
	}
	return f, nil
}

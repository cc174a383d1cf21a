//go:build unix

package store

import (
	"os"
	"syscall"
)

// linkCount is the number of hard links of a file, 0 if it is unknown.
func linkCount(path string) uint64 {
	info, err := os.Lstat(path)
	if err != nil {
		return 0
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(s.Nlink)
	}
	return 0
}

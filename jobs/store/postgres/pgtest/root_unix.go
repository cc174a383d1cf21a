//go:build unix

package pgtest

import (
	"os"
	"os/exec"
	"syscall"
)

// nobody is the user without rights, which PostgreSQL runs as in a container whose only user is
// root.
const nobody = 65534

// dropRoot makes a program run as nobody if this process runs as root, which PostgreSQL refuses.
func dropRoot(cmd *exec.Cmd) {
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
}

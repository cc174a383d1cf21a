package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// runAlone runs a manifest with the binary in a root folder that holds what the
// Dockerfile's image does, as the user that the image has.
func runAlone(t *testing.T, binary string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Log("only root can change the root folder: the binary was not run by itself")
		return
	}
	root := t.TempDir()
	for path, mode := range map[string]os.FileMode{"/tmp": 0o1777, "/var/lib/adferry": 0o755, "/usr/local/bin": 0o755} {
		if err := os.MkdirAll(root+path, mode); err != nil {
			t.Fatal(err)
		}
	}
	for from, to := range map[string]string{binary: "/usr/local/bin/adferry", "../testdata/consolidation.csv": "/var/lib/adferry/manifest.csv"} {
		raw, err := os.ReadFile(from)
		if err == nil {
			err = os.WriteFile(root+to, raw, 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for dir := root; dir != filepath.Dir(os.TempDir()) && dir != "/"; dir = filepath.Dir(dir) {
		_ = os.Chmod(dir, 0o755) // the user has to get into it
	}
	if err := os.Chown(filepath.Join(root, "var/lib/adferry"), imageUser, imageUser); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/usr/local/bin/adferry", "run", "manifest.csv", "--sandbox", "--yes", "--backup", "kept")
	cmd.Dir = "/var/lib/adferry"
	cmd.Env = []string{"ADFERRY_STATE_DIR=/var/lib/adferry/state"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: root, Credential: &syscall.Credential{Uid: imageUser, Gid: imageUser}}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("alone, and as user %d: %v\n%s", imageUser, err, out)
	}
	if _, err := os.Stat(filepath.Join(root, "var/lib/adferry/manifest.job/report.html")); err != nil {
		t.Error(err)
	}
}

package cli

import (
	"bytes"
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// The binary of a release is the same, byte for byte, when another user builds the commit
// elsewhere; it is static, and says what it was built from.
func TestRelease(t *testing.T) {
	t.Parallel()
	commit, err := exec.Command("git", "-C", "..", "rev-parse", "HEAD").Output()
	if err != nil {
		t.Skip("this is no checkout:", err)
	}
	platform := runtime.GOOS + "/" + runtime.GOARCH
	name := "adferry-" + runtime.GOOS + "-" + runtime.GOARCH
	var releases []string
	for _, home := range []string{t.TempDir(), t.TempDir()} {
		source, out := filepath.Join(home, "a clone"), filepath.Join(home, "out")
		if out, err := exec.Command("git", "clone", "--quiet", "..", source).CombinedOutput(); err != nil {
			t.Fatalf("git clone: %v\n%s", err, out)
		}
		build := exec.Command(filepath.Join(source, ".ci", "release"), out, platform)
		build.Env = append(environ(), "GOFLAGS=-tags=mine -buildvcs=false", "GOAMD64=v2", "TZ=Asia/Tokyo", "USER="+filepath.Base(home))
		if log, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, log)
		}
		releases = append(releases, out)
	}
	var first []byte
	for i, dir := range releases {
		binary := readFile(t, filepath.Join(dir, name))
		if i == 0 {
			first = binary
		} else if !bytes.Equal(first, binary) {
			t.Error("two builds of one commit differ")
		}
		check := exec.Command("sha256sum", "--check", "--strict", "SHA256SUMS")
		check.Dir = dir
		if out, err := check.CombinedOutput(); err != nil {
			t.Errorf("sha256sum --check: %v\n%s", err, out)
		}
	}
	path := filepath.Join(releases[0], name)
	out, err := exec.Command(path, "version").Output()
	if err != nil || !strings.Contains(string(out), "\ncommit   "+string(commit)) || !strings.Contains(string(out), "\ndate ") {
		t.Errorf("adferry version: %v\n%swant the commit %s", err, out, commit)
	}
	checkStatic(t, path)
	runAlone(t, path)
}

func checkStatic(t *testing.T, path string) {
	t.Helper()
	f, err := elf.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary is linked dynamically: it has a %v", p.Type)
		}
	}
}

// runAlone runs a manifest with the binary in a root folder that holds what the
// Dockerfile's image does, as the user that the image has.
func runAlone(t *testing.T, binary string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Log("only root can change the root folder: the binary was not run by itself")
		return
	}
	root := t.TempDir()
	for _, path := range []string{"/tmp", "/var/lib/adferry", "/usr/local/bin"} {
		if err := os.MkdirAll(root+path, 0o755); err != nil {
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
	if err := os.Chmod(root+"/tmp", 0o1777); err != nil {
		t.Fatal(err)
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

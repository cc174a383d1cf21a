package registry

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
)

// Folder is the user's state folder; stated is what ADFERRY_STATE_DIR holds.
func Folder(stated string) (string, error) {
	if stated != "" {
		return filepath.Abs(stated)
	}
	base, err := base(runtime.GOOS)
	if err != nil {
		return "", err
	}
	return filepath.Join(base, "adferry"), nil
}

// base is where programs keep their state (XDG Base Directory Specification; Apple,
// "File System Programming Guide"; Microsoft, "KNOWNFOLDERID").
func base(system string) (string, error) {
	if system == "windows" {
		return os.UserCacheDir() // %LocalAppData%
	}
	if dir := os.Getenv("XDG_STATE_HOME"); system != "darwin" && filepath.IsAbs(dir) {
		return dir, nil
	}
	home, err := home()
	if system == "darwin" {
		return filepath.Join(home, "Library", "Application Support"), err
	}
	return filepath.Join(home, ".local", "state"), err
}

// home is the user's home folder, also where a timer starts a program without HOME.
func home() (string, error) {
	if dir, err := os.UserHomeDir(); err == nil && filepath.IsAbs(dir) {
		return dir, nil
	}
	u, err := user.Current()
	if err == nil && !filepath.IsAbs(u.HomeDir) {
		err = errors.New("the user has no home folder")
	}
	if err != nil {
		return "", err
	}
	return u.HomeDir, nil
}

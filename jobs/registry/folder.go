package registry

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
)

// Folder returns the user's state folder. override is the value of ADFERRY_STATE_DIR.
func Folder(override string) (string, error) {
	if override != "" {
		return filepath.Abs(override)
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

// home is the user's home folder, also if HOME is not set, as under some timers.
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

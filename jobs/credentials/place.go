package credentials

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"adferry/graph"
)

// filePrefix marks a place that is a file.
const filePrefix = "file:"

const (
	secretInside = "it holds a secret; the file names places of secrets, never the secrets themselves"
	renewAdvice  = "renew the token if others may have seen it, put it into a variable, and write the variable's name here"
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// hexSecret recognises app secrets, which are 32 hex digits.
var hexSecret = regexp.MustCompile(`^[0-9A-Fa-f]{32}$`)

// place checks the form of a place. An empty one passes.
func (p *parser) place(column, cell string, line int) {
	path, isFile := strings.CutPrefix(cell, filePrefix)
	switch {
	case cell == "":
	case graph.LooksLikeToken(cell), hexSecret.MatchString(cell):
		p.wrong(line, secretInside, renewAdvice)
	case isFile && path == "":
		p.wrong(line, "its "+column+" names no file", "write file:PATH")
	case !isFile && !variableName.MatchString(cell):
		p.wrong(line, "its "+column+" is no name of an environment variable", "write a name such as NORTH_TOKEN, or file:PATH")
	}
}

// Environment is where secrets are read from. The zero value is that of the process.
type Environment struct {
	Lookup func(name string) (string, bool) // os.LookupEnv
	Folder string                           // that paths are relative to
	// Some is for a process that has some of the credentials: those at whose token's place there is
	// nothing are absent, unless all are.
	Some bool
}

// errUnset is why a variable holds no secret.
var errUnset = errors.New("is not set")

// absent reports whether there is nothing at a place, which an error of read may tell.
func absent(err error) bool { return errors.Is(err, errUnset) || errors.Is(err, fs.ErrNotExist) }

// read reads the secret at a place. warning tells that others may read its file. Neither it
// nor the error repeats a part of the secret.
func (e Environment) read(place string) (secret graph.Secret, warning string, err error) {
	path, isFile := strings.CutPrefix(place, filePrefix)
	if !isFile {
		lookup := e.Lookup
		if lookup == nil {
			lookup = os.LookupEnv
		}
		text, set := lookup(place)
		if !set || strings.TrimSpace(text) == "" {
			return secret, "", fmt.Errorf("the variable %s %w", shown(place), errUnset)
		}
		secret, err = graph.NewSecret(text)
		if err != nil {
			return secret, "", fmt.Errorf("the variable %s holds no token: %w", place, err)
		}
		return secret, "", nil
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(e.Folder, path)
	}
	text, warning, err := readPrivate(path)
	if err != nil {
		return secret, "", fmt.Errorf("%s: %w", path, err)
	}
	if secret, err = graph.NewSecret(text); err != nil {
		return secret, "", fmt.Errorf("%s holds no token: %w", path, err)
	}
	if secret.Empty() {
		return secret, "", fmt.Errorf("%s is empty", path)
	}
	return secret, warning, nil
}

// mostSecret is far more than a file with a token has, in bytes.
const mostSecret = 64 << 10

// readPrivate reads a file with a secret, which other users may not read.
func readPrivate(path string) (text, warning string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", "", graph.WithoutPath(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", "", graph.WithoutPath(err)
	}
	if info.IsDir() {
		return "", "", errors.New("it is a folder")
	}
	if info.Mode().Perm()&0o004 != 0 && runtime.GOOS != "windows" { // there the mode says nothing
		// Setting the mode that it has shows whether the user could set another: not if the file
		// is somebody else's, or on a file system that a container mounts read-only.
		if err := os.Chmod(path, info.Mode()); err == nil {
			return "", "", fmt.Errorf("all users of this machine may read it: chmod 600 %s", path)
		}
		warning = path + " can be read by all users of this machine"
	}
	raw, err := io.ReadAll(io.LimitReader(f, mostSecret))
	if err != nil {
		return "", "", graph.WithoutPath(err)
	}
	return string(raw), warning, nil
}

// shown is a variable's name as a message may repeat it: what is as long as a token is not.
func shown(name string) string {
	if len(name) >= 20 && !strings.Contains(name, "_") {
		return `"..." (not shown: it could be a token)`
	}
	return name
}

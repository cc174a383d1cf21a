package cli

import (
	"runtime"
	"runtime/debug"
	"time"

	"adferry/cli/manual"
)

// build is what this binary was built from, as far as the Go command stamped it: a build of
// a module has its version, one in a checkout its commit, too.
func build() manual.Build {
	b := manual.Build{Version: "development", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	if info.Main.Version != "" && info.Main.Version != "(devel)" {
		b.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.time":
			b.Date, _ = time.Parse(time.RFC3339, s.Value)
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

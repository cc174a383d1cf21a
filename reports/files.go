package reports

import (
	"fmt"
	"io"
	"strings"

	"adferry/jobs/review"
)

// WriteFile writes or replaces the file name in dir, whole or not at all, also across a
// power failure.
func WriteFile(dir, name string, write func(io.Writer) error) error {
	set, err := newAtomicSet(dir, name)
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer set.discard()
	if err := write(set.files[name]); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	if err := set.commit(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// Made reports whether a file of this name is one that Write or WriteReview makes, one of
// also, or a temporary file that a crash left of one of them.
func Made(name string, also ...string) bool {
	for _, n := range append(Names(), also...) {
		if name == n || temporary(name, n) {
			return true
		}
	}
	hidden := strings.TrimRight(strings.TrimPrefix(name, "."), "0123456789")
	return review.IsPage(name) || review.IsPage(hidden) && temporary(name, hidden)
}

// Names are the files that Write makes.
func Names() []string {
	return []string{summaryName, mappingName, resultsName, failedName, pageName}
}

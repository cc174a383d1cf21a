package cli

import (
	"regexp"
	"strings"
	"testing"
)

// imageUser is who the Dockerfile's container runs as.
const imageUser = 65532

// The Dockerfile's last stage has no base, no root and no shell, and the binary of a
// release.
func TestDockerfile(t *testing.T) {
	text := readText(t, "../Dockerfile")
	var last []string // instructions
	built := ""
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\\\n", " "), "\n") {
		switch {
		case strings.HasPrefix(line, "#") || line == "":
		case strings.HasPrefix(line, "FROM "):
			built += strings.Join(last, "\n")
			last = []string{line}
		default:
			last = append(last, line)
		}
	}
	image := strings.Join(last, "\n")
	for what, pattern := range map[string]string{
		"no base":               `^FROM scratch\n`,
		"a user that is none":   `\nUSER 65532:65532\n`,
		"adferry, and no shell": `\nENTRYPOINT \["/usr/local/bin/adferry"\]\n`,
		"the state folder":      `\nENV ADFERRY_STATE_DIR=/var/lib/adferry/state\n`,
		"the working folder":    `\nWORKDIR /var/lib/adferry\n`,
	} {
		if !regexp.MustCompile(pattern).MatchString(image) {
			t.Errorf("%s: %s is not in\n%s", what, pattern, image)
		}
	}
	if strings.Contains(image, "\nRUN ") {
		t.Errorf("the last stage has no shell to run anything with:\n%s", image)
	}
	for _, want := range []string{".ci/release /out", "ca-certificates.crt", "/var/lib/adferry"} {
		if !strings.Contains(built, want) {
			t.Errorf("the first stage has no %s:\n%s", want, built)
		}
	}
}

package plan

import (
	"path"
	"strings"
)

// imageFile checks the path of an upload and returns it cleaned, with slashes, so that a
// manifest made on Windows works elsewhere. The path may lead out of the manifest's
// folder, because the failed.csv of a job is in the job's folder. Whether the file is a
// readable image is not checked here.
func imageFile(s string) (string, *flaw) {
	const relative = "write it relative to the manifest's folder"
	const noun = "an image file"
	if f := spacingFlaw(s, noun); f != nil {
		return "", f
	}
	no := func(what, hint string) (string, *flaw) { return "", &flaw{"not " + noun + ": " + what, hint} }
	if lower := strings.ToLower(s); strings.HasPrefix(lower, "http://") || strings.HasPrefix(lower, "https://") {
		return no("it is a web address", "download the image and name the file")
	}
	p := strings.ReplaceAll(s, `\`, "/")
	if p[0] == '/' || len(p) > 1 && p[1] == ':' && isLetter(p[0]) {
		return no("it is an absolute path", relative)
	}
	clean := path.Clean(p)
	if clean == "." || path.Base(clean) == ".." || p[len(p)-1] == '/' {
		return no("it names a folder", "write one row for each image")
	}
	return clean, nil
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

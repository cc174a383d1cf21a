package store

import (
	"path/filepath"

	"adferry/jobs"
	"adferry/plan"
)

// Folders are the folders that a job of a database needs beside it, by paths that are the same on
// every machine; "" for one that it does not need. Each has a file that shows that it is the
// folder which is meant (package proof).
type Folders struct {
	Proof    string `json:"proof"`              // random, of the file's name; "": there are no such files
	Files    string `json:"files,omitempty"`    // of uploads
	Backup   string `json:"backup,omitempty"`   // of deleted images
	Pictures string `json:"pictures,omitempty"` // on their way from one ad account to another
}

// inDatabase reports whether the job may have workers on several machines.
func (s Spec) inDatabase() bool { return s.Output != "" || s.Proof != "" }

// Folders are those that the job of a plan needs.
func (s Spec) Folders(p *plan.Plan) (f Folders) {
	if !s.inDatabase() {
		return f
	}
	f.Proof, f.Backup = s.Proof, s.Backup
	if p.Counts().Uploads > 0 {
		f.Files = filepath.Dir(s.Manifest)
	}
	if s.OnDenied == jobs.UploadDenied {
		f.Pictures = filepath.Join(s.Output, "pictures")
	}
	return f
}

// Paths are the folders.
func (f Folders) Paths() (all []string) {
	for _, folder := range []string{f.Backup, f.Pictures, f.Files} {
		if folder != "" {
			all = append(all, folder)
		}
	}
	return all
}

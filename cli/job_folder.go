package cli

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"adferry/jobs/cleanup"
	"adferry/jobs/review"
	"adferry/jobs/store"
	"adferry/reports"
)

// jobOf is the folder of the job that a manifest's is when no other is named.
func jobOf(manifest string) string {
	return strings.TrimSuffix(manifest, filepath.Ext(manifest)) + ".job"
}

// checkJobFolder recognises a manifest, or another file, in place of the job's folder that
// a command takes.
func checkJobFolder(name, dir string) (string, error) {
	info, err := os.Stat(dir)
	command := "adferry " + name + " "
	switch {
	case errors.Is(err, fs.ErrNotExist) && holdsJob(jobOf(dir)):
		return "", usagef("did you mean "+command+reports.Quote(jobOf(dir))+"?", "%s does not exist", dir)
	case err != nil || info.IsDir():
		return dir, nil // the store says what is wrong with it
	case filepath.Base(dir) == store.FileName:
		return "", usagef(command+reports.Quote(filepath.Dir(dir)), "%s is the file of a job; name its folder", dir)
	case holdsJob(jobOf(dir)):
		return "", usagef(command+reports.Quote(jobOf(dir)), "%s is a file; its job folder is %s", dir, jobOf(dir))
	}
	return "", usagef("adferry run "+reports.Quote(dir)+" makes a job of a manifest, in "+jobOf(dir),
		"%s is a file, and %s takes the folder of a job", dir, name)
}

// holdsJob reports whether there is a job's file in a folder.
func holdsJob(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, store.FileName))
	return err == nil && info.Mode().IsRegular()
}

// checkPlace refuses a folder that cannot be a job's, and a manifest that the job's own
// files would be written over.
func checkPlace(m *manifest, dir string) error {
	if err := notAFile("job", dir); err != nil {
		return err
	}
	if !isInside(m, dir) || !isReportName(filepath.Base(m.kept)) {
		return nil
	}
	return usagef("copy it to another folder, or name another one with --job DIR; to try a job's failed rows again, use adferry retry",
		"%s has the name of a file that the job in %s would write", m.name, dir)
}

// notAFile refuses a file in place of the folder that an option names.
func notAFile(option, dir string) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return usagef("name a folder with --"+option, "%s is a file, and a job needs a folder", dir)
	}
	return nil
}

// isReportName reports whether a file of this name in a job's folder is one that adferry
// writes, or reserves for what it will write there. Some file systems take names in any
// case for the same.
func isReportName(name string) bool {
	return slices.ContainsFunc(append(reports.Names(), store.FileName, store.UsesName, review.FirstPage, reports.CreativesName), func(own string) bool {
		return strings.EqualFold(own, name)
	})
}

// isInside reports whether a manifest lies in a folder, by whatever path.
func isInside(m *manifest, dir string) bool {
	if m.piped != nil {
		return false
	}
	here, err := os.Stat(filepath.Dir(m.kept))
	if err != nil {
		return false
	}
	there, err := os.Stat(dir)
	return err == nil && os.SameFile(here, there)
}

// allowedFiles is what may lie in a job's folder before there is a job: the manifest, and
// what a cleanup's dry run wrote beside it.
func allowedFiles(m *manifest, dir string) []string {
	if !isInside(m, dir) {
		return nil
	}
	return append(draftFiles(dir), filepath.Base(m.kept))
}

// draftNames are the files that a cleanup writes before its job is made.
func draftNames() []string { return []string{cleanup.ManifestName, cleanup.CriteriaName} }

// draftFiles are those and the pages of its review in a folder.
func draftFiles(dir string) []string { return append(draftNames(), review.Pages(dir)...) }

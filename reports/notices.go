package reports

import (
	"fmt"
	"time"

	"adferry/plan"
)

// Notices are lines on standard error about what a command is doing.

// Waiting says that an ad account, or the app under "", waits, and what comes after it if that is
// known.
func Waiting(a plan.Account, until time.Time, why, after string) string {
	if after != "" {
		after = "; " + after
	}
	return fmt.Sprintf("%s waits until %s%s: %s", waiter(a), clock(until, time.Now()), after, OneLine(why))
}

// CheckTakes says how long the reads of plan --check take, once nothing waits.
func CheckTakes(least, most time.Duration) string {
	text := "the check then takes about " + spanLeft(least)
	if spanLeft(most) != spanLeft(least) {
		text += " to " + spanLeft(most)
	}
	return text
}

// Unreachable says that the API cannot be reached.
func Unreachable(again time.Time, why string) string {
	return fmt.Sprintf("the API cannot be reached; next try at %s: %s", clock(again, time.Now()), OneLine(why))
}

// UnconfirmedWrites are writes whose answers were lost, as a count.
func UnconfirmedWrites(n int) string {
	return Counted(n, "write that was not confirmed", "writes that were not confirmed")
}

// WaitingForWrites says that a command waits until such writes can no longer take effect.
func WaitingForWrites(n int, until time.Time) string {
	return fmt.Sprintf("waiting until %s, because %s may take effect until then", Clock(until), UnconfirmedWrites(n))
}

// SettlingLost says that an undo first finds out what became of writes.
func SettlingLost(n int) string {
	return fmt.Sprintf("the answers to %s were lost; what became of them is read first", Counted(n, "write", "writes"))
}

// NothingLeft says that a job is run again that had come to its end.
const NothingLeft = "this job is finished, so nothing is sent; to carry out its manifest once more, run it in another folder: --job DIR"

// NothingToUndo says that the job left nothing to take back.
const NothingToUndo = "nothing to undo: everything is as it was before the job"

// Listed says how many images were listed so far.
func Listed(images int) string {
	return fmt.Sprintf("listing: %s so far", Counted(images, "image", "images"))
}

// NoManifest says that what was read was not enough for a manifest.
const NoManifest = "no manifest was written: it would lack images of an ad account that could not be read to its end"

// NotInAccount says that an image that was asked for is not there.
func NotInAccount(a plan.Account, h plan.Hash) string {
	return fmt.Sprintf("%s does not have the image %s", a.Act(), h)
}

// OldJobsRemoved says how many finished jobs of a schedule were removed.
func OldJobsRemoved(n int, root string) string {
	return fmt.Sprintf("removed %s under %s", Counted(n, "old job", "old jobs"), OneLine(root))
}

// OldJobsKept says which old jobs of a schedule could not be removed.
func OldJobsKept(err error) string {
	return fmt.Sprintf("some old jobs could not be removed: %s", err)
}

// LeftUntouched says that a scheduled cleanup does not resume a job with other options.
func LeftUntouched(dir string) string {
	return fmt.Sprintf("%s holds an unfinished job with other options; left untouched: adferry resume %s goes on with it", OneLine(dir), Quote(dir))
}

// ResumingCleanup says that a cleanup goes on with an unfinished job.
func ResumingCleanup(dir string) string {
	return fmt.Sprintf("resuming the unfinished job in %s; the ad accounts are not listed again", OneLine(dir))
}

// DryRunOfCleanup says how to delete what a dry run of cleanup selected.
func DryRunOfCleanup(manifest, dir string) string {
	return fmt.Sprintf("nothing was deleted; to delete these images: adferry run %s --job %s", Quote(manifest), Quote(dir))
}

// AskConsent asks at the terminal whether deletions are wanted: what says which, and
// backup is the folder to which the images are backed up first, or "". review is the page
// with their pictures, or "".
func AskConsent(what, backup, review string) string {
	warning := "adferry undo brings back only images of which a copy is left; with --backup DIR each one would be saved first, and could be brought back"
	if backup != "" {
		warning = "Each is backed up to " + OneLine(backup) + " before it is deleted, and adferry undo brings it back from there"
	}
	look := ""
	if review != "" {
		look = ReviewAt(review) + "\n"
	}
	return fmt.Sprintf("%s.\n%s%s.\nType yes to go on; with anything else nothing is sent: ", wrap(what, textWidth), look, wrap(warning, textWidth))
}

// ReviewAt says where the pictures are of what would be deleted.
func ReviewAt(path string) string { return "look at the images in a browser: " + Quote(path) }

// MoreUnread says how many ad accounts could not be read besides those that were named.
func MoreUnread(n int) string {
	return Counted(n, "more ad account", "more ad accounts") + " cannot be read either"
}

// PolicyOf says by which policy a cleanup selects.
func PolicyOf(policy string) string { return "policy: " + policy }

// ReportsWritten says that the reports of the job in dir were written again.
func ReportsWritten(dir string) string { return "reports written to " + OneLine(dir) }

// MetricsAt says where metrics are served.
func MetricsAt(url string) string { return "metrics on " + url }

// SandboxAddress says where a sandbox listens.
func SandboxAddress(addr string) string { return "sandbox listening on http://" + addr }

// SandboxUse says how to use it, also if it takes the tokens of a file alone.
func SandboxUse(addr string, tokens bool) string {
	endpoint := "rehearse with: ADFERRY_ENDPOINT=http://" + addr
	if tokens {
		return endpoint + " adferry run MANIFEST --credentials FILE, where FILE names variables with the tokens of --tokens"
	}
	return endpoint + " ADFERRY_ACCESS_TOKEN=any adferry run MANIFEST"
}

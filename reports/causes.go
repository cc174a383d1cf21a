package reports

import "adferry/jobs"

// Cause explains a reason to people.
type Cause struct {
	Short   string // after the reason's word, on one line
	Meaning string // what happened
	Advice  string // what to do about it
}

// CauseOf explains a reason, also one that this version does not know.
func CauseOf(r jobs.Reason) Cause {
	if c, ok := causes[r]; ok {
		return c
	}
	return Cause{
		Short:   "see what the API said",
		Meaning: "This version of adferry has no explanation for the reason.",
		Advice:  "Read what the API said beside it in results.csv, and write the report again with the version that ran the job.",
	}
}

// causes has every reason of package jobs. What the API allows is documented at
// developers.facebook.com: Marketing API, reference/ad-image and
// ad-account/adimages; Graph API, error handling.
var causes = map[jobs.Reason]Cause{
	jobs.AlreadyPresent: {
		Short:   "the target had the image",
		Meaning: "The target account already had the image, so nothing was sent.",
		Advice:  "Nothing to do. An undo of this job leaves such images where they are.",
	},
	jobs.AlreadyAbsent: {
		Short:   "the source no longer had the image",
		Meaning: "The image to delete was no longer in its account.",
		Advice:  "Nothing to do.",
	},
	jobs.NotFound: {
		Short:   "the source account does not have the image",
		Meaning: "The source account lists no image with this hash. A hash belongs to one ad account: it may be another account's, or the image was deleted.",
		Advice:  "Look the image up in the account's media library; then correct source_account or hash in a new manifest, or drop the row.",
	},
	jobs.InUse: {
		Short:   "an ad creative uses the image",
		Meaning: "Meta only deletes images that no ad creative uses, and this one is used. The image is untouched.",
		Advice:  "Point the creatives at the copy with the help of mapping.csv, or delete them; then retry. If they must stay, so must the image.",
	},
	jobs.Denied: {
		Short:   "the token may not do this with this ad account",
		Meaning: "The token's user may not write to the account, may not read the source's creatives, or cannot see the account at all. Meta answers all three alike.",
		Advice:  "Give the user or system user the task ADVERTISE or MANAGE on the account that is written to and at least ANALYZE on the source, check that the token has ads_management, then retry. Where a source may only be read, retry with --on-denied upload.",
	},
	jobs.Invalid: {
		Short:   "the API rejected a value in the call",
		Meaning: "Meta does not accept a value in the call. The same call would be refused again.",
		Advice:  "Read what the API said, correct the row in failed.csv and run that file as a new manifest.",
	},
	jobs.AccountBlocked: {
		Short:   "the ad account is disabled or blocked",
		Meaning: "Meta has disabled the account, or has stopped it from this kind of work for a time.",
		Advice:  "Open Account Quality in Business Manager and resolve what it names. After a temporary block wait some hours, then retry: trying earlier prolongs the block.",
	},
	jobs.DeleteUnconfirmed: {
		Short:   "the API said deleted, and the image is still there",
		Meaning: "Meta answered that the deletion succeeded, and the image was still active when it was read back.",
		Advice:  "Wait an hour, as Meta may be slow to show it, then retry: images that are gone by then count as done. If they are still there, look for creatives that use them.",
	},
	jobs.CopyUnseen: {
		Short:   "the copy could not be read back, so its source stays",
		Meaning: "Meta accepted the copy, but the image did not show up in the target account. Nothing was deleted.",
		Advice:  "Wait some minutes, then retry: what has appeared by then counts as copied, and what has not is copied again.",
	},
	jobs.CopiedNotDeleted: {
		Short:   "the image is in the target and still in the source",
		Meaning: "The copying half of the move is done; the source could not be deleted. The image is in both accounts.",
		Advice:  "The message says why, most often a creative that still uses the image. Fix that, then retry: only the deletion is done again.",
	},
	jobs.DependencyFailed: {
		Short:   "an operation that it depends on failed",
		Meaning: "The row needs another row's image to arrive first, and that row failed. Nothing was sent for this one.",
		Advice:  "Fix the other causes on this list, then retry: both rows run again, in order.",
	},
	jobs.GaveUp: {
		Short:   "temporary errors used up its attempts",
		Meaning: "Temporary errors of Meta or the network came more often than adferry tries one operation.",
		Advice:  "Retry later. If the same rows end here again, try them with --batch-size 1 and give the trace id to Meta's support.",
	},
	jobs.Uploaded: {
		Short:   "copying was refused; the image was uploaded instead",
		Meaning: "Meta refused to copy between the two accounts. With --on-denied upload the image was downloaded from the source and uploaded to the target.",
		Advice:  "Nothing to do. The target's hash may differ from the source's, because Meta may have re-encoded the picture: mapping.csv has it.",
	},
	jobs.BackupFailed: {
		Short:   "the image could not be backed up, so it was not deleted",
		Meaning: "With --backup an image is deleted only once its picture is in the backup, and this one could not be downloaded. The image is untouched.",
		Advice:  "Read the message and retry later: the addresses of pictures are temporary, and a retry asks for new ones.",
	},
	jobs.LastCopy: {
		Short:   "kept: it may be the last copy of the image",
		Meaning: "The account that the image was copied from no longer shows it, so this copy may be the last one. Nothing was deleted.",
		Advice:  "If the image is still wanted, keep it here or copy it back, and retry. If it is not, delete it with a manifest of its own.",
	},
	jobs.NotCreatedHere: {
		Short:   "the image is not the one that the job made",
		Meaning: "By the API's own date the image was created before or after this job wrote it, so somebody else made it.",
		Advice:  "Nothing to do. It stays, because it is not this job's.",
	},
	jobs.FileUnreadable: {
		Short:   "the file to upload could not be read, or is no image",
		Meaning: "The file that the row names was not there, could not be opened, or is no image by its content. Paths are relative to the manifest.",
		Advice:  "Put the image there and make it readable, then retry.",
	},
}

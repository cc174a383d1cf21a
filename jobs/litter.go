package jobs

import (
	"slices"
	"strings"
)

// ProofPrefix begins the name of the file that shows workers that they see a folder of a job
// (package proof).
const ProofPrefix = ".adferry-job-"

// SharedMark is the name of a file with which people say that a folder is one that all workers
// share.
const SharedMark = ".adferry-shared"

// Litter reports whether a file of this name is one that a file system or a file
// manager leaves in any folder, or a job's proof: a folder with nothing else in it counts as empty.
func Litter(name string) bool {
	lower := strings.ToLower(name)
	return slices.Contains(litter, lower) || slices.ContainsFunc(litterPrefixes, func(prefix string) bool { return strings.HasPrefix(lower, prefix) })
}

var (
	litter = []string{
		"lost+found", ".snapshot", ".snapshots", ".zfs", // ext4, WAFL, Btrfs, ZFS
		".ds_store", ".localized", "icon\r", ".apdisk", ".volumeicon.icns", // macOS
		".spotlight-v100", ".trashes", ".fseventsd", ".temporaryitems", ".documentrevisions-v100",
		"thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information", // Windows
		".directory", "@eadir", "#recycle", // KDE, Synology, QNAP
	}
	litterPrefixes = []string{ProofPrefix, SharedMark, "._", ".trash-", ".nfs", ".fuse_hidden"}
)

// Package backup keeps images in a folder before they are deleted, so that they
// can be brought back.
//
// # The folder
//
//	README.txt             what this is, for whoever finds it
//	restore.csv            a manifest of uploads: adferry run DIR/restore.csv
//	<account>/<hash>.png   the picture, with the extension that its content has
//	<account>/<hash>.json  what the ad account said of the image
//	sums/                  which picture came for which image, see package content
//	new/                   files that are not in their place yet
//	lock, in-use           locked by the operating system, see below
//
// An entry is written in this order, each on disk before the next: the picture,
// its row of restore.csv, the JSON. The JSON is what makes an image kept; what a
// crash leaves without it is fetched again, and equal rows of a manifest are
// carried out once. A picture that no longer has its sum counts as not kept.
//
// What is kept is the picture, as far as bytes show that: decoded, of the size that
// the ad account tells, and sent for no other image, in whatever ad account; also what
// was kept before is looked into anew before it lets its image be deleted. One that
// came for two images is kept for the first, since it may be its own, and lets neither
// be deleted until a picture comes that is another. A picture that was kept by an
// adferry that did not write sums takes part in that from when it is met again.
//
// Several jobs may share a folder, also at the same time: rows are appended under
// the operating system's lock of the file "lock". Each holds a shared lock of "in-use"
// while it keeps images: a process that can have it alone removes what those that were
// killed left in new. People may edit restore.csv: an image that is kept once more
// gets its row back.
//
// # The JSON, version 1
//
// One object, UTF-8:
//
//	format         "adferry-backup"
//	version        1; a reader refuses a higher one
//	account, hash  where the image was
//	name           its name there, with which it is uploaded again
//	file           the picture's name beside this file
//	size, sha256   of the picture: bytes, lower-case hex
//	status, created_time, updated_time, permalink_url,
//	original_width, original_height
//	               as the API gave them; absent where it did not
//	kept_at        RFC 3339, UTC
package backup

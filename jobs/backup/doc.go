// Package backup saves images in a folder before they are deleted, so that they can be
// restored.
//
// # The folder
//
//	README.txt             explains the folder
//	restore.csv            a manifest of uploads, for adferry run DIR/restore.csv
//	<account>/<hash>.png   the picture, with the extension for its format
//	<account>/<hash>.json  the image's entry: what the API said about it
//	sums/, new/, in-use    which picture was received for which image, see content.Folder
//	lock                   locked while restore.csv is written
//
// An image is saved in this order, each on disk before the next: the picture, its row of
// restore.csv, the JSON. The image is in the backup if the JSON exists. After a crash
// without it, the picture is downloaded again; a second equal row of a manifest does no
// harm. A picture that does not match its SHA-256 counts as missing.
//
// A picture is saved only if it can be the image's: it was decoded to its end, has the
// size that the API gives, and was not received for another image in any ad account.
// Pictures saved earlier are checked again before their images may be deleted. A picture
// received for two images stays saved for the first one, because it may belong to it, but
// neither image may be deleted until another picture is received. Pictures saved by
// versions of adferry that did not write sums are added to sums when they are used.
//
// Several jobs may use a folder, also at the same time. Rows are appended while the file
// "lock" is locked. People may edit restore.csv; an image that is saved again gets its row back.
//
// # The JSON, version 1
//
// One object, UTF-8:
//
//	format         "adferry-backup"
//	version        1; a reader refuses a higher one
//	account, hash  where the image was
//	name           its name there, with which it will be uploaded
//	file           the picture's name beside this file
//	size, sha256   of the picture: bytes, lower-case hex
//	status, created_time, updated_time, permalink_url,
//	original_width, original_height
//	               as the API gave them, absent if it did not
//	kept_at        RFC 3339, UTC
package backup

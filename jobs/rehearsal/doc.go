// Package rehearsal fills a sandbox server with what a manifest takes for granted: every
// ad account of the manifest exists, and every source has its image.
//
// A manifest column named sandbox changes that for a row, with any of these words,
// separated by spaces:
//
//	missing      the source does not have the image
//	present      the target has it already
//	in_use       a creative uses it; in_use=ID+ID names several
//	associated   it counts as used, and no creative is named
//	name=FILE    its file name
//	age=DAYSd    it was created so many days ago
//	denied       the target, or a delete's source, refuses the token
//	rehash       its copies get another hash
package rehearsal

// Package plan turns a manifest into validated, ordered operations.
//
// A manifest is CSV in UTF-8, commas between cells, LF or CRLF, with or without
// a byte order mark. Its first record names the columns, in any order and case:
//
//	column          copy  move  delete  upload
//	operation       opt.  req.  req.    req.    empty or absent means copy
//	source_account  req.  req.  req.    -       digits, act_ accepted
//	hash            req.  req.  req.    opt.    32 hex digits, any case
//	target_account  req.  req.  -       req.    digits, act_ accepted
//	file            -     -     -       req.    relative to the manifest's folder
//
// Deletions that adferry plans by itself have one column more, adferry_guard, which
// only delete and move rows may fill: machine-written conditions under which alone
// the deletion may leave. [Guard] has its text. A guard that was touched is a
// problem of its cell; so are two rows that put different guards on one deletion, and
// a row that deletes what another one's guard wants to see.
//
// Other columns belong to the user and are not looked into, save that the whole
// file has to be UTF-8 without NUL bytes.
//
// # Operations
//
// A copy row is one copy, a delete row one deletion, an upload row one upload,
// a move row a copy and a deletion. What is the same call is the same operation,
// however many rows ask for it. Operations are numbered from 1 in the order in
// which rows first mention them. With (A,h) for image h in account A:
//
//   - a copy out of (A,h) needs every copy and upload into (A,h);
//   - a deletion of (A,h) needs every copy out of it and every copy into it;
//   - a deletion of (A,h) needs the deletion of every (X,h) that is moved into
//     (A,h): the image must be seen in A before A loses it;
//   - a deletion with a witness (see below) needs every copy and upload into that.
//
// These needs never form a circle in a plan that [Read] returns.
//
// # What is refused
//
// [Read] looks at the whole file and reports every problem as a [Problem], among
// them: columns that are missing, named twice, or nearly named like ours; values
// that are no account id, hash or file; cells that are missing or that the
// operation does not use; a source equal to its target; a deletion of an image
// that another row puts there (a chain of moves A to B to C excepted); circles of
// copies and moves; one file expected to give two hashes. Files in UTF-16, with
// another separator or of another kind are named as such.
//
// What a spreadsheet or a wrong encoding does to a manifest is looked for in the
// file as a whole: a column of operations whose name is not recognised, account
// ids that lost their last digits (two or more without act_, of more than 15 digits,
// all ending in 0; a single one is among [Plan.Warnings]), NUL bytes and Ctrl-Z
// behind the rows. Wholly empty rows at the end are no rows. A record is at most 1 MiB, so that an
// unclosed quote cannot pull the rest of the file into memory.
//
// Where broken quotes leave no doubt about the next record, reading goes on
// there; where they swallow line ends, it goes on at the line after the one on
// which the broken record starts.
//
// The package is pure: no clock, no network, no files but the reader it is given
// and what a [FileCheck] says.
package plan

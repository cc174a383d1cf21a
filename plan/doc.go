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
// Manifests that adferry writes have one more column, adferry_guard, for delete and
// move rows: conditions without which the deletion must not be sent. [Guard] describes
// its text. A guard that was edited is a problem of its cell; so are two rows with
// different guards for one deletion, and a row that deletes an image that the guard of
// another row needs.
//
// Other columns belong to the user and are not read, except that the whole file has to
// be UTF-8 without NUL bytes.
//
// # Operations
//
// A copy row is one copy, a delete row one deletion, an upload row one upload,
// a move row a copy and a deletion. Rows that ask for the same call share one
// operation. Operations are numbered from 1 in the order in which rows first mention
// them. With (A,h) for image h in account A:
//
//   - a copy out of (A,h) needs every copy and upload into (A,h);
//   - a deletion of (A,h) needs every copy out of it and every copy into it;
//   - a deletion of (A,h) needs the deletion of every (X,h) that is moved into
//     (A,h): the image must be seen in A before A loses it, also when the deletion in X
//     failed and is tried again;
//   - a deletion whose guard has a witness needs every copy and upload into the witness.
//
// These needs never form a cycle in a plan that [Read] returns.
//
// # What is refused
//
// [Read] looks at the whole file and reports every problem as a [Problem], among
// them: columns that are missing, named twice, or misspelt; values that are not an
// account id, a hash or a file; cells that are missing or that the operation does not
// use; a source equal to its target; a deletion of an image that another row puts there
// (except in a chain of moves from A to B to C); cycles of copies and moves; one file
// that is expected to give two hashes. Files in UTF-16, with another separator or of
// another kind are recognised and named.
//
// Read also looks at the file as a whole for what a spreadsheet or a wrong encoding does
// to it: a column of operations whose name is not recognised, account ids that lost
// their last digits (two or more without act_, of more than 15 digits, all ending in 0;
// a single one is among [Plan.Warnings]), NUL bytes and Ctrl-Z after the rows. Empty
// rows at the end are ignored. A record is at most 1 MiB, so that an unclosed quote
// cannot pull the rest of the file into memory.
//
// After a record with broken quotes, reading goes on with the next record; if the
// quotes run over line ends, it goes on at the line after the one on which the broken
// record starts.
//
// The package is pure: it uses no clock and no network, and no files besides its reader
// and what a [FileCheck] looks at.
package plan

// Package cleanup says which images of an ad account a cleanup deletes. It is a
// pure function of the policy, the image as the API lists it, and the time: no
// clock, no network, and no files but the readers it is given.
//
// It stands under jobs, beside quota: both are policy that a run obeys. It reads
// what graph lists and speaks of accounts and hashes as plan does, and it knows
// nothing of how a job is run or kept; package cli makes the manifest of what it
// selects, and a job of that.
//
// # What is selected
//
// An image goes only if the policy selects it and nothing holds it back; see
// [Policy.Judge]. What is not known holds an image back: a status other than
// ACTIVE, a creation time that is missing or makes no sense, a hash that is none, and
// a use that is not told: both fields of it (AdImage, "creatives" and
// "is_associated_creatives_in_adgroups") missing, or one of a type that is not
// documented. An image that is told to be in use is never selected, whatever else is
// said of it. The API documents its list of creatives to be incomplete, so an image
// that is used may look unused: the deletion is refused by the API then, and a keep
// list names what must not even be tried.
//
// # What is counted
//
// A [Count] is one of images, and it is for the caller to hand each over once:
// [adferry/jobs.Reader.List] does. A share of an ad account's images that may go would
// otherwise grow with every row that repeats one.
//
// # Keep lists
//
// A keep list ([Keep.Read]) is UTF-8 text, either
//
//   - image hashes, one a line: kept in every ad account; or
//   - CSV with a header row. The column target_hash is kept in the ad account of
//     the column target_account, as in a job's mapping.csv; where there is no such
//     column, and in the column hash, it is kept in every ad account.
//
// Empty lines and lines that start with # say nothing. A list that cannot be read
// to its last line, or that holds nothing at all, is an error: half a keep list
// would let images go that it was to save.
package cleanup

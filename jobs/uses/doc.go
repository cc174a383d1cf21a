// Package uses finds out which creatives use the images that a job copies, as far as the API
// tells: what has to be re-pointed ([Repoint]), and which of the images may go in the second
// half of a consolidation ([SecondHalf]).
//
// [Read] reads images into a [Memory] on disk; both functions then join what the job knows
// with what was read, as streams. They conclude nothing from what was not told:
//
//	claim               condition
//	used by a creative  a read named it; or, of an image that is not there any more, the read
//	                    before this job would have deleted it, whose creatives the job keeps
//	used by somebody    the API says so, and names no creative
//	unused              the API tells the use in a documented form, and it is none
//	not known           everything else
//
// The API documents its list of creatives to be incomplete: creatives made with a picture's
// URL are not in it (Marketing API reference, "Ad Image", creatives).
//
// # The second half
//
// A source image may go if all of this holds; the first that does not is the [Verdict]:
//
//   - this job does not delete it itself;
//   - this job did not bring it there: then it is the copy of another source;
//   - each of its copies was carried out, or was there already; a copy that the job moved on
//     counts where it is now;
//   - each of its copies is in its target now, and ACTIVE;
//   - it is there itself now, and ACTIVE;
//   - its use is known, and it is unused.
//
// Its row has a guard that names one of the copies: the deletion is sent only after that copy
// was seen again.
package uses

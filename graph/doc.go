// Package graph speaks to the one part of Meta's Graph API that adferry
// drives: the act_<id>/adimages edge, alone or through the batch endpoint, and /me.
//
// The data runs in this order:
//
//	Call -> Client.Do -> one HTTP request -> Reply
//
// A [Call] is a read, copy, delete or upload on one ad account, or [WhoAmI]. [Client.Do]
// carries one call as an ordinary request, and several as one batch request; it
// makes exactly one round trip and never tries again, waits or logs: the
// retry loop of the program is in package jobs. It returns one [Reply] for each
// call, in order.
//
// # Secrets
//
// The access token travels in the Authorization header of a single request or
// in the form body of a batch, and never in a URL. An app secret adds
// appsecret_proof, which the API accepts as a parameter only; a single GET or
// DELETE would put it into the URL, so with an app secret those travel as a
// batch of one. Redirects are not followed, and paging.next, which may carry a
// token, is reduced to its cursor.
//
// # Errors
//
// A failed call has a *[Error] with what the API said and its [Class], which
// alone decides what happens next. Classes follow from code and subcode; texts
// are localised and never decide, with the one exception of appsecret_proof,
// for which the API has no subcode. Error.Lost tells a write that may have
// taken effect from one that surely did not.
//
// An answer is the API's if it holds Graph's error, or what was asked for, or at
// least Graph's headers. What proxies, firewalls and sign-in pages say in its place
// is [Foreign], and a request that got no connection at all [Unreachable]: neither
// says anything of the call. A server error without Graph's own words may be either
// side's (Error.Silent). Refusals that a restricted app or token gets look like those
// of a single ad account; [WhoAmI] asks about the token alone.
//
// # Pictures
//
// [Gallery.Fetch] brings the picture that the url of an image leads to, and
// [DecodePicture] says whether a file is one. The formats are PNG, JPEG, GIF, BMP,
// TIFF and WebP, the last without animation. What was asked for and what is claimed of
// it:
//
//	claim                      evidence                                       test
//	the file is whole          decoded to its end                             TestDecodePicture
//	it is this image's         its pixels are those of the rendition or of    TestCheckPicture
//	                           the original, as far as the API tells them
//	memory is bounded          100 megapixels are decoded at once, by the     TestDecodeDamaged
//	                           header, whatever the number of files
//
// Of an animated GIF the first frame is decoded, and the others are walked through to
// the file's end. Four PNGs of 100 megapixels at once took 403 MB, with 16 bits a
// channel 797 MB.
//
// # Usage
//
// Quota headers of every answer, also of failed ones and of each part of a
// batch, arrive parsed in [Usage]. Numbers may come as strings, exceed 100, or
// be missing; nothing in a header can make a call fail.
package graph

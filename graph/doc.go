// Package graph is a client for the part of Meta's Graph API that adferry uses: the
// act_<id>/adimages edge, directly or through the batch endpoint, /me and /debug_token.
//
// The data runs in this order:
//
//	Call -> Client.Do -> one HTTP request -> Reply
//
// A [Call] is a read, copy, delete or upload on one ad account, [WhoAmI] or [InspectToken].
// [Client.Do] sends one call as an ordinary request, and several as one batch request. It
// makes exactly one round trip and never retries, waits or logs; the retry loop of the program
// is in package jobs/engine. It returns one [Reply] for each call, in order.
//
// # Secrets
//
// The access token travels in the Authorization header of a single request or
// in the form body of a batch, and never in a URL. An app secret adds
// appsecret_proof, which the API accepts as a parameter only; a single GET or
// DELETE would put it into the URL, so with an app secret those travel as a
// batch of one, and so does [InspectToken], whose parameter is the token. Redirects are
// not followed, and paging.next, which may carry a token, is reduced to its cursor.
//
// # Errors
//
// A failed call has an [Error] with what the API said and its [Class], which alone
// decides how the program goes on. Classes follow from code and subcode. Texts are
// localised and are not used, except for appsecret_proof, for which the API has no
// subcode. Error.Lost tells a write that may have taken effect from one that did not.
//
// An answer is the API's if it has a Graph error, or what was asked for, or at least
// Graph's headers. Answers of proxies, firewalls and sign-in pages in its place are
// [Foreign], and a request that got no connection is [Unreachable]: neither says
// anything about the call. A server error without a Graph error may come from either
// (Error.Silent). Refusals of a restricted app or token look like those of a single ad
// account; [WhoAmI] asks about the token only.
//
// # Pictures
//
// An image is what the API knows; its picture is the file. [Downloader.Fetch] downloads
// the picture at the url of an image, and [DecodePicture] checks whether a file is a
// picture. The formats are PNG, JPEG, GIF, BMP, TIFF and WebP, the last without
// animation. What is claimed, and what shows it:
//
//	claim                      evidence                                       test
//	the file is whole          decoded to its end                             TestDecodePicture
//	it is this image's         its size is that of the rendition or of the    TestCheckPicture
//	                           original, if the API gives one
//	memory is bounded          at most 100 megapixels are decoded at once,    TestDecodeDamaged
//	                           by the sizes in the headers
//
// Of an animated GIF the first frame is decoded; the others are read to the file's end. Four PNGs of 100 megapixels at once took 403 MB, with 16 bits a
// channel 797 MB.
//
// # Usage
//
// [Usage] has the quota headers of every answer, also of failed ones and of each part of
// a batch. Numbers may be strings, exceed 100 or be missing; a header that cannot be
// parsed is ignored.
package graph

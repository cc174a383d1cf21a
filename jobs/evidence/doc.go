// Package evidence decides what an answer of the API proves of an image in an ad
// account. Whatever draws a conclusion from an answer asks here: the engine before
// it writes, deletes or settles, the reader, and through it verify, undo, cleanup
// and the checks of a plan.
//
// # What is known
//
// Of an image in an ad account it is known that it is there ([Seen]), that it is not
// ([Absent]), or nothing ([NotKnown]). An [Observation] says which, from a read that
// was sent when, with what else the answer told. What an answer leaves out, or says
// in a shape that is not understood, is not known: it is never absent and never
// unused.
//
// # Lookups
//
// A [Lookup] asks whether the images of some hashes are in an ad account, and
// [Lookup.Judge] says what the answer proves of each:
//
//	claim                by what                                                   test
//	there                the answer names the image, under no other account's id   TestJudge
//	not there            it names the image with status DELETED                    TestJudge
//	none of them there   it is an empty list, understood whole, without a next
//	                     page or a count that says otherwise                       TestJudge
//	nothing              it shows an image that was not asked for, or another ad
//	                     account's: the question was ignored                       TestJudge
//	nothing of this one  it gives the image a status that is none, or none at all
//	                     where the API has told it before                          TestJudge
//	nothing of the rest  it shows some of them, or has entries that name no image  TestJudge
//
// An answer that shows some of what was asked for proves nothing of the others,
// whose absence may be due to a limit that the API does not tell: it is asked again
// for exactly those, until an answer is empty. Where all are there, or none is, that
// costs no call. An empty list is not believed from every answer: one without a
// quota header may come from an ad account that is throttled (see package jobs,
// "Absence").
//
// # Listings
//
// A row of a listing is not an image yet: an image may stand on two pages, and a server
// may serve the same pages for ever. A count of rows would make an ad account look
// larger than it is, and a guard that allows a share of it allow too much. So a
// [Listing] tells images apart by their hashes, exactly, and pages by their cursors:
//
//	claim                by what                                                   test
//	one more image       a row names one that no row before has named              TestListing
//	the end              a page without a next one; if it is empty, under the same
//	                     rule as an empty list in answer to a lookup               TestListing
//	no end               three answers in a row lead from a page back to one before
//	                     it, three pages in a row show nothing new (2,000 that are
//	                     empty, if there is a filter), or it goes on after ten
//	                     million images                                            TestListing
//	nothing              it shows another ad account's image, or has entries that
//	                     name none                                                 TestListing
//
// An ad account whose list has no end is not listed, so nothing is concluded from what
// its pages did show. Images that a server makes up as it goes are told from those of
// a large ad account by the last limit alone. Memory holds 24 to 38 bytes for each image of
// the ad accounts that are being listed (go test ./jobs/evidence -bench Digests).
//
// # Writes
//
// [Match] holds the answers to the calls of one request against each other. A batch
// answer is matched by position, so one that names an image of another call shows
// that positions are worth nothing, and the whole answer is lost:
//
//	claim                   by what                                                test
//	a copy is stored        its answer names the source's hash, or one image alone
//	                        under a name that is no hash, and gives a hash that is
//	                        one                                                    TestMatch
//	a copy got another hash the same; its row is done once the target was read for
//	                        it under that hash                                     TestRenamedSurvivesCrash
//	a delete took effect    the image is no longer there when it is read again     TestDeletesAreReadBack
//	nothing                 a batch answer has another number of entries than was
//	                        asked for                                              TestParseBatch
//	nothing                 its answer is lost: it is read what became of it       TestLostAnswers
//
// A copy's own answer makes its row done. Whatever is built on it (the delete of a
// move, an undo) needs the image seen in the target.
//
// # What is built on it
//
// The packages that act on what is known ask for this much of it:
//
//	claim                    by what                                               test
//	a copy may be sent       the image is not in the target and is in the source,
//	                         by lookups of the last ten minutes                    TestIncompleteAnswers
//	a delete may be sent     each copy was seen in its target at most 10 s ago,
//	                         whatever the delete waited for                        TestSightingsAreSecondsOld
//	                         ... also where the disk holds it up                   TestSlowDiskPermitsNothing
//	                         ... and one sighting of each is on disk               TestDiskBeforeWire
//	                         the answer tells that nothing uses the image          TestOddFields
//	a move is done           the source does not show the image, and its copies
//	                         were seen after that                                  TestVanishedCopyIsTold
//	it was absent before     an answer with a quota header, or a second one        TestEmptyListIsNoProof
//	this job created it      it was seen absent before the write left, or is no
//	                         older than the write                                  TestCreated
//	an undo may delete it    the same, it was created while the job wrote, where
//	                         the API tells, and it is seen where it came from      TestUndoGuards
//	a write is over          its request and a minute after it are                 TestWaitOutDoubt
//	verify: as it was left   the same lookups                                      TestVerifyDistrustsAnswers
//	cleanup: unused          the listing came to its end, and the answer tells     TestCleanupDistrustsListing
//	a picture is the image's it decodes whole, with the size that the API tells    TestCheckPicture
//	                         ... and came for no other image                       TestOnePictureForTwo
package evidence

// Package evidence decides what an answer of the API proves about an image in an ad
// account. Every conclusion from an answer is drawn here: for the engine before it
// writes, deletes or settles, for the reader, and through it for verify, undo, cleanup
// and the checks of a plan.
//
// # What is known
//
// An image in an ad account is known to be there ([Seen]), known not to be there
// ([Absent]), or nothing is known ([NotKnown]). An [Observation] says which, when its read
// was sent, and what else the answer said. What an answer leaves out, or says in an
// unknown form, is not known: the image is then neither absent nor unused.
//
// # Lookups
//
// A [Lookup] asks whether images are in an ad account, and [Lookup.Judge] says what the
// answer proves about each:
//
//	claim                condition                                                 test
//	there                the answer has the image, without another account's id    TestJudge
//	not there            it has the image with status DELETED                      TestJudge
//	none of them there   it is an empty list in a known form, without a next page
//	                     or a count above 0                                        TestJudge
//	nothing              it has an image that was not asked for, or another ad
//	                     account's: the question was ignored                       TestJudge
//	nothing of this one  it gives the image an unknown status, or none although
//	                     the API gave the status before                            TestJudge
//	nothing of the rest  it has some of them, or entries that name no image        TestJudge
//
// An answer with some of the images proves nothing about the others, because the API may
// limit its answers without saying so. The others are asked for again, until an answer is
// empty. If all images are there, or none, this costs no call. Not every empty list is
// trusted: one without a quota header may come from an ad account that is throttled (see
// package engine, "Absence").
//
// # Listings
//
// Rows of a listing are not images: an image may be on two pages, and a server may send
// the same pages for ever. If rows were counted, an ad account would look larger than it
// is, and a limit as a share of it would allow too much. So a [Listing] identifies images
// by their hashes and pages by their cursors:
//
//	claim                condition                                                 test
//	one more image       a row has a hash that no earlier row has                  TestListing
//	the end              a page without a next one; if it is empty, under the rule
//	                     for an empty list in answer to a lookup                   TestListing
//	no end               three answers in a row have an earlier page as the next
//	                     one, three pages in a row have no new image (2,000 that are
//	                     empty, if there is a filter), or it has more than ten
//	                     million images                                            TestListing
//	nothing              the page has another ad account's image, or entries that
//	                     name no image                                             TestListing
//
// If a list has no end, nothing is concluded from its pages. Images that a server makes up
// without end look like those of a large ad account until the last limit. Listing needs 24
// to 38 bytes of memory for each image of the ad accounts that are being listed (go test
// ./jobs/evidence -bench Digests).
//
// # Writes
//
// [Match] compares the answers to the calls of one request. The entries of a batch answer
// belong to the calls by their positions. If one of them is about the image of another
// call, the positions are wrong, and the whole answer is lost:
//
//	claim                   condition                                              test
//	a copy is stored        its answer has the source's hash as key, or a single
//	                        image under a key that is not a hash, and gives a
//	                        valid hash                                             TestMatch
//	a copy got another hash the same; its row is done when a read of the target
//	                        has shown that hash                                    TestRenamedSurvivesCrash
//	a delete took effect    the image is not there when it is read again           TestDeletesAreReadBack
//	nothing                 a batch answer has another number of entries than
//	                        there were calls                                       TestParseBatch
//	nothing                 its answer is lost: reads show the outcome             TestLostAnswers
//
// The answer to a copy makes its row done. What depends on the copy (the delete of a move,
// an undo) needs an observation of the image in the target.
//
// # What decisions require
//
// The packages that act on observations require:
//
//	claim                    condition                                             test
//	a copy may be sent       the image is not in the target and is in the source,
//	                         by lookups of the last ten minutes                    TestIncompleteAnswers
//	a delete may be sent     each copy was seen in its target at most 10 s ago,
//	                         whatever the delete waited for                        TestConfirmationsAreSecondsOld
//	                         ... also if the disk is slow                          TestSlowDiskPermitsNothing
//	                         ... and one confirmation of each is on disk           TestDiskBeforeWire
//	                         the answer says that nothing uses the image           TestOddFields
//	a move is done           the source does not show the image, and its copies
//	                         were seen after that                                  TestVanishedCopyIsTold
//	it was absent before     an answer with a quota header, or a second answer     TestEmptyListIsNoProof
//	this job created it      it was absent before the write was sent, or is not
//	                         older than the write                                  TestCreated
//	an undo may delete it    the same, its created_time, if given, is within the
//	                         job's write, and it is seen where it came from        TestUndoGuards
//	a write is over          its request ended more than a minute ago              TestWaitOutDoubt
//	verify: as it was left   the same lookups                                      TestVerifyDistrustsAnswers
//	verify: it is missing    two answers in a row do not show it                   TestFindExpected
//	creatives: it is gone    the same                                              TestFindExpected
//	cleanup: unused          the listing has ended, and the answer says so         TestCleanupDistrustsListing
//	a picture is the image's it was decoded and has the size that the API gives    TestCheckPicture
//	                         ... and was not received for another image            TestOnePictureForTwo
package evidence

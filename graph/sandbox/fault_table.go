package sandbox

import "slices"

// FaultInfo describes a fault by name.
type FaultInfo struct {
	Name    string
	Heading string // what it strikes, as the heading of a list
	Effect  string // what the client gets, or what happens
}

// Faults describes the faults that have a name of their own, in the order of the package
// comment, by what they strike. Every error code, such as "80004/2446079", is one as well.
func Faults() []FaultInfo { return slices.Clone(faultTable) }

// What faults strike, as headings of lists.
const (
	anyCall      = "Faults of any call"
	batchEntry   = "Faults of a call in a batch"
	wholeBatch   = "Faults of a whole batch"
	aWrite       = "Faults of a write"
	aCopy        = "Faults of a copy"
	twoCopies    = "Faults of a copy that swaps with the next one in its batch"
	aDeletion    = "Faults of a deletion"
	aRead        = "Faults of a read"
	readByHashes = "Faults of a read by hashes"
	aListing     = "Faults of a listing"
	otherPeople  = "Changes by other people, in scripts only"
)

// faultTable has the names that are not error codes. What a fault can strike is decided by its
// heading.
var faultTable = []FaultInfo{
	{faultThrottle, anyCall, "one of 17/2446079, 80004/2446079, 613/1487742"},
	{faultError200, anyCall, "HTTP 200 with an error as its body"},
	{faultErrorEmpty, anyCall, `HTTP 500 {"error":{}}`},
	{faultHTML502, anyCall, "HTTP 502 with an HTML page"},
	{faultHTML504, anyCall, "HTTP 504 with an HTML page"},
	{faultEmpty503, anyCall, "HTTP 503 without a body"},
	{faultTruncated, anyCall, "half of the correct answer"},
	{faultCut, anyCall, "the connection ends without an answer"},
	{faultTimeout, anyCall, "no answer until the client gives up"},
	{faultNull, batchEntry, "its entry is null"},
	{faultAborted, batchEntry, "its entry was aborted"},
	{faultEmptyEntry, batchEntry, "its entry is {}"},
	{faultEnvelope, wholeBatch, "lost behind HTTP 500 code 1"},
	{faultLate, aWrite, "the answer is lost, the effect comes seconds later"},
	{faultLie, aDeletion, "success:true, but the image stays ACTIVE"},
	{faultInUse, aDeletion, "refused because a creative uses the image"},
	{faultRehash, aCopy, "it gets another hash"},
	{faultReduce, aRead, `code 1 "reduce the amount of data", HTTP 500`},
	{faultEmptyList, aRead, `{"data":[]} and no usage header`},
	{faultRegain, anyCall, "success, with headers that say how long to wait"},
	{faultShortBatch, wholeBatch, "once it took effect: an entry is missing, and those after it move up"},
	{faultLongBatch, wholeBatch, "once it took effect: an entry comes twice"},
	{faultShuffledBatch, wholeBatch, "once it took effect: every entry is in the place of another"},
	{faultRenamed, twoCopies, "key and hash of the other copy"},
	{faultRekeyed, twoCopies, "its own hash under the key of the other copy"},
	{faultCrossed, twoCopies, "its own key with the hash of the other copy"},
	{faultBadHash, aCopy, "not a hash but, for example, a formula or markup; text gives it"},
	{faultNullRows, aRead, `{"data":[null]}`},
	{faultEmptyRows, aRead, `{"data":[{}]}`},
	{faultIDRows, aRead, "no field but id"},
	{faultUnsuccessful, aRead, `{"success":false,"data":[]}`},
	{faultForeignRows, aRead, "images of another account with some of the same hashes, or the account's own under an account id that does not exist"},
	{faultStale, aRead, "the images that the account had some time ago; age says how long"},
	{faultNoUse, aRead, "creatives and is_associated_creatives_in_adgroups are missing"},
	{faultOddUse, aRead, "the two have undocumented types"},
	{faultOddTypes, aRead, "a numeric name, status and time, creatives:[123], text for width and height"},
	{faultTotalMismatch, aRead, "with total_count: no images, but a count above 0"},
	{faultCapped, readByHashes, "the first 25 images (or as many as above says), without next"},
	{faultPartial, readByHashes, "some of the images, at least one, without next"},
	{faultUnfiltered, readByHashes, "the first page of all images: the filter is ignored"},
	{faultRepeatedPage, aListing, "each page but the last comes twice, with different cursors"},
	{faultSameCursor, aListing, "the cursor of a page is the one that led to it"},
	{faultCursorCircle, aListing, "in the second half the cursor leads to the start"},
	{faultEndlessPaging, aListing, "the last page comes again and again, with new cursors"},
	{faultEndlessEmpty, aListing, "empty pages with new cursors follow the last page"},
	{faultVanish, otherPeople, "the images in hashes, or all, are removed from account"},
	{faultAppear, otherPeople, "the images in hashes are added to account"},
}

// rowOf has the place of each fault in the table. Codes, which have none, are like the first:
// they strike any call.
var rowOf = func() map[faultKind]int {
	rows := make(map[faultKind]int, len(faultTable))
	for i, f := range faultTable {
		rows[faultKind(f.Name)] = i
	}
	return rows
}()

func (f faultKind) heading() string { return faultTable[rowOf[f]].Heading }

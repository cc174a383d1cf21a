package sandbox

// FaultInfo describes a fault by name.
type FaultInfo struct {
	Name    string
	Effect  string // what the client gets, or what happens
	Heading string // what it strikes, as the heading of a list
}

// Faults describes the faults that have a name of their own, in the order of the package
// comment, by what they strike. Every error code, such as "80004/2446079", is one as well.
func Faults() []FaultInfo {
	all := make([]FaultInfo, 0, len(faultTable))
	for _, f := range faultTable {
		all = append(all, FaultInfo{f.name, f.effect, f.heading})
	}
	return all
}

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

// faultTable has the names that are not error codes.
var faultTable = []struct {
	name    string
	kind    faultKind
	heading string
	effect  string
}{
	{"throttle", faultThrottle, anyCall, "one of 17/2446079, 80004/2446079, 613/1487742"},
	{"error_200", faultError200, anyCall, "HTTP 200 with an error as its body"},
	{"error_empty", faultErrorEmpty, anyCall, `HTTP 500 {"error":{}}`},
	{"html_502", faultHTML502, anyCall, "HTTP 502 with an HTML page"},
	{"html_504", faultHTML504, anyCall, "HTTP 504 with an HTML page"},
	{"empty_503", faultEmpty503, anyCall, "HTTP 503 without a body"},
	{"truncated", faultTruncated, anyCall, "half of the correct answer"},
	{"cut", faultCut, anyCall, "the connection ends without an answer"},
	{"timeout", faultTimeout, anyCall, "no answer until the client gives up"},
	{"null", faultNull, batchEntry, "its entry is null"},
	{"960", faultAborted, batchEntry, "its entry was aborted"},
	{"empty_entry", faultEmptyEntry, batchEntry, "its entry is {}"},
	{"envelope", faultEnvelope, wholeBatch, "lost behind HTTP 500 code 1"},
	{"late", faultLate, aWrite, "the answer is lost, the effect comes seconds later"},
	{"lie", faultLie, aDeletion, "success:true, but the image stays ACTIVE"},
	{"in_use", faultInUse, aDeletion, "refused because a creative uses the image"},
	{"rehash", faultRehash, aCopy, "it gets another hash"},
	{"reduce", faultReduce, aRead, `code 1 "reduce the amount of data", HTTP 500`},
	{"empty_list", faultEmptyList, aRead, `{"data":[]} and no usage header`},
	{"regain", faultRegain, anyCall, "success, with headers that say how long to wait"},
	{"short_batch", faultShortBatch, wholeBatch, "once it took effect: an entry is missing, and those after it move up"},
	{"long_batch", faultLongBatch, wholeBatch, "once it took effect: an entry comes twice"},
	{"shuffled_batch", faultShuffledBatch, wholeBatch, "once it took effect: every entry is in the place of another"},
	{"renamed", faultRenamed, twoCopies, "key and hash of the other copy"},
	{"rekeyed", faultRekeyed, twoCopies, "its own hash under the key of the other copy"},
	{"crossed", faultCrossed, twoCopies, "its own key with the hash of the other copy"},
	{"bad_hash", faultBadHash, aCopy, "not a hash but, for example, a formula or markup; text gives it"},
	{"null_rows", faultNullRows, aRead, `{"data":[null]}`},
	{"empty_rows", faultEmptyRows, aRead, `{"data":[{}]}`},
	{"id_rows", faultIDRows, aRead, "no field but id"},
	{"unsuccessful", faultUnsuccessful, aRead, `{"success":false,"data":[]}`},
	{"foreign_rows", faultForeignRows, aRead, "images of another account with some of the same hashes, or the account's own under an account id that does not exist"},
	{"stale", faultStale, aRead, "the images that the account had some time ago; age says how long"},
	{"no_use", faultNoUse, aRead, "creatives and is_associated_creatives_in_adgroups are missing"},
	{"odd_use", faultOddUse, aRead, "the two have undocumented types"},
	{"odd_types", faultOddTypes, aRead, "a numeric name, status and time, creatives:[123], text for width and height"},
	{"total_mismatch", faultTotalMismatch, aRead, "with total_count: no images, but a count above 0"},
	{"capped", faultCapped, readByHashes, "the first 25 images (or as many as above says), without next"},
	{"partial", faultPartial, readByHashes, "some of the images, at least one, without next"},
	{"unfiltered", faultUnfiltered, readByHashes, "the first page of all images: the filter is ignored"},
	{"repeated_page", faultRepeatedPage, aListing, "each page but the last comes twice, with different cursors"},
	{"same_cursor", faultSameCursor, aListing, "the cursor of a page is the one that led to it"},
	{"cursor_circle", faultCursorCircle, aListing, "in the second half the cursor leads to the start"},
	{"endless_paging", faultEndlessPaging, aListing, "the last page comes again and again, with new cursors"},
	{"endless_empty", faultEndlessEmpty, aListing, "empty pages with new cursors follow the last page"},
	{"vanish", faultVanish, otherPeople, "the images in hashes, or all, are removed from account"},
	{"appear", faultAppear, otherPeople, "the images in hashes are added to account"},
}

// faultNames maps the names to the kinds.
var faultNames = func() map[string]faultKind {
	names := make(map[string]faultKind, len(faultTable))
	for _, f := range faultTable {
		names[f.name] = f.kind
	}
	return names
}()

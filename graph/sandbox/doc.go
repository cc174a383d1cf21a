// Package sandbox is a Graph API that behaves: ad accounts with images, reads,
// copies, uploads, deletions, batches, quotas and faults, served locally as an
// http.Handler. Migrations are rehearsed against it. It stands on the other
// side of the wire and so shares no code with the client it is used to test.
//
// # Paths
//
// Each works with and without a leading /{version}:
//
//	GET    /act_{id}/adimages   a page of images (25 unless limit says more)
//	POST   /act_{id}/adimages   copy_from, or bytes, or multipart files
//	DELETE /act_{id}/adimages   ?hash=
//	GET    /act_{id}            id, account_id, name, account_status
//	GET    /me                  id, name
//	GET    /me/adaccounts       the accounts that the token may see
//	GET    /debug_token         ?input_token=
//	POST   /                    batch=[...], at most 50 entries
//	GET    /_image/{id}/{hash}  the picture that an image's url points to
//
// Everything else gets the error that Graph gives. Bodies may be urlencoded,
// multipart or JSON. A token comes as a bearer header, in the query or in the
// form.
//
// # Invariants
//
//   - The clock is time.Now. There are no goroutines and no timers apart from
//     those that hold a request, so a testing/synctest bubble with a Server in
//     it can run for virtual days and then end. Create the Server inside.
//   - A call is one request, or one entry of a batch. Each counts, failed ones
//     too; a call refused during a block counts only if told to.
//   - An effect, once begun, happens, whether or not the client still waits.
//   - Rates, and what a fault draws, come from the seed and the call itself, never
//     from the order of arrival: the same calls meet the same faults however they
//     interleave.
//   - Listings are ordered by hash. A filter by hashes is paged as any other,
//     so a caller that forgets limit gets 25 of them.
//
// # What nobody has recorded
//
// Where the public record is silent or contradicts itself, Variants chooses;
// its zero value plays the likelier answer. Entries with depends_on or with
// {result=...} are refused, and so are nested batches; zip uploads are not
// unpacked. The filters business_id, biz_tag_id and selected_hashes are checked
// and change nothing. The filter name finds a part of the name.
//
// # Pictures
//
// An image without bytes of its own has a plain picture of its size, with its hash
// inside: no two hashes have the same bytes, and an upload of a downloaded picture
// gets the hash back. Variants and AccountOptions send something else in its place.
//
// # Faults
//
// A fault is named by an error code as tables print it ("80004/2446079", "4",
// "613", "190/463", "1") or by a word:
//
//	throttle     one of 17/2446079, 80004/2446079, 613/1487742
//	error_200    HTTP 200 with an error as its body
//	error_empty  HTTP 500 {"error":{}}
//	html_502     HTTP 502 with a page, html_504 likewise
//	empty_503    HTTP 503 with nothing
//	truncated    the right answer, half of it
//	cut          the connection ends without an answer
//	timeout      nothing comes until the client leaves
//	null         a batch entry that is null
//	960          a batch entry that was aborted
//	empty_entry  a batch entry {}
//	envelope     a whole batch lost behind HTTP 500 code 1
//	late         the answer is lost, the effect comes seconds later
//	lie          success:true, and the image stays ACTIVE
//	in_use       a deletion refused because a creative uses the image
//	rehash       a copy that gets another hash
//	reduce       code 1 "reduce the amount of data", HTTP 500
//	empty_list   {"data":[]} and no usage header
//	regain       success, and headers that say how long to wait, at any level
//
// Answers that are well formed and untrue or incomplete. To a batch as a whole,
// each with the effects of all its entries:
//
//	short_batch     an entry is missing, so that those behind it move up
//	long_batch      an entry comes twice
//	shuffled_batch  every entry is in the place of another
//
// To a copy; the first three in a batch, with the next copy of it for the other
// image, and not at all where there is none:
//
//	renamed   the answer is that of another image of the batch
//	rekeyed   its hash, under the name of another image
//	crossed   its name, with the hash of another image
//	bad_hash  a hash that is none, a formula or markup; text says which
//
// To a read, with its usage headers:
//
//	null_rows       {"data":[null]}
//	empty_rows      {"data":[{}]}
//	id_rows         no field but id
//	unsuccessful    {"success":false,"data":[]}
//	foreign_rows    images of another account that has some of those asked for,
//	                or else the account's own under an id that nobody has
//	stale           what the account held some time ago; age says how long
//	no_use          creatives and is_associated_creatives_in_adgroups are missing
//	odd_use         both are there and of no documented type
//	odd_types       a numeric name, status and time, creatives:[123], text for
//	                width and height
//	total_mismatch  where summary asks for total_count: no images, and a count
//
// To a read by hashes:
//
//	capped      the first 25 of the images (above says another number), no next
//	partial     some of the images, never none, no next
//	unfiltered  the first page of everything: the filter is ignored
//
// To a listing, whose pages above bounds:
//
//	repeated_page   each page but the last comes twice, the second time behind a
//	                cursor of its own
//	same_cursor     a page names the cursor that led to it
//	cursor_circle   in the second half the cursor leads to the beginning
//	endless_paging  the last page comes again and again behind new cursors
//	endless_empty   empty pages behind new cursors follow the last
//
// And by other hands, in scripts alone; the call that sets them off is answered as
// if there were no such rule, and Log does not tell of them:
//
//	vanish  the images that hashes names, or all, leave account
//	appear  the images that hashes names are in account
//
// With _after the effect happens and then the fault; _before, the default, means
// that it never happens. Rates hit cut, timeout, html_502, html_504, empty_503,
// truncated and envelope once for each HTTP request, all others once for each
// call; null, 960 and empty_entry only inside batches. A script rule may name
// any of them: inside a batch, cut loses the whole answer and timeout leaves
// null.
//
// # Scripts
//
// A script is a JSON array of rules. The first rule that fires wins, but every
// rule counts each call it matches:
//
//	[{"match": {"kind": "copy", "account": "111", "nth": 3, "count": 2},
//	  "fault": "cut_after"},
//	 {"match": {"kind": "batch", "after": "90s"},
//	  "fault": {"name": "80004/2446079", "regain": "7m", "hold": "7m"}}]
//
// match: method, account, hash, kind (read, copy, upload, delete, node, batch;
// without it every call, but no batch as a whole), nth (from that match on,
// counted from 1), count (how often; without it once if nth is given, always if
// not), after (time since the server began). fault: name, regain (what
// estimated_time_to_regain_access says), hold (the account, or the app for 4,
// 341 and a bare 17, answers so for that long), delay (of late, and of what other
// hands do), above (of reduce, of capped and of listings), age (of stale, 30s
// unless given, 10m at most; it knows no state from before it was armed), text (of
// bad_hash), account and hashes (of what other hands do; without account that of
// the call), status (another HTTP status). Unknown keys and names are errors.
//
// So somebody deletes two images once the sandbox is 90 seconds old and asked for
// anything:
//
//	[{"match": {"after": "90s", "nth": 1},
//	  "fault": {"name": "vanish", "account": "222", "hashes": ["...", "..."]}}]
package sandbox

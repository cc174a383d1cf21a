// Package sandbox is a simulated Graph API: ad accounts with images, reads, copies,
// uploads, deletions, batches, quotas and faults, served locally as an http.Handler.
// Migrations are rehearsed against it. It shares no code with the client that it is used
// to test.
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
//	GET    /_image/{id}/{hash}/128  its thumbnail, that url_128 points to
//
// Other paths get the same error as from Graph. Bodies may be urlencoded, multipart or
// JSON. The token may be in the Authorization header, the query or the form.
//
// # Invariants
//
//   - The clock is time.Now. The only goroutines and timers are those of requests in
//     progress, so a testing/synctest bubble with a Server can run for virtual days
//     and then end. Create the Server inside the bubble.
//   - A call is one request, or one entry of a batch. Each counts for the quota, also
//     if it fails; calls refused during a block count only with BlockedCallsExtend.
//   - An effect that began happens even if the client gives up.
//   - Faults depend on the seed and the call, never on the order of arrival: the same
//     calls get the same faults however they interleave.
//   - Listings are ordered by hash. A read by hashes is paged, too, so without a limit
//     it returns 25 images.
//
// # Undocumented behaviour
//
// Where documents and recordings are silent or contradict each other, Variants selects
// the behaviour; its zero value is the more likely one. Batch entries with depends_on or
// {result=...} are refused, and so are nested batches; zip uploads are not unpacked. The
// filters business_id, biz_tag_id and selected_hashes are checked and ignored. The filter
// name matches a part of the name.
//
// # Tokens
//
// Without Options.Tokens and Options.Access every token is valid and may do everything.
// Access gives single tokens some ad accounts each, an app with a usage of its own, scopes
// and an end. [ParseTokens] reads them from a JSON object, whose keys are the tokens:
//
//	{"north-token": {"accounts": ["111"], "app": "1"},
//	 "south-token": {"accounts": ["222"], "app": "2", "app_calls": 200, "expires_in": "90s",
//	                 "scopes": ["ads_read"], "secret": "south-secret"}}
//
// app_calls are the calls an hour of all tokens of the app; expires_in counts from the
// server's start.
//
// # Pictures
//
// An image without bytes has a picture of one colour and of its size, with the hash in the
// file: no two hashes have the same bytes, and a picture that is downloaded and uploaded
// again keeps its hash. Variants and AccountOptions can replace the pictures.
//
// # Faults
//
// The name of a fault is an error code ("80004/2446079", "4", "613", "190/463", "1") or
// one of these:
//
//	throttle     one of 17/2446079, 80004/2446079, 613/1487742
//	error_200    HTTP 200 with an error as its body
//	error_empty  HTTP 500 {"error":{}}
//	html_502     HTTP 502 with an HTML page
//	html_504     HTTP 504 with an HTML page
//	empty_503    HTTP 503 without a body
//	truncated    half of the correct answer
//	cut          the connection ends without an answer
//	timeout      no answer until the client gives up
//	null         a batch entry that is null
//	960          a batch entry that was aborted
//	empty_entry  a batch entry {}
//	envelope     a whole batch lost behind HTTP 500 code 1
//	late         the answer is lost, the effect comes seconds later
//	lie          a deletion: success:true, but the image stays ACTIVE
//	in_use       a deletion refused because a creative uses the image
//	rehash       a copy that gets another hash
//	reduce       code 1 "reduce the amount of data", HTTP 500
//	empty_list   {"data":[]} and no usage header
//	regain       success, with headers that say how long to wait
//
// The following answers are well-formed but wrong or incomplete. To a whole batch, after
// the effects of all its entries:
//
//	short_batch     an entry is missing, and those after it move up
//	long_batch      an entry comes twice
//	shuffled_batch  every entry is in the place of another
//
// To a copy. The first three swap with the next copy in the batch, if there is one:
//
//	renamed   key and hash of the other copy
//	rekeyed   its own hash under the key of the other copy
//	crossed   its own key with the hash of the other copy
//	bad_hash  not a hash but, for example, a formula or markup; text gives it
//
// To a read, with its usage headers:
//
//	null_rows       {"data":[null]}
//	empty_rows      {"data":[{}]}
//	id_rows         no field but id
//	unsuccessful    {"success":false,"data":[]}
//	foreign_rows    images of another account with some of the same hashes, or the
//	                account's own under an account id that does not exist
//	stale           the images that the account had some time ago; age says how long
//	no_use          creatives and is_associated_creatives_in_adgroups are missing
//	odd_use         both are there with undocumented types
//	odd_types       a numeric name, status and time, creatives:[123], text for
//	                width and height
//	total_mismatch  to a read with total_count: no images, but a count above 0
//
// To a read by hashes:
//
//	capped      the first 25 images (or as many as above says), without next
//	partial     some of the images, at least one, without next
//	unfiltered  the first page of all images: the filter is ignored
//
// To a listing; above limits the size of its pages:
//
//	repeated_page   each page but the last comes twice, with different cursors
//	same_cursor     the cursor of a page is the one that led to it
//	cursor_circle   in the second half the cursor leads to the start
//	endless_paging  the last page comes again and again, with new cursors
//	endless_empty   empty pages with new cursors follow the last page
//
// Changes by somebody else are possible in scripts only. The call that matches is
// answered as if there were no rule, and Log does not show them:
//
//	vanish  the images in hashes, or all, are removed from account
//	appear  the images in hashes are added to account
//
// A name may have the suffix _after: the effect of the call happens and then the fault.
// With _before, the default, the effect does not happen. Rates of cut, timeout, html_502,
// html_504, empty_503, truncated and envelope apply to each HTTP request, all others to
// each call; null, 960 and empty_entry happen only in batches. A script rule may use all
// of them: in a batch, cut loses the whole answer and timeout gives null.
//
// # Scripts
//
// A script is a JSON array of rules. The first rule that strikes a call wins, but every
// rule counts the calls that it matches:
//
//	[{"match": {"kind": "copy", "account": "111", "nth": 3, "count": 2},
//	  "fault": "cut_after"},
//	 {"match": {"kind": "batch", "after": "90s"},
//	  "fault": {"name": "80004/2446079", "regain": "7m", "hold": "7m"}}]
//
// The keys of match are those of [Match]: method, account, hash, kind (read, copy, upload,
// delete, node, batch), nth, count and after. The keys of fault are name and those of
// [Fault]: regain, hold, delay, above, age, text, account, hashes and status. A fault with
// only a name may be a string. Unknown keys and names are errors, and so is a key
// that changes nothing about the fault. stale shows only states from after its rule was added.
//
// With this script somebody deletes two images at the first call after the sandbox is 90
// seconds old:
//
//	[{"match": {"after": "90s", "nth": 1},
//	  "fault": {"name": "vanish", "account": "222", "hashes": ["...", "..."]}}]
package sandbox

// Package reports makes all that people and scripts read: the five files beside a
// checkpoint, the plan before a job, the progress and the metrics while it runs, the
// summary after it, and what list and verify find.
//
// [Write] makes the files in one pass over the job. Each is written beside its
// place and renamed into it; none is renamed before all five are complete on
// disk, so that a full disk leaves the previous reports as they were. Everything
// in them is a function of the checkpoint: no clock is read.
//
// # CSV files
//
// All are UTF-8 with commas, LF line ends and a header. The user's cells of the
// manifest are copied byte for byte, quotes included; ids of ad accounts in our
// columns begin with act_, so that no spreadsheet rounds them. Times are RFC 3339 in
// UTC with milliseconds, empty when there is none; an error code of 0 is an empty cell.
//
//   - results.csv: one row for each manifest row, in its order: row, operation,
//     source_account, hash, target_account, status, reason, target_hash, attempts,
//     error_code, error_subcode, error_message, fbtrace_id, started_at,
//     finished_at; then the manifest's other columns, file among them.
//   - failed.csv: the failed rows: the manifest's columns, then reason, error_code,
//     error_subcode, error_message, fbtrace_id. It is a manifest again; the files of
//     uploads are named relative to the folder of failed.csv.
//   - mapping.csv: source_account, source_hash, target_account, target_hash.
//
// A manifest that was a failed.csv has the five reason columns already: those,
// side by side and in that order, are ours and not the user's, and neither file
// copies them.
//
// The API's words may hold anything. In CSV cells control characters become
// spaces, and text that a spreadsheet would run as a formula gets a leading
// apostrophe. The user's own cells stay as they are.
//
// # Other files
//
// summary.json is the document of [jobs.Summary]; reports_form is the same in the reports of all versions
// of adferry that write them alike; eta_s, waits and network_down_since are
// in it only while a process runs the job, which is when status --json prints it. report.html is one page without
// scripts or outside resources; its tables are capped and name the file that has
// the rest.
//
// # Jobs of a database
//
// The document of jobs --json has version (1) and jobs, by name; of each:
//
//	job           its name
//	state         as in summary.json, and so are
//	totals, started_at, finished_at, exit_code, stop
//	workers       how many workers have ad accounts of it; missing where none is to have any
//
// and workers, by name: name, host, pid, version (of adferry), credentials (labels; one empty
// label is a single token for all ad accounts), started_at, seen_at. While there are workers, the
// document of status --json --job has lanes, too: the ad accounts with work, each with account,
// worker (missing: nobody has it), since (when that worker took it), waits (for what; missing: it
// does not) and until (as far as is known).
//
// # Plans
//
// The document of plan --json is a [Plan]. Times end in _s and are whole seconds.
//
//	manifest           its path
//	sha256             of the manifest, in hex
//	rows               how many there are
//	rows_by_operation  the same by copy, move, delete and upload; those that occur
//	equal_rows         rows that an earlier equal one carries out
//	operations         what the rows come to, by copy, delete and upload
//	reads, writes      calls, if nothing is done yet and nothing fails
//	calls, points      both together; and their part of the quota's score
//	accounts           by ad account: account, copies (into it), deletes, uploads, reads,
//	                   calls, points, full_access_s, limited_access_s
//	full_access_s      the time if all of Meta's documented limits hold,
//	limited_access_s   by access tier
//	times              the same if fewer of them hold: limits (which, in words),
//	                   full_access_s, limited_access_s
//	quota_share        the part of the limits that --quota-share allows, such as 0.5;
//	                   missing without it
//	warnings           in words
//	check              of plan --check, and missing without it
//
// check is what the API said, a [preflight.Finding]:
//
//	to_do              rows that a run would carry out
//	already, problems  rows that it would skip, or fail, by reason
//	accounts           account, readable, error (why not readable), tier (missing if not
//	                   reported), to_do, already, failing (rows), writes (calls)
//	calls              that were sent to find this out
//	least_s, most_s    the time for the rows to do; no_tier says how exact it is
//	no_tier, unread    ad accounts that report no tier; that cannot be read
//	credentials        label, ad_accounts (how many), app, told (whether the API told the
//	                   rest), ends_at, scopes, warnings (in words); missing on the sandbox
//	rows               those that would be skipped or fail, in manifest order: row,
//	                   operation, source_account, hash, target_account, status, reason,
//	                   message
//
// # Listings
//
// A [Listing] writes ad images as they are read, a [Counts] how many there are. CSV
// follows the rules above: source_account and hash, then the fields asked for, in
// their order; what is neither text nor missing stands as JSON writes it. An object
// of JSON has account, hash and those of the fields that the API gave, unchanged but
// for characters that steer a terminal, which are escaped. The columns of a table
// are as wide as its first page needs.
//
// # Pictures
//
// A [PictureList] is one page of all images of a list; [WriteReview] makes pages of 300:
// review.html, review-2.html and so on. Both are HTML without scripts whose policy
// (Content-Security-Policy) lets it load images and nothing else. A browser loads the
// thumbnails as they are scrolled into view, and sends no referrer. A link is https, or
// http on 127.0.0.1 or localhost, and carries no credential; another one is left out, and
// the image has no thumbnail. Names and the API's words are escaped. An image that the API
// tells little of is shown with what is not told.
//
// # The way in and out
//
// [WriteManifest] writes operation, source_account, hash, target_account and name, with
// plan.GuardColumn if the rows have guards. creatives.csv ([Creatives]) has creative_id,
// source_account, source_hash, target_account and target_hash: a row for each creative and
// each copy of its image. [WriteLeftOut] writes source_account, source_hash, reason (a
// [uses.Verdict]) and creative_id: a row for each creative, or one without.
//
// # Verification
//
// A [Verification] writes the drift that verify finds. Its JSON document has
// version, job, verified_at, drifts (kind, account, hash, row, expected, status,
// since, since_told), then images (counts of those checked, and of the unread, whose
// state is unknown), rows and sandbox (as in summary.json) and unread (account, error). The text
// lists the first drifts and says how many more there are.
//
// # Texts
//
// [Text] tells how a job stands, and [CleanupPreview] and [UndoLeft] what a cleanup would
// delete and what an undo leaves, [CollectedImages], [SecondHalf] and [RepointedText] what
// was found for a manifest or creatives.csv. [ManifestDeletions], [UndoDeletions] and
// [CleanupDeletions] are the sentences that people agree to. They are for people: a
// script reads the JSON documents and the exit codes ([ExitDone] and on).
//
// # Metrics
//
// A [Metrics] is the same summary for Prometheus, beside go_* and process_* of the
// process. Counters begin where the last process left them; a label is an id, a fixed
// word or the job's name.
//
//	adferry_job_info                                name, state   always 1
//	adferry_rows                                    operation, status
//	adferry_reason_rows                             reason
//	adferry_http_requests_total
//	adferry_calls_total
//	adferry_throttled_calls_total
//	adferry_run_seconds_total
//	adferry_waited_seconds_total                    every account waited
//	adferry_eta_seconds                             absent when not known
//	adferry_paused                                  1 or 0
//	adferry_network_down_since_timestamp_seconds    absent when it is not
//	adferry_app_parked_until_timestamp_seconds      absent when not parked
//	adferry_account_rows                            account, status
//	adferry_account_calls_total                     account
//	adferry_account_throttles_total                 account
//	adferry_account_parked_seconds_total            account
//	adferry_account_parked_until_timestamp_seconds  account       absent when not parked
//
// Rows by operation or account have a series for each status. A scrape of a large job
// may be some seconds old: see [Metrics.Show].
//
// # Progress
//
// A [Progress] shows the job's summary, which it reads from the checkpoint about twice a
// second, and warnings. It draws from one goroutine of its own. What it draws on may be
// slow, stuck or gone: the run goes on undisturbed.
//
// The time left, what waits and why, and a lost network are computed by package outlook
// alone. The live view, the lines, status, summary.json, the metrics and the page show
// the same figures.
//
// With --progress json each line is an object with time (RFC 3339) and event. The
// events start, progress and end have
//
//	state               as in summary.json: running, paused, stopped, finished
//	totals              as in summary.json: rows, done, skipped, failed, pending, unknown
//	rows_per_s          of late, counting only the time in which any were settled
//	eta_s               seconds until all are settled; null: unknown, as in a pause
//	waits               as in summary.json: account ("" is the app), until, reason;
//	                    missing if none waits
//	network_down_since  missing while the API can be reached
//	paused_at           missing while the job is not paused
//
// (in plan --check, done are the rows that a run would carry out, skipped and failed those that
// it would skip or fail) and end has besides, once the reports are written,
//
//	outcome    in words
//	exit_code  that the process ends with
//	stop       why it stopped early; missing if it did not
//	files      paths of the reports, by their names; empty if they could not be written
//
// Some events say that something begins or ends to wait. account is the ad account, "" for all
// of them; until is when the wait ends, or when the API is tried again; reason is why:
//
//	parked       account, until, reason: the API asks for it
//	probing      account: one call is sent, to see whether that is over
//	resumed      account: it is
//	waiting      account, until, reason: adferry keeps back what would be refused
//	wait_over    account
//	unreachable  until, reason: the API cannot be reached
//	reachable
//
// The event note has text: a warning, or what another process changed.
package reports

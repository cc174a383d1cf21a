// Package reports turns settled outcomes into what people and scripts read: the
// five files beside a checkpoint, the summary at the end of a run, and the
// progress on the terminal and the metrics while it runs.
//
// [Write] makes the files in one pass over the job. Each is written beside its
// place and renamed into it; none is renamed before all five are complete on
// disk, so that a full disk leaves the previous reports as they were. Everything
// in them is a function of the checkpoint: no clock is read.
//
// # CSV files
//
// All are UTF-8 with commas, LF line ends and a header. The user's cells of the
// manifest are copied byte for byte, quotes included; ids of ad accounts in the
// columns of ours begin with act_, so that no spreadsheet rounds them. Times are RFC 3339 in UTC with
// milliseconds, empty when there is none; an error code of 0 is an empty cell.
//
//   - results.csv: one row for each manifest row, in its order: row, operation,
//     source_account, hash, target_account, status, reason, target_hash, attempts,
//     error_code, error_subcode, error_message, fbtrace_id, started_at,
//     finished_at; then the manifest's other columns. The column file, which names
//     no column of the list, is carried with those.
//   - failed.csv: the failed rows: the manifest's columns, then reason, error_code,
//     error_subcode, error_message, fbtrace_id. It is a manifest again, and files
//     to upload are still named relative to the first manifest.
//   - mapping.csv: source_account, source_hash, target_account, target_hash.
//
// A manifest that was a failed.csv has the five reason columns already: those,
// side by side and in that order, are ours and not the user's, and neither file
// carries them on.
//
// The API's words may hold anything. In CSV cells control characters become
// spaces, and text that a spreadsheet would run as a formula gets a leading
// apostrophe. The user's own cells stay as they are.
//
// # Other files
//
// summary.json is the document of [jobs.Summary]. report.html is one page without
// scripts or outside resources; its tables are capped and name the file that has
// the rest.
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
// # Verification
//
// A [Verification] writes the drift that verify finds. Its JSON document has
// version, job, verified_at, drifts (kind, account, hash, row, expected, status,
// since, since_told), then images (counts: of those checked, and unread, of which
// nothing can be said), rows (as in summary.json) and unread (account, error). The text lists the first drifts and says how many more.
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
// A [Progress] counts with atomics and draws from one goroutine of its own. What
// it draws on may be slow, stuck or gone: the run goes on undisturbed.
package reports

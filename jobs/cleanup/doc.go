// Package cleanup decides which images of an ad account a cleanup deletes, and writes
// them down as a manifest. A [Request] says what is asked for: ad accounts, a [Policy],
// a limit. [List] lists the ad accounts and judges every image; the [Inventory] that it
// returns can be shown, held against the limit, and saved.
//
// The package asks the API through a [Lister] and writes through a [FileWriter]. It
// deletes nothing and knows neither the checkpoint nor the engine: package cli makes a
// job of the manifest and runs it, package reports shows what is to be deleted.
//
// The decisions are pure functions: [Policy.Judge] of the policy, the image as the API
// lists it, and the time; [CheckLimit] of counts; [Earlier.InFolder] and
// [Earlier.Scheduled] of an earlier job. Their files read no clock, network or disk.
//
// # Selection
//
// An image is deleted only if the policy selects it and nothing protects it. What is
// not known protects an image: a status other than ACTIVE, a creation time that is
// missing or makes no sense, a hash that is not one, and an unknown use, which is one
// where both fields about it (AdImage, "creatives" and
// "is_associated_creatives_in_adgroups") are missing, or one has a type that is not
// documented. An image in use is never selected. The API documents its list of
// creatives to be incomplete, so an image in use may look unused: the API refuses its
// deletion then, and a keep list names what must not even be tried.
//
// # Counting
//
// A [Count] counts images, and the caller hands each over once: a [Lister] does. A
// percentage of an ad account's images would otherwise grow with every row of the API's
// list that repeats one. Of an ad account that was not listed to its end, nothing is
// deleted.
//
// # A file of schedules
//
// Workers of a database carry out cleanups that a file repeats ([ParseSchedules]). It is CSV, UTF-8,
// with a header row; columns in any order, names case-insensitive:
//
//	schedule    a name; its jobs are <name>-<yyyymmdd>-<hhmmss>Z, for when they were due in UTC
//	cron        minute, hour, day of the month, month, day of the week; or @daily and its like
//	accounts    ad account ids, with spaces between them
//	yes         yes: the deletions are agreed to
//	timezone    of cron, such as Europe/Berlin; empty: UTC. A time that the clocks skip in spring
//	            is due an hour later, one that comes twice in autumn twice
//	unused      yes or empty
//	older_than, name, min_age, max_delete
//	            as the options of cleanup
//	keep        paths of keep lists, with spaces between them, relative to the file's folder; they
//	            are read each time
//	backup      an absolute path
//	keep_jobs   how many finished jobs stay; empty: all
//
// The first four have to be there.
//
// # Keep lists
//
// A keep list ([KeepSet.Read]) is UTF-8 text, either
//
//   - image hashes, one a line: protected in every ad account; or
//   - CSV with a header row. The column target_hash is protected in the ad account of
//     the column target_account, as in a job's mapping.csv; without that column, and in
//     the column hash, it is protected in every ad account.
//
// Empty lines and lines that start with # are ignored. A list that cannot be read to
// its last line, or that is empty, is an error: half a keep list would let images go
// that the other half protects.
//
// # Files
//
// A cleanup writes two files into the folder of its job before there is a job.
// cleanup.csv is the manifest, with a column note ([Row]). cleanup.json, written after
// it, says what the manifest was made by ([Criteria]); scripts may read it:
//
//	version          1
//	endpoint         server that was listed: a rehearsal's manifest is not run for real
//	accounts         ids of the ad accounts without act_, sorted
//	unused           whether --unused was given
//	older_than       age, such as 180d or 36h; 0 is any
//	name             pattern; "" is any
//	min_age          age; 0 is none
//	keep             keep lists: path (absolute) and sha256 of what the list held;
//	                 null if there is none
//	max_delete       limit: a number of images, or a percentage of each ad account's
//	manifest_sha256  of cleanup.csv
//	policy           what the above came to, in words
//	cutoff           creation time of the youngest image that may be deleted (RFC 3339,
//	                 UTC); left out if the policy asks for no age
//
// A later run resumes the folder's unfinished job if all but policy, cutoff and the
// keep lists' paths are the same, and manifest_sha256 is that of the job's manifest
// ([Request.Made]). A file of another version, or one that cannot be read, is another
// cleanup's. A dry run's cleanup.csv may be replaced as long as manifest_sha256 is its
// checksum ([Replaceable]).
package cleanup

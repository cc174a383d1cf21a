package postgres

// The statements that write: $1 is the job, $2 a JSON array of rows.
const (
	putOutcomes = `INSERT INTO adferry.outcomes (job, op, state, reason, target_hash, created, seen, tried, attempts, code, subcode, message, trace, started, finished, last_sent, creatives)
	SELECT $1, x.* FROM json_to_recordset($2::json) AS x(op bigint, state text, reason text, target_hash text, created smallint, seen bigint, tried smallint,
		attempts integer, code integer, subcode integer, message text, trace text, started bigint, finished bigint, last_sent bigint, creatives text)
	ON CONFLICT (job, op) DO UPDATE SET state = excluded.state, reason = excluded.reason, target_hash = excluded.target_hash, created = excluded.created,
		seen = excluded.seen, tried = excluded.tried, attempts = excluded.attempts, code = excluded.code, subcode = excluded.subcode, message = excluded.message,
		trace = excluded.trace, started = excluded.started, finished = excluded.finished, last_sent = excluded.last_sent, creatives = excluded.creatives`

	putConfirmed = `UPDATE adferry.outcomes AS o SET seen = x.seen FROM json_to_recordset($2::json) AS x(op bigint, seen bigint) WHERE o.job = $1 AND o.op = x.op`

	putLanes = `INSERT INTO adferry.lanes (job, account, tier, parked_until, parked_for, calls, throttles, parked)
	SELECT $1, x.* FROM json_to_recordset($2::json) AS x(account text, tier integer, parked_until bigint, parked_for text, calls bigint, throttles bigint, parked bigint)
	ON CONFLICT (job, account) DO UPDATE SET tier = excluded.tier, parked_until = excluded.parked_until, parked_for = excluded.parked_for,
		calls = excluded.calls, throttles = excluded.throttles, parked = excluded.parked`

	putSamples = `INSERT INTO adferry.samples (job, at, settled, failed, parked)
	SELECT $1, x.* FROM json_to_recordset($2::json) AS x(at bigint, settled bigint, failed bigint, parked bigint)
	ON CONFLICT (job, at) DO UPDATE SET settled = excluded.settled, failed = excluded.failed, parked = excluded.parked`

	addParks = `INSERT INTO adferry.parks (job, account, since, until, code, subcode)
	SELECT $1, x.* FROM json_to_recordset($2::json) AS x(account text, since bigint, until bigint, code integer, subcode integer)`

	addRowCounts = `INSERT INTO adferry.row_counts AS c (job, verb, account, first, first_reason, del, del_reason, n)
	SELECT $1, x.* FROM json_to_recordset($2::json) AS x(verb text, account text, first text, first_reason text, del text, del_reason text, n bigint)
	ON CONFLICT (job, verb, account, first, first_reason, del, del_reason) DO UPDATE SET n = c.n + excluded.n`

	addOpCounts = `INSERT INTO adferry.op_counts AS c (job, kind, lane, others, state, blames, n, finished)
	SELECT $1, x.* FROM json_to_recordset($2::json) AS x(kind text, lane text, others text, state text, blames smallint, n bigint, finished bigint)
	ON CONFLICT (job, kind, lane, others, state, blames) DO UPDATE SET n = c.n + excluded.n, finished = greatest(c.finished, excluded.finished)`
)

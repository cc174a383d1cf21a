-- The tables of a job as in job.db (package store), each with the number of the job. All text
-- is compared byte by byte, as SQLite does. The text of a manifest's row is kept as bytes.
-- Foreign keys would double the time that a manifest takes to load, and nothing but adferry
-- writes here.

CREATE TABLE adferry.jobs (
	id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	name text COLLATE "C" NOT NULL UNIQUE,
	created timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE adferry.meta (
	job integer NOT NULL, key text COLLATE "C" NOT NULL, value text COLLATE "C",
	PRIMARY KEY (job, key)
);

CREATE TABLE adferry.rows (
	job integer NOT NULL, line bigint NOT NULL, verb text COLLATE "C" NOT NULL, first bigint, del bigint, record bytea NOT NULL,
	PRIMARY KEY (job, line)
);
CREATE INDEX rows_first ON adferry.rows (job, first, del) WHERE first IS NOT NULL;
CREATE INDEX rows_del ON adferry.rows (job, del, first) WHERE del IS NOT NULL;

CREATE TABLE adferry.ops (
	job integer NOT NULL, id bigint NOT NULL, kind text COLLATE "C" NOT NULL, source text COLLATE "C" NOT NULL, hash text COLLATE "C" NOT NULL,
	target text COLLATE "C" NOT NULL, file text COLLATE "C" NOT NULL, lane text COLLATE "C" NOT NULL,
	needs smallint NOT NULL, needed smallint NOT NULL, guard text COLLATE "C" NOT NULL,
	PRIMARY KEY (job, id)
);
CREATE INDEX ops_lane ON adferry.ops (job, lane, id) WHERE needs = 0;

CREATE TABLE adferry.needs (job integer NOT NULL, op bigint NOT NULL, need bigint NOT NULL, PRIMARY KEY (job, op, need));
CREATE INDEX needs_need ON adferry.needs (job, need, op);

-- Outcomes are updated several times; no index has what changes, so room in the page is enough.
CREATE TABLE adferry.outcomes (
	job integer NOT NULL, op bigint NOT NULL, state text COLLATE "C" NOT NULL, reason text COLLATE "C" NOT NULL, target_hash text COLLATE "C" NOT NULL,
	created smallint NOT NULL, seen bigint NOT NULL, tried smallint NOT NULL, attempts integer NOT NULL, code integer NOT NULL,
	subcode integer NOT NULL, message text COLLATE "C" NOT NULL, trace text COLLATE "C" NOT NULL, started bigint NOT NULL, finished bigint NOT NULL,
	last_sent bigint NOT NULL, creatives text COLLATE "C" NOT NULL,
	PRIMARY KEY (job, op)
) WITH (fillfactor = 70);

CREATE TABLE adferry.lanes (
	job integer NOT NULL, account text COLLATE "C" NOT NULL, tier integer NOT NULL, parked_until bigint NOT NULL, parked_for text COLLATE "C" NOT NULL,
	calls bigint NOT NULL, throttles bigint NOT NULL, parked bigint NOT NULL,
	PRIMARY KEY (job, account)
) WITH (fillfactor = 70);

CREATE TABLE adferry.samples (
	job integer NOT NULL, at bigint NOT NULL, settled bigint NOT NULL, failed bigint NOT NULL, parked bigint NOT NULL,
	PRIMARY KEY (job, at)
);

CREATE TABLE adferry.parks (
	job integer NOT NULL, account text COLLATE "C" NOT NULL, since bigint NOT NULL, until bigint NOT NULL, code integer NOT NULL, subcode integer NOT NULL
);
CREATE INDEX parks_since ON adferry.parks (job, since);

CREATE TABLE adferry.row_counts (
	job integer NOT NULL, verb text COLLATE "C" NOT NULL, account text COLLATE "C" NOT NULL, first text COLLATE "C" NOT NULL, first_reason text COLLATE "C" NOT NULL,
	del text COLLATE "C" NOT NULL, del_reason text COLLATE "C" NOT NULL, n bigint NOT NULL,
	PRIMARY KEY (job, verb, account, first, first_reason, del, del_reason)
) WITH (fillfactor = 70);

CREATE TABLE adferry.op_counts (
	job integer NOT NULL, kind text COLLATE "C" NOT NULL, lane text COLLATE "C" NOT NULL, others text COLLATE "C" NOT NULL, state text COLLATE "C" NOT NULL,
	blames smallint NOT NULL, n bigint NOT NULL, finished bigint NOT NULL,
	PRIMARY KEY (job, kind, lane, others, state, blames)
) WITH (fillfactor = 70);

-- Without statistics that know a new job, the planner takes it for a row or two, and reads all of it
-- where it should look up a key. Only the owner of tables may analyse them, hence a function.
CREATE FUNCTION adferry.analyze_plan() RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
	AS 'BEGIN ANALYZE adferry.rows, adferry.ops, adferry.needs; END';
REVOKE ALL ON FUNCTION adferry.analyze_plan() FROM PUBLIC;

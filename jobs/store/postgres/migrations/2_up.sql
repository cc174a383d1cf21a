-- Where workers meet (package board). River's tables are made beside these, by River. Times are
-- the database's own, or milliseconds since 1970 where they are compared with those of jobs.

CREATE TABLE adferry.workers (
	name text COLLATE "C" PRIMARY KEY, host text COLLATE "C" NOT NULL, pid integer NOT NULL, version text COLLATE "C" NOT NULL, labels text[] COLLATE "C" NOT NULL,
	started timestamptz NOT NULL, renewed timestamptz NOT NULL DEFAULT clock_timestamp(), until timestamptz NOT NULL, -- the end of its lease
	refused jsonb NOT NULL DEFAULT '{}' -- jobs that it leaves alone, and why
) WITH (fillfactor = 50);

CREATE TABLE adferry.leases (
	job integer NOT NULL, lane text COLLATE "C" NOT NULL, worker text COLLATE "C" NOT NULL, since timestamptz NOT NULL DEFAULT clock_timestamp(),
	why text COLLATE "C" NOT NULL DEFAULT '', until bigint NOT NULL DEFAULT 0,
	PRIMARY KEY (job, lane)
) WITH (fillfactor = 70);
CREATE INDEX leases_worker ON adferry.leases (worker);

-- Lanes to which writes fail.
CREATE TABLE adferry.failing (job integer NOT NULL, lane text COLLATE "C" NOT NULL, PRIMARY KEY (job, lane));

-- Operations that were released by a worker that does not have their lane, for the one that has it.
CREATE TABLE adferry.released (job integer NOT NULL, lane text COLLATE "C" NOT NULL, op bigint NOT NULL, PRIMARY KEY (job, lane, op));

-- Operations that waited for others, which are all settled, until they are settled themselves.
CREATE TABLE adferry.ready (job integer NOT NULL, op bigint NOT NULL, lane text COLLATE "C" NOT NULL, PRIMARY KEY (job, op));
CREATE INDEX ready_lane ON adferry.ready (job, lane, op);
INSERT INTO adferry.ready (job, op, lane) SELECT p.job, p.id, p.lane FROM adferry.ops p LEFT JOIN adferry.outcomes o ON o.job = p.job AND o.op = p.id
	WHERE p.needs = 1 AND coalesce(o.state, 'pending') IN ('pending', 'sent')
		AND NOT EXISTS (SELECT FROM adferry.needs n LEFT JOIN adferry.outcomes o ON o.job = n.job AND o.op = n.need
			WHERE n.job = p.job AND n.op = p.id AND coalesce(o.state, 'pending') IN ('pending', 'sent'));

-- What engines took from quotas. Those of an app are committed in the order of seq.
CREATE TABLE adferry.spends (
	seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, app text COLLATE "C" NOT NULL, account text COLLATE "C" NOT NULL, at bigint NOT NULL,
	engine bigint NOT NULL, calls integer NOT NULL, points integer NOT NULL
);
CREATE INDEX spends_app ON adferry.spends (app, seq);
CREATE INDEX spends_account ON adferry.spends (account, seq);

CREATE TABLE adferry.quotas (
	app text COLLATE "C" NOT NULL, account text COLLATE "C" NOT NULL, saved bytea NOT NULL, seq bigint NOT NULL, -- the last of the spends that it counts
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (app, account)
) WITH (fillfactor = 70);
CREATE INDEX quotas_account ON adferry.quotas (account);

CREATE TABLE adferry.probes (
	app text COLLATE "C" NOT NULL, account text COLLATE "C" NOT NULL, worker text COLLATE "C" NOT NULL, engine bigint NOT NULL, until timestamptz NOT NULL,
	PRIMARY KEY (app, account)
);

-- Waits that the API imposed on apps.
CREATE TABLE adferry.app_parks (app text COLLATE "C" PRIMARY KEY, until bigint NOT NULL, why text COLLATE "C" NOT NULL);

CREATE INDEX lanes_account ON adferry.lanes (account);
CREATE INDEX parks_account ON adferry.parks (account, until, job);
CREATE INDEX ops_guarded ON adferry.ops (job, lane) WHERE guard LIKE 'seen=%';

CREATE FUNCTION adferry.millis(t timestamptz) RETURNS bigint LANGUAGE sql STABLE AS 'SELECT (extract(epoch FROM t) * 1000)::bigint';

-- What is called for each request is in PL/pgSQL, which keeps its plans.

-- left_of is how many milliseconds of a worker's lease are left; NULL if it is over.
CREATE FUNCTION adferry.left_of(worker text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT adferry.millis(until) - adferry.millis(clock_timestamp()) FROM adferry.workers WHERE name = worker AND until > clock_timestamp());
END $$;

-- spent are the spends of an app that an engine was not told; told is the last that it was. One that
-- begins to use the app (-1) is told the calls of an hour, by minutes, because that is what counts.
CREATE FUNCTION adferry.spent(of_app text, not_by bigint, told bigint) RETURNS SETOF adferry.spends LANGUAGE plpgsql AS $$
BEGIN
	IF told >= 0 THEN
		RETURN QUERY SELECT * FROM adferry.spends s WHERE s.app = of_app AND s.seq > told AND s.engine <> not_by ORDER BY s.seq;
	ELSE
		RETURN QUERY SELECT max(s.seq), of_app, '', max(s.at), 0::bigint, sum(s.calls)::integer, 0 FROM adferry.spends s
			WHERE s.app = of_app AND s.engine <> not_by AND s.at > adferry.millis(clock_timestamp()) - 3600000 GROUP BY s.at / 60000 ORDER BY 1;
	END IF;
END $$;

-- parked are the waits that the API imposed on ad accounts, whatever jobs' workers met them.
CREATE FUNCTION adferry.parked(accounts text[]) RETURNS TABLE (account text, until bigint, why text) LANGUAGE plpgsql AS $$
DECLARE
	now bigint := adferry.millis(clock_timestamp());
BEGIN
	RETURN QUERY SELECT DISTINCT ON (l.account) l.account, l.parked_until, l.parked_for FROM adferry.lanes l
	WHERE l.account = ANY (accounts) AND l.account <> '' AND l.parked_until > now
		AND EXISTS (SELECT FROM adferry.parks p WHERE p.job = l.job AND p.account = l.account AND p.until = l.parked_until)
	ORDER BY l.account, l.parked_until DESC;
END $$;

-- app_parked are the waits of apps that end later than an engine knows.
CREATE FUNCTION adferry.app_parked(apps text[], known bigint[]) RETURNS SETOF adferry.app_parks LANGUAGE sql STABLE AS $$
	SELECT p.* FROM unnest(apps, known) AS k(app, until) JOIN adferry.app_parks p ON p.app = k.app WHERE p.until > k.until AND p.until > adferry.millis(clock_timestamp())
$$;

-- depart enters a request into spends, unless it may not leave: what others entered since the engine
-- was told leaves no room, a wait is not over, or another worker's probe is out. told is the last
-- of the app's spends that the engine was told (see spent), and told_account that of the ad account.
CREATE FUNCTION adferry.depart(me text, of_job integer, by bigint, of_app text, of_account text, n_calls integer, n_points integer,
	room_calls integer, room_points integer, room_app integer, told bigint, told_account bigint, probe boolean, app_probe boolean, parked bigint, app_parked bigint
) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
	remains bigint := adferry.left_of(me);
	probes text[] := CASE WHEN probe THEN ARRAY[of_account] ELSE '{}' END || CASE WHEN app_probe THEN ARRAY[''] ELSE '{}' END;
	others json; closed json; closed_apps json; again bigint; entered bigint; may boolean; probing boolean := false;
	now bigint := adferry.millis(clock_timestamp());
BEGIN
	IF remains IS NULL THEN
		RETURN '{}';
	END IF;
	PERFORM pg_advisory_xact_lock(1633969779, hashtext(of_app)); -- "adfs": others are told of this one before they enter theirs
	SELECT json_agg(s), greatest(max(s.seq), told, 0),
		(room_app < 0 OR coalesce(sum(s.calls), 0) <= room_app)
		AND (room_calls < 0 OR coalesce(sum(s.calls) FILTER (WHERE s.account = of_account AND s.seq > told_account), 0) <= room_calls)
		AND (room_points < 0 OR coalesce(sum(s.points) FILTER (WHERE s.account = of_account AND s.seq > told_account), 0) <= room_points)
	INTO others, entered, may FROM adferry.spent(of_app, by, told) s;
	SELECT json_agg(p) FILTER (WHERE p.until > depart.parked), max(p.until) INTO closed, again FROM adferry.parked(ARRAY[of_account]) p;
	SELECT json_agg(p) FILTER (WHERE p.until > depart.app_parked), greatest(again, max(p.until)) INTO closed_apps, again
	FROM adferry.app_parked(ARRAY[of_app], ARRAY[0::bigint]) p;
	may := may AND (of_account = '' OR again IS NULL);
	IF may AND cardinality(probes) > 0 THEN
		probing := EXISTS (SELECT FROM adferry.probes p WHERE p.app = of_app AND p.account = ANY (probes) AND p.engine <> by AND p.until > clock_timestamp());
		may := NOT probing;
	END IF;
	IF may THEN
		DELETE FROM adferry.probes p WHERE p.app = of_app AND p.account IN (of_account, '') AND p.engine = by; -- an answer came, or it was no probe
		INSERT INTO adferry.probes (app, account, worker, engine, until) SELECT of_app, a, me, by, clock_timestamp() + interval '90 s' FROM unnest(probes) a
		ON CONFLICT (app, account) DO UPDATE SET worker = excluded.worker, engine = excluded.engine, until = excluded.until;
		INSERT INTO adferry.spends (app, account, at, engine, calls, points)
		VALUES (of_app, of_account, now, by, n_calls, n_points) RETURNING seq INTO entered;
	END IF;
	RETURN json_build_object('left', remains, 'may', may, 'again', again, 'probing', probing, 'spent', others, 'parked', closed, 'apps', closed_apps, 'told', json_build_object(of_app, entered));
END $$;

-- news are what others did since an engine was told. Those of released are told once.
CREATE FUNCTION adferry.news(me text, of_job integer, by bigint, apps text[], told bigint[], parked bigint[], accounts text[]) RETURNS json LANGUAGE sql AS $$
	WITH told AS (
		SELECT s.* FROM unnest(apps, told) AS t(app, seq), adferry.spent(t.app, by, t.seq) s
	), freed AS (
		DELETE FROM adferry.released r USING adferry.leases l WHERE r.job = of_job AND l.job = of_job AND l.lane = r.lane AND l.worker = me
		RETURNING r.op, r.lane
	)
	SELECT json_build_object(
		'left', adferry.left_of(me),
		'spent', (SELECT json_agg(t ORDER BY seq) FROM told t),
		'told', (SELECT json_object_agg(app, seq) FROM (SELECT app, max(seq) AS seq FROM told GROUP BY app) t),
		'parked', (SELECT json_agg(p) FROM adferry.parked(accounts) p),
		'apps', (SELECT json_agg(p) FROM adferry.app_parked(apps, parked) p),
		'released', (SELECT json_agg(f ORDER BY op) FROM freed f),
		'failing', (SELECT json_agg(lane ORDER BY lane) FROM adferry.failing WHERE job = of_job))
$$;

-- bury ends the leases that are over, of workers of which no transaction is under way any more, and
-- returns their names. Waits and probes that are over go, too. Slices in queues of workers that are
-- no more go back to the queues that they came from (package fleet).
CREATE FUNCTION adferry.bury() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
	names text[];
BEGIN
	SELECT coalesce(array_agg(name ORDER BY name), '{}') INTO names
	FROM (SELECT name FROM adferry.workers WHERE until <= clock_timestamp() ORDER BY name FOR UPDATE SKIP LOCKED) AS dead;
	DELETE FROM adferry.workers WHERE name = ANY (names);
	DELETE FROM adferry.leases WHERE worker = ANY (names);
	DELETE FROM adferry.probes WHERE worker = ANY (names) OR until <= clock_timestamp();
	DELETE FROM adferry.app_parks WHERE until <= adferry.millis(clock_timestamp());
	UPDATE adferry.river_job SET queue = metadata->>'queue'
	WHERE queue LIKE 'worker-%' AND state IN ('available', 'scheduled', 'retryable') AND metadata ? 'queue'
		AND NOT EXISTS (SELECT FROM adferry.workers WHERE 'worker-' || name = queue);
	DELETE FROM adferry.spends WHERE seq IN (SELECT seq FROM adferry.spends ORDER BY seq LIMIT 5000)
		AND at < adferry.millis(clock_timestamp() - interval '2 hours');
	RETURN names;
END $$;

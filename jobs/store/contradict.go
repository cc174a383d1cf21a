package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"

	"adferry/plan"
)

// Role is what a job has to do with an image in an ad account.
type Role string

// The roles of an image. A failed operation has none until it is opened again.
const (
	Deletes    Role = "deletes"     // it is left to be deleted there
	CopiesFrom Role = "copies_from" // it is left to be copied from there
	CopiesTo   Role = "copies_to"   // it was brought there, or is left to be
)

// AccountRole is a role that a job has for any image of an ad account.
type AccountRole struct {
	Account plan.Account
	Role    Role
}

// Roles lists what the job does in each ad account, done or not.
func (j *Job) Roles(ctx context.Context) ([]AccountRole, error) {
	rows, err := j.read.QueryContext(ctx, `SELECT DISTINCT source, ? FROM ops WHERE kind = 'delete'
		UNION ALL SELECT DISTINCT source, ? FROM ops WHERE kind = 'copy'
		UNION ALL SELECT DISTINCT target, ? FROM ops WHERE kind <> 'delete'`, string(Deletes), string(CopiesFrom), string(CopiesTo))
	if err != nil {
		return nil, j.readError(err)
	}
	defer rows.Close()
	var all []AccountRole
	for rows.Next() {
		var r AccountRole
		if err := rows.Scan(&r.Account, &r.Role); err != nil {
			return nil, j.readError(err)
		}
		all = append(all, r)
	}
	return all, j.readError(rows.Err())
}

// Contradiction is an image that one job deletes and another has a role for.
type Contradiction struct {
	Mine, Theirs Role // one of them is Deletes
	Account      plan.Account
	Hash         plan.Hash // of the first of the images
	Images       int       // how many there are with these roles
}

// Against reports whether two unfinished jobs may not have these roles for one image.
func (r Role) Against(other Role) bool { return r == Deletes || other == Deletes }

// Beside says how a job would go on beside another one.
type Beside struct {
	Reopen  bool // its failed operations count as left to do
	OneTask bool // both are cleanups of one timer, and may delete the same image
}

// Contradiction looks for images that the job deletes and another one deletes or
// copies, or the other way round: which of the two comes first would decide whether
// an image is left. It is nil if there are none. The other job may be running.
func (j *Job) Contradiction(ctx context.Context, other *Job, b Beside) (found *Contradiction, err error) {
	conn, err := j.read.Conn(ctx)
	if err != nil {
		return nil, j.readError(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, `ATTACH ? AS theirs`, uri(other.path, other.how)); err != nil {
		return nil, other.readError(err)
	}
	defer func() {
		_, e := conn.ExecContext(context.WithoutCancel(ctx), `DETACH theirs`)
		err = errors.Join(err, e)
	}()
	roles := []Role{CopiesTo, CopiesFrom, Deletes}
	if b.OneTask {
		roles = roles[:2]
	}
	if found, err = deleted(ctx, conn, side{"main", b.Reopen}, side{"theirs", false}, roles...); found != nil {
		found.Mine, found.Theirs = Deletes, found.Mine
	}
	if found != nil || err != nil {
		return found, other.readError(err)
	}
	if found, err = deleted(ctx, conn, side{"theirs", false}, side{"main", b.Reopen}, CopiesTo, CopiesFrom); found != nil {
		found.Theirs = Deletes
	}
	return found, other.readError(err)
}

// side is one of two jobs that a connection has, by the name that it goes by there.
type side struct {
	schema string
	reopen bool
}

// deleted looks for images that one side deletes and that the other has one of the
// roles for, which comes back as Mine. The deletions go into a temporary table, by
// which the other side's operations are looked up as they are read: neither has to
// fit into memory.
func deleted(ctx context.Context, conn *sql.Conn, by, of side, roles ...Role) (*Contradiction, error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // of the table, too
	if _, err := tx.ExecContext(ctx, `CREATE TEMP TABLE deleted (account TEXT, hash TEXT, PRIMARY KEY (account, hash)) WITHOUT ROWID;
		INSERT OR IGNORE INTO temp.deleted `+by.images(Deletes)+` ORDER BY 1, 2`); err != nil {
		return nil, err
	}
	for _, role := range roles {
		c := Contradiction{Mine: role}
		var account, hash sql.NullString
		err := tx.QueryRowContext(ctx, `SELECT count(*), account, min(hash) FROM (SELECT DISTINCT i.account, i.hash FROM (`+of.images(role)+`) i
			CROSS JOIN temp.deleted d ON d.account = i.account AND d.hash = i.hash)`).Scan(&c.Images, &account, &hash)
		if err != nil {
			return nil, err
		}
		if c.Images > 0 {
			c.Account, c.Hash = plan.Account(account.String), plan.Hash(hash.String)
			return &c, nil
		}
	}
	return nil, nil
}

// images selects the images that a side has a role for, by account and by the hash
// that each has there.
func (s side) images(role Role) string {
	left, gone := unsettled, `o.state = 'failed'`
	if s.reopen {
		left, gone = `(`+unsettled+` OR o.state = 'failed')`, `0`
	}
	switch role {
	case Deletes:
		return s.in(`SELECT p.source AS account, ` + arrived + ` AS hash FROM @ops p LEFT JOIN @outcomes o ON o.op = p.id WHERE p.kind = 'delete' AND ` + left)
	case CopiesFrom:
		return s.in(`SELECT p.source AS account, ` + arrived + ` AS hash FROM @ops p LEFT JOIN @outcomes o ON o.op = p.id WHERE p.kind = 'copy' AND ` + left)
	}
	return s.in(`SELECT p.target AS account, ` + landed + ` AS hash FROM @ops p LEFT JOIN @outcomes o ON o.op = p.id
		WHERE p.kind <> 'delete' AND NOT coalesce(` + gone + `, 0)`)
}

// arrived is the hash of the source of p: in a chain, the one that the copy or upload
// before it got.
const arrived = `coalesce(CASE WHEN p.needs THEN (SELECT nullif(x.target_hash, '') FROM @needs n JOIN @ops q ON q.id = n.need JOIN @outcomes x ON x.op = q.id
	WHERE n.op = p.id AND q.kind <> 'delete' AND q.target = p.source AND x.state IN ('done', 'skipped')) END, p.hash)`

// in names the tables of a side.
func (s side) in(query string) string { return strings.ReplaceAll(query, "@", s.schema+".") }

package store

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"

	"adferry/plan"
)

// Role is how a job uses an image in an ad account.
type Role string

// The roles of an image. Failed operations give it none until they are reopened.
const (
	Deletes    Role = "deletes"     // it is still to be deleted there
	CopiesFrom Role = "copies_from" // it is still to be copied from there
	CopiesTo   Role = "copies_to"   // it was copied or uploaded there, or still is to be
)

// AccountRole is a role of some image in an ad account.
type AccountRole struct {
	Account plan.Account `json:"account"`
	Role    Role         `json:"role"`
}

// Roles returns the roles of images in each ad account, from all operations, done or not.
func (j *Job) Roles(ctx context.Context) ([]AccountRole, error) {
	found := map[AccountRole]bool{}
	classes, err := j.classes(ctx, ``)
	for _, c := range classes {
		if c.kind == plan.KindDelete.String() {
			found[AccountRole{c.lane, Deletes}] = true
			continue
		}
		found[AccountRole{c.lane, CopiesTo}] = true
		for _, a := range c.otherAccounts() {
			found[AccountRole{a, CopiesFrom}] = true
		}
	}
	return slices.Collect(maps.Keys(found)), err
}

// Conflict is about images that one job deletes and that have a role in another one.
type Conflict struct {
	Mine, Theirs Role // one of them is Deletes
	Account      plan.Account
	Hash         plan.Hash // of the first of the images
	Images       int       // number of images with these roles
}

// ConflictsWith reports whether two unfinished jobs must not have these roles for the same
// image.
func (r Role) ConflictsWith(other Role) bool { return r == Deletes || other == Deletes }

// ConflictOptions say how the job will be run.
type ConflictOptions struct {
	Reopen    bool // its failed operations count as still to do
	SameTimer bool // both are cleanups of one schedule, and may delete the same image
}

// ErrElsewhere means that one job is in a folder and the other one in a database, so that
// FindConflict cannot compare their images.
var ErrElsewhere = errors.New("one job is in a folder and the other in a database: their images cannot be compared")

// FindConflict looks for images that one of two jobs deletes and the other one deletes or
// copies. Such jobs conflict, because their order decides whether an image remains. It
// returns nil if there are none. The other job may be running.
func (j *Job) FindConflict(ctx context.Context, other *Job, o ConflictOptions) (found *Conflict, err error) {
	conn, err := j.read.Conn(ctx)
	if err != nil {
		return nil, j.readError(err)
	}
	defer conn.Close()
	mine, theirs, done, err := j.db.Compare(ctx, conn, other.db)
	if err != nil {
		return nil, other.readError(err)
	}
	defer func() { err = errors.Join(err, done()) }()
	roles := []Role{CopiesTo, CopiesFrom, Deletes}
	if o.SameTimer {
		roles = roles[:2]
	}
	if found, err = findDeleted(ctx, conn, side{mine, o.Reopen}, side{theirs, false}, roles...); found != nil {
		found.Mine, found.Theirs = Deletes, found.Mine
	}
	if found != nil || err != nil {
		return found, other.readError(err)
	}
	if found, err = findDeleted(ctx, conn, side{theirs, false}, side{mine, o.Reopen}, CopiesTo, CopiesFrom); found != nil {
		found.Theirs = Deletes
	}
	return found, other.readError(err)
}

// side is one of the two jobs.
type side struct {
	text   func(query string) string // makes a query read the tables of this job
	reopen bool
}

// findDeleted looks for images that one side deletes and that have one of the roles on the
// other, which is returned as Mine. The deletions go into a temporary table, in which the
// other side's operations are looked up while they are read, so that neither has to fit into
// memory.
func findDeleted(ctx context.Context, conn *sql.Conn, by, of side, roles ...Role) (*Conflict, error) {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // of the table, too
	for _, statement := range []string{
		by.text(`CREATE TEMP TABLE deleted (account TEXT, hash TEXT, PRIMARY KEY (account, hash)) WITHOUT ROWID`),
		`INSERT INTO deleted SELECT DISTINCT account, hash FROM (` + by.images(Deletes) + `) AS gone ORDER BY 1, 2`,
	} {
		if _, err := tx.ExecContext(ctx, statement); err != nil {
			return nil, err
		}
	}
	for _, role := range roles {
		c := Conflict{Mine: role}
		err := tx.QueryRowContext(ctx, of.text(`SELECT count(*) OVER (), account, hash FROM (SELECT DISTINCT i.account, i.hash FROM (`)+of.images(role)+of.text(`) AS i
			CROSS JOIN deleted d ON d.account = i.account AND d.hash = i.hash) AS common ORDER BY hash, account LIMIT 1`)).Scan(&c.Images, &c.Account, &c.Hash)
		switch {
		case err == nil:
			return &c, nil
		case !errors.Is(err, sql.ErrNoRows):
			return nil, err
		}
	}
	return nil, nil
}

// images is a query for the account and hash of the images that have a role.
func (s side) images(role Role) string {
	left, gone := unsettled, `o.state = 'failed'`
	if s.reopen {
		left, gone = `(`+unsettled+` OR o.state = 'failed')`, `FALSE`
	}
	switch role {
	case Deletes:
		return s.text(`SELECT p.source AS account, ` + sourceHash + ` AS hash FROM ops p LEFT JOIN outcomes o ON o.op = p.id WHERE p.kind = 'delete' AND ` + left)
	case CopiesFrom:
		return s.text(`SELECT p.source AS account, ` + sourceHash + ` AS hash FROM ops p LEFT JOIN outcomes o ON o.op = p.id WHERE p.kind = 'copy' AND ` + left)
	}
	return s.text(`SELECT p.target AS account, ` + targetHash + ` AS hash FROM ops p LEFT JOIN outcomes o ON o.op = p.id
		WHERE p.kind <> 'delete' AND NOT coalesce(` + gone + `, FALSE)`)
}

// sourceHash is the hash of the image that p copies or deletes: in a chain, the one that the
// copy or upload before it got.
const sourceHash = `coalesce(CASE WHEN p.needs = 1 THEN (SELECT nullif(x.target_hash, '') FROM needs n JOIN ops q ON q.id = n.need JOIN outcomes x ON x.op = q.id
	WHERE n.op = p.id AND q.kind <> 'delete' AND q.target = p.source AND x.state IN ('done', 'skipped')) END, p.hash)`

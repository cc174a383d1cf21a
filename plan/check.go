package plan

import "strings"

// fields are the values of a valid row.
type fields struct {
	verb           Verb
	source, target uint32 // accounts
	hash           rawHash
	hashed         bool // hash is given
	file           string
	guard          Guard
}

// A checker reads the cells of rows.
type checker struct {
	header   *header
	accounts *accounts
	file     FileCheck // may be nil
	problems problems
	lacks    [columnCount]int // line of the first row that needs a column the file lacks
	verbs    verbColumns
	blank    blankRun
	spots    []spot // long ids without act_
}

// A record is a row under examination: its bytes, which found problems need.
type record struct {
	*scanned
	raw   []byte
	clean bool // it is UTF-8 without NUL bytes
	bad   bool // it has problems
	cells []cell
}

// check reads one row into f. It reports false where it is none, or after adding
// the problems it has.
func (c *checker) check(r *record, f *fields) (ok bool) {
	if c.blankRow(r) {
		return false
	}
	return c.row(r, f)
}

func (c *checker) row(r *record, f *fields) (ok bool) {
	*f = fields{}
	if r.err != nil {
		c.broken(r)
		return false
	}
	if !r.clean {
		c.foreignText(r)
	}
	values := r.scanned.cells
	f.verb = c.verb(r, values.Operation)
	c.verbs.row(r.raw)
	uses := &uses[f.verb]
	if c.wants(r, uses, f.verb, sourceAccount, values.Source) {
		f.source = c.account(r, sourceAccount, values.Source)
	}
	if c.wants(r, uses, f.verb, hashColumn, values.Hash) {
		var flaw *flaw
		f.hash, flaw = parseHash(values.Hash)
		f.hashed = true
		c.flaw(r, hashColumn, values.Hash, flaw)
	}
	if c.wants(r, uses, f.verb, targetAccount, values.Target) {
		f.target = c.account(r, targetAccount, values.Target)
	}
	if c.wants(r, uses, f.verb, fileColumn, values.File) {
		var flaw *flaw
		f.file, flaw = imageFile(values.File)
		if flaw == nil && c.file != nil {
			flaw = c.looked(f.file)
		}
		c.flaw(r, fileColumn, values.File, flaw)
	}
	if c.wants(r, uses, f.verb, guardColumn, values.Guard) {
		var flaw *flaw
		f.guard, flaw = parseGuard(values.Guard)
		if flaw == nil && f.source != 0 && f.guard.Witness == c.accounts.at(f.source) {
			flaw = brokenGuard // it would witness its own deletion
		}
		c.flaw(r, guardColumn, values.Guard, flaw)
	}
	if f.source != 0 && f.source == f.target {
		c.flaw(r, targetAccount, values.Target, &flaw{"the target is the source account", "name another account, or remove the row"})
	}
	return !r.bad
}

func (c *checker) verb(r *record, s string) Verb {
	switch s {
	case "", "copy":
		return Copy
	case "move":
		return Move
	case "delete":
		return Delete
	case "upload":
		return Upload
	}
	word := strings.TrimSpace(s)
	if word == "" {
		return Copy
	}
	if v := verbOf(word); v != VerbUnknown {
		return v
	}
	c.flaw(r, operation, s, &flaw{"no such operation", "write copy, move, delete or upload, or leave it empty to copy"})
	return VerbUnknown
}

func (c *checker) account(r *record, col column, s string) uint32 {
	digits := strings.TrimPrefix(s, actPrefix)
	id := c.accounts.known(digits)
	if id == 0 {
		a, flaw := parseAccount(s)
		if flaw != nil {
			c.flaw(r, col, s, flaw)
			return 0
		}
		id = c.accounts.id(a)
	}
	if len(digits) == len(s) && len(s) > exactDigits {
		c.bareID(r, col, id)
	}
	return id
}

// looked is what is wrong with an upload's file itself.
func (c *checker) looked(file string) *flaw {
	if what, hint := c.file(file); what != "" {
		return &flaw{what, hint}
	}
	return nil
}

// flaw adds what is wrong with a cell, if anything is.
func (c *checker) flaw(r *record, col column, value string, f *flaw) {
	if f == nil {
		return
	}
	if !r.clean && !goodText(value) { // reported by foreignText
		r.bad = true
		return
	}
	c.add(r, Problem{Line: c.lineOf(r, col), Column: c.header.name(col), Value: value, What: f.what, Hint: f.hint})
}

func (c *checker) add(r *record, p Problem) {
	r.bad = true
	c.problems.add(p)
}

func (c *checker) lineOf(r *record, col column) int {
	if at, cells := c.header.at[col], r.located(); at >= 0 && at < len(cells) {
		return cells[at].line
	}
	return r.line
}

func (r *record) located() []cell {
	if r.cells == nil {
		r.cells = locate(r.raw, r.line)
	}
	return r.cells
}

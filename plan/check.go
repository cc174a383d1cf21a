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

// A checker turns the cells of rows into fields and collects their problems.
type checker struct {
	header   *header
	accounts *accountTable
	file     FileCheck // may be nil
	problems problems
	lackedAt [columnCount]int // by missing column: line of the first row that needs it
	verbs    verbColumns
	blank    blankRun
	bareIDs  []bareID // long ids without act_
}

// A record is a row that is being checked, with its bytes, from which problems quote.
type record struct {
	*parsedRecord
	raw       []byte
	validText bool // it is UTF-8 without NUL bytes
	bad       bool // it has problems
	cells     []cell
}

// check reads one row into f. It reports false if the row is blank or has problems,
// which it adds.
func (c *checker) check(r *record, f *fields) (ok bool) {
	if c.holdBlank(r) {
		return false
	}
	return c.row(r, f)
}

func (c *checker) row(r *record, f *fields) (ok bool) {
	*f = fields{}
	if r.err != nil {
		c.addBroken(r)
		return false
	}
	if !r.validText {
		c.addBadText(r)
	}
	values := r.parsedRecord.cells
	f.verb = c.verb(r, values.Operation)
	c.verbs.row(r.raw)
	uses := columnUses[f.verb]
	if c.present(r, uses, f.verb, sourceAccount, values.Source) {
		f.source = c.account(r, sourceAccount, values.Source)
	}
	if c.present(r, uses, f.verb, hashColumn, values.Hash) {
		var flaw *flaw
		f.hash, flaw = parseHash(values.Hash)
		f.hashed = true
		c.addFlaw(r, hashColumn, values.Hash, flaw)
	}
	if c.present(r, uses, f.verb, targetAccount, values.Target) {
		f.target = c.account(r, targetAccount, values.Target)
	}
	if c.present(r, uses, f.verb, fileColumn, values.File) {
		var flaw *flaw
		f.file, flaw = imageFile(values.File)
		if flaw == nil && c.file != nil {
			flaw = c.fileFlaw(f.file)
		}
		c.addFlaw(r, fileColumn, values.File, flaw)
	}
	if c.present(r, uses, f.verb, guardColumn, values.Guard) {
		var flaw *flaw
		f.guard, flaw = parseGuard(values.Guard)
		if flaw == nil && f.source != 0 && f.guard.Witness == c.accounts.at(f.source) {
			flaw = brokenGuard // a deletion cannot be its own witness
		}
		c.addFlaw(r, guardColumn, values.Guard, flaw)
	}
	if f.source != 0 && f.source == f.target {
		c.addFlaw(r, targetAccount, values.Target, &flaw{"source and target are the same account", "name another account, or remove the row"})
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
	var v Verb
	if v.UnmarshalText([]byte(word)) == nil {
		return v
	}
	c.addFlaw(r, operation, s, &flaw{"no such operation", "write copy, move, delete or upload, or leave it empty to copy"})
	return ""
}

func (c *checker) account(r *record, col column, s string) uint32 {
	digits := strings.TrimPrefix(s, actPrefix)
	id := c.accounts.recentID(digits)
	if id == 0 {
		a, flaw := parseAccount(s)
		if flaw != nil {
			c.addFlaw(r, col, s, flaw)
			return 0
		}
		id = c.accounts.findOrAdd(a)
	}
	if len(digits) == len(s) && len(s) > exactDigits {
		c.noteBareID(r, col, id)
	}
	return id
}

// fileFlaw asks the FileCheck about the file of an upload.
func (c *checker) fileFlaw(file string) *flaw {
	if what, hint := c.file(file); what != "" {
		return &flaw{what, hint}
	}
	return nil
}

// addFlaw adds the problem of a cell; f may be nil.
func (c *checker) addFlaw(r *record, col column, value string, f *flaw) {
	if f == nil {
		return
	}
	if !r.validText && !validText(value) { // addBadText reports it
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
	if at, cells := c.header.at[col], r.locatedCells(); at >= 0 && at < len(cells) {
		return cells[at].line
	}
	return r.line
}

func (r *record) locatedCells() []cell {
	if r.cells == nil {
		r.cells = locateCells(r.raw, r.line)
	}
	return r.cells
}

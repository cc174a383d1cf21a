package plan

import (
	"cmp"
	"fmt"
)

// addRow adds a valid row and its operations to the plan.
func (rd *reading) addRow(e *validRow) (row Row) {
	f := &e.fields
	row.Line, row.Verb = e.line, f.verb
	x, line := &rd.plan.index, uint32(e.line)
	row.Account = x.accounts.at(cmp.Or(f.target, f.source))
	counts := &rd.plan.counts
	rd.plan.Rows++
	merged := false
	switch f.verb {
	case Copy:
		id := x.copy(f.source, f.hash, f.target)
		merged = setFirst(&x.ops.at(id).line, line)
		row.Copy = OpID(id)
		counts.CopyRows++
	case Move:
		id := x.copy(f.source, f.hash, f.target)
		merged = setFirst(&x.ops.at(id).moveLine, line)
		row.Copy = OpID(id)
		id = x.delete(f.source, f.hash)
		setFirst(&x.ops.at(id).moveLine, line)
		row.Delete = OpID(id)
		rd.addGuard(e, id)
		counts.MoveRows++
	case Delete:
		id := x.delete(f.source, f.hash)
		merged = setFirst(&x.ops.at(id).line, line)
		row.Delete = OpID(id)
		rd.addGuard(e, id)
		counts.DeleteRows++
	case Upload:
		id := x.upload(f.target, f.file)
		o := x.ops.at(id)
		merged = setFirst(&o.line, line)
		row.Copy = OpID(id)
		counts.UploadRows++
		if f.hashed && !x.expectHash(id, f.hash) {
			rd.check.addFlaw(&e.record, hashColumn, e.parsedRecord.cells.Hash, &flaw{
				fmt.Sprintf("line %d uploads the same file but expects another hash", o.line), "remove the wrong hash"})
		}
	}
	if merged {
		counts.Merged++
	}
	return row
}

// addGuard adds the row's guard to its deletion.
func (rd *reading) addGuard(e *validRow, id uint32) {
	if !rd.plan.index.addGuard(id, e.guard) {
		rd.check.addFlaw(&e.record, guardColumn, e.parsedRecord.cells.Guard, &flaw{
			"another row has a different guard for the same deletion", "remove one of the rows"})
	}
}

// setFirst sets the first line that mentions an operation, and reports whether there
// was one before.
func setFirst(first *uint32, line uint32) bool {
	if *first != 0 {
		return true
	}
	*first = line
	return false
}

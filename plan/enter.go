package plan

import "fmt"

// enter adds a row to the plan and names its operations.
func (rd *reading) enter(e *entry) (row Row) {
	f := &e.fields
	row.Line, row.Verb = e.line, f.verb
	x, line := &rd.plan.index, uint32(e.line)
	counts := &rd.plan.counts
	rd.plan.Rows++
	merged := false
	switch f.verb {
	case Copy:
		id := x.copy(f.source, f.hash, f.target)
		merged = since(&x.ops.at(id).asked, line)
		row.Copy = OpID(id)
		counts.CopyRows++
	case Move:
		id := x.copy(f.source, f.hash, f.target)
		merged = since(&x.ops.at(id).moved, line)
		row.Copy = OpID(id)
		id = x.delete(f.source, f.hash)
		since(&x.ops.at(id).moved, line)
		row.Delete = OpID(id)
		rd.guard(e, id)
		counts.MoveRows++
	case Delete:
		id := x.delete(f.source, f.hash)
		merged = since(&x.ops.at(id).asked, line)
		row.Delete = OpID(id)
		rd.guard(e, id)
		counts.DeleteRows++
	case Upload:
		id := x.upload(f.target, f.file)
		o := x.ops.at(id)
		merged = since(&o.asked, line)
		row.Copy = OpID(id)
		counts.UploadRows++
		if f.hashed && !x.expect(id, f.hash) {
			rd.check.flaw(&e.record, hashColumn, e.scanned.cells.Hash, &flaw{
				fmt.Sprintf("line %d uploads this file, too, and not to give this hash", o.asked), "leave one of the hashes out"})
		}
	}
	if merged {
		counts.Merged++
	}
	return row
}

// guard puts the row's guard on its deletion.
func (rd *reading) guard(e *entry, id uint32) {
	if !rd.plan.index.putGuard(id, e.guard) {
		rd.check.flaw(&e.record, guardColumn, e.scanned.cells.Guard, &flaw{
			"another row puts a different guard on this deletion", "leave one of the rows out"})
	}
}

// since sets the line that is first to ask for something, and reports whether one
// did before.
func since(first *uint32, line uint32) bool {
	if *first != 0 {
		return true
	}
	*first = line
	return false
}

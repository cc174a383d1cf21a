package plan

import (
	"iter"
	"slices"
)

// An OpID numbers operations from 1 in the order of their first mention in the
// manifest; 0 is none.
type OpID int64

// An Op is one call to make.
type Op struct {
	ID     OpID
	Kind   Kind
	Source Account // of a copy or delete
	Hash   Hash    // of an upload: the one it is expected to give, or empty
	Target Account // of a copy or upload
	File   string  // of an upload: relative to the manifest, cleaned, with slashes
	Needs  bool    // it waits for other operations
	Needed bool    // other operations wait for it
	Guard  Guard   // of a delete: conditions without which it must not be sent
}

// Lane is the account that the API charges: the target of a copy or upload, the source
// of a delete.
func (o Op) Lane() Account {
	if o.Kind == KindDelete {
		return o.Source
	}
	return o.Target
}

// A Plan is the result of reading a valid manifest. It is safe for concurrent reading.
type Plan struct {
	Header []string // as in the file, without the byte order mark
	Rows   int
	SHA256 [32]byte // of the file's bytes

	// Warnings are possible mistakes that the user should look at.
	Warnings []Problem

	counts Counts
	index  index
}

// Counts are totals of a plan.
type Counts struct {
	CopyRows, MoveRows, DeleteRows, UploadRows int

	Copies, Deletes, Uploads int // operations

	Merged   int // rows that ask for the same as an earlier one and share its operations
	Accounts int
}

// Counts returns the totals of the plan.
func (p *Plan) Counts() Counts {
	c := p.counts
	c.Accounts = len(p.index.accounts.byID)
	for id := uint32(1); id <= p.index.ops.n; id++ {
		switch p.index.ops.at(id).kind() {
		case KindCopy:
			c.Copies++
		case KindDelete:
			c.Deletes++
		case KindUpload:
			c.Uploads++
		}
	}
	return c
}

// Ops yields all operations in the order of their IDs.
func (p *Plan) Ops() iter.Seq[Op] {
	return func(yield func(Op) bool) {
		for id := uint32(1); id <= p.index.ops.n; id++ {
			if !yield(p.index.op(id)) {
				return
			}
		}
	}
}

// Needs yields the dependencies between operations as pairs (dependent, need), in
// ascending order. An image with n copies into it and m copies out of it gives n times
// m pairs.
func (p *Plan) Needs() iter.Seq2[OpID, OpID] {
	return func(yield func(OpID, OpID) bool) {
		var needs []uint32
		for id := uint32(1); id <= p.index.ops.n; id++ {
			needs = p.index.needs(id, needs[:0])
			slices.Sort(needs)
			for _, need := range needs {
				if !yield(OpID(id), OpID(need)) {
					return
				}
			}
		}
	}
}

// WaitsFor returns the accounts to which those operations bring images that an operation waits
// for, sorted as texts.
func (p *Plan) WaitsFor(id OpID) []Account {
	var accounts []Account
	for _, need := range p.index.needs(uint32(id), nil) {
		if a := p.index.op(need).Target; a != "" {
			accounts = append(accounts, a)
		}
	}
	slices.Sort(accounts)
	return slices.Compact(accounts)
}

// A Load counts the calls that a plan needs, by the account that is charged.
type Load struct {
	Account       Account
	Copies        int // into it
	Sources       int // copies of an image out of it
	Deletes       int
	Uploads       int
	Confirmations int // copies into it, and witnesses in it, that a deletion waits for
}

// Accounts returns the load of every account, in the order of the account ids.
func (p *Plan) Accounts() []Load {
	x := &p.index
	loads := make([]Load, len(x.accounts.byID))
	for i, a := range x.accounts.byID {
		loads[i].Account = a
	}
	load := func(account uint32) *Load { return &loads[account-1] }
	for id := uint32(1); id <= x.ops.n; id++ {
		switch o := x.ops.at(id); o.kind() {
		case KindDelete:
			load(x.images.at(o.from).account).Deletes++
			if g := x.guards[id]; g.witness != 0 {
				load(x.images.at(g.witness).account).Confirmations++
			}
		case KindUpload:
			load(x.uploads.at(o.from&^isUpload).account).Uploads++
		case KindCopy:
			from, to := x.images.at(o.from), x.images.at(o.to)
			load(from.account).Sources++
			load(to.account).Copies++
			if x.deletionOf(from) != 0 || x.deletionOf(to) != 0 {
				load(to.account).Confirmations++
			}
		}
	}
	slices.SortFunc(loads, func(a, b Load) int { return compareAccounts(a.Account, b.Account) })
	return loads
}

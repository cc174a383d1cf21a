package plan

import "strings"

// accountTable numbers ad accounts from 1, in the order of their first mention.
type accountTable struct {
	ids  map[Account]uint32
	byID []Account
}

// findOrAdd returns the number of an account, which it adds if it is new.
func (as *accountTable) findOrAdd(a Account) uint32 {
	id := as.ids[a]
	if id == 0 {
		a = Account(strings.Clone(string(a)))
		as.byID = append(as.byID, a)
		id = uint32(len(as.byID))
		as.ids[a] = id
	}
	return id
}

func (as *accountTable) at(id uint32) Account { return as.byID[id-1] }

package plan

import "strings"

// accountTable numbers ad accounts from 1, in the order of their first mention.
type accountTable struct {
	ids    map[Account]uint32
	byID   []Account
	bare   []bool              // by number: a long id of this account was seen without act_
	recent [recentSlots]uint32 // cache: the last account looked up in each slot
}

const recentSlots = 1 << 12

// findOrAdd returns the number of an account, which it adds if it is new.
func (as *accountTable) findOrAdd(a Account) uint32 {
	if id := as.recentID(string(a)); id != 0 {
		return id
	}
	id := as.ids[a]
	if id == 0 {
		if as.ids == nil {
			as.ids = map[Account]uint32{}
		}
		a = Account(strings.Clone(string(a)))
		as.byID = append(as.byID, a)
		id = uint32(len(as.byID))
		as.ids[a] = id
	}
	as.recent[recentSlot(string(a))] = id
	return id
}

// recentID returns the number of a recently looked up account, else 0. A hit also shows
// that the text is a valid id, so most cells need no further check.
func (as *accountTable) recentID(text string) uint32 {
	if id := as.recent[recentSlot(text)]; id != 0 && string(as.at(id)) == text {
		return id
	}
	return 0
}

func (as *accountTable) at(id uint32) Account { return as.byID[id-1] }

// recentSlot is the slot of the last four characters: the accounts of a manifest differ
// in their last digits.
func recentSlot(text string) uint32 {
	var n uint32
	for i := max(0, len(text)-4); i < len(text); i++ {
		n = 10*n + uint32(text[i])
	}
	return n % recentSlots
}

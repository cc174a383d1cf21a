package plan

import "strings"

// accounts numbers ad accounts in the order of their first mention.
type accounts struct {
	ids    map[Account]uint32
	list   []Account
	bare   []bool              // by number: a long id of this account stood without act_
	recent [recentSlots]uint32 // by slot: an account that was asked for there
}

const recentSlots = 1 << 12

// id finds or adds an account.
func (as *accounts) id(a Account) uint32 {
	if id := as.known(string(a)); id != 0 {
		return id
	}
	id := as.ids[a]
	if id == 0 {
		if as.ids == nil {
			as.ids = map[Account]uint32{}
		}
		a = Account(strings.Clone(string(a)))
		as.list = append(as.list, a)
		id = uint32(len(as.list))
		as.ids[a] = id
	}
	as.recent[recentSlot(string(a))] = id
	return id
}

// known returns the number of an account that was asked for of late, else 0. What
// it knows is an account id, so that most cells need no other look.
func (as *accounts) known(text string) uint32 {
	if id := as.recent[recentSlot(text)]; id != 0 && string(as.at(id)) == text {
		return id
	}
	return 0
}

func (as *accounts) at(id uint32) Account { return as.list[id-1] }

// recentSlot takes the number in the last four digits, in which the accounts of a
// manifest differ. Of any other text it makes something, too.
func recentSlot(text string) uint32 {
	var n uint32
	for i := max(0, len(text)-4); i < len(text); i++ {
		n = 10*n + uint32(text[i])
	}
	return n % recentSlots
}

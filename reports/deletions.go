package reports

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"adferry/plan"
)

// namedAccounts is how many ad accounts a sentence names.
const namedAccounts = 5

// AccountsByDeletions says how many ad accounts lose images ("2 ad accounts"), and
// names those that lose most (": act_11 (2), act_22 (1)"). A single one is named at
// once.
func AccountsByDeletions(deletions map[plan.Account]int) (from, named string) {
	accounts := slices.SortedFunc(maps.Keys(deletions), func(a, b plan.Account) int {
		return cmp.Or(deletions[b]-deletions[a], strings.Compare(string(a), string(b)))
	})
	if len(accounts) == 1 {
		return accounts[0].Act(), ""
	}
	var names []string
	for _, a := range accounts[:min(namedAccounts, len(accounts))] {
		names = append(names, fmt.Sprintf("%s (%d)", a.Act(), deletions[a]))
	}
	if left := len(accounts) - namedAccounts; left > 0 {
		names = append(names, fmt.Sprintf("%d more", left))
	}
	return fmt.Sprintf("%d ad accounts", len(accounts)), ": " + strings.Join(names, ", ")
}

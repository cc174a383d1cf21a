package cleanup_test

import (
	"fmt"
	"strings"
	"time"

	"adferry/graph"
	"adferry/jobs/cleanup"
)

func Example() {
	keep := &cleanup.KeepSet{}
	if err := keep.Read(strings.NewReader("target_account,target_hash\n11,2123456789abcdef0123456789abcdef\n")); err != nil {
		fmt.Println(err)
	}
	policy := cleanup.Policy{Unused: true, OlderThan: 180 * 24 * time.Hour, Keep: keep}
	today := time.Date(2026, time.November, 24, 0, 0, 0, 0, time.UTC)
	for _, image := range []graph.Image{
		{Hash: "1123456789abcdef0123456789abcdef", Status: "ACTIVE", Created: "2026-01-31T09:30:00-0700", UseKnown: true},
		{Hash: "2123456789abcdef0123456789abcdef", Status: "ACTIVE", Created: "2026-01-31T09:30:00-0700", UseKnown: true},
		{Hash: "3123456789abcdef0123456789abcdef", Status: "ACTIVE", Created: "2026-10-31T09:30:00-0700", UseKnown: true},
		{Hash: "4123456789abcdef0123456789abcdef", Status: "ACTIVE", Created: "2026-01-31T09:30:00-0700", Creatives: []string{"1"}},
	} {
		fmt.Println(image.Hash[:1], policy.Judge("11", image, today))
	}
	// Output:
	// 1 delete
	// 2 keep list
	// 3 too young
	// 4 in use
}

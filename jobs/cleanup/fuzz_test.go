package cleanup_test

import (
	"strings"
	"testing"

	"adferry/jobs/cleanup"
	"adferry/plan"
)

// Whatever a keep list looks like, it is refused, or every hash in it is kept: none is
// ignored silently.
func FuzzKeepSet(f *testing.F) {
	for _, seed := range []string{
		"", "hash\n", string(one), "# a\n" + string(one) + "\r\n" + string(two),
		"target_account,target_hash\n11," + string(one) + "\nact_22," + string(two) + "\n",
		"\xef\xbb\xbf\"hash\",x\n" + string(one) + ",\"a\nb\"\n", "hash,target_hash\n," + string(one) + "\n",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k := &cleanup.KeepSet{}
		if k.Read(strings.NewReader(text)) != nil {
			return
		}
		if strings.ContainsAny(text, "\",") {
			return // cells are csv's business
		}
		for line := range strings.Lines(strings.TrimPrefix(text, "\xef\xbb\xbf")) {
			hash, err := plan.ParseHash(strings.TrimSpace(line))
			if err == nil && !strings.HasPrefix(line, "#") && !k.Has("11", hash) {
				t.Errorf("%q names %s, and it is not kept", text, hash)
			}
		}
	})
}

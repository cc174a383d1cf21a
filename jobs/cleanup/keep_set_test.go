package cleanup_test

import (
	"fmt"
	"strings"
	"testing"

	"adferry/graph"
	"adferry/jobs/cleanup"
	"adferry/plan"
)

const (
	one   = plan.Hash("1123456789abcdef0123456789abcdef")
	two   = plan.Hash("2123456789abcdef0123456789abcdef")
	three = plan.Hash("3123456789abcdef0123456789abcdef")
)

func TestKeepSet(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		want string // what is kept, account/hash by their first digits
	}{
		{"hashes", "# campaign\n1123456789ABCDEF0123456789abcdef\n\n  2123456789abcdef0123456789abcdef \r\n", "1/1 1/2 2/1 2/2"},
		{"hashes, one twice, no line end", string(one + "\n" + one), "1/1 2/1"},
		{"a byte order mark", "\xef\xbb\xbf" + string(one), "1/1 2/1"},
		{"hashes under a header", "hash\n" + string(two), "1/2 2/2"},
		{"a mapping", "source_account,source_hash,target_account,target_hash\n" +
			"33," + string(one) + ",11," + string(two) + "\n33," + string(one) + ",act_22," + string(three) + "\n", "1/2 2/3"},
		{"a mapping without rows", "source_account,source_hash,target_account,target_hash\n", ""},
		{"target hashes without their accounts", "target_hash\n" + string(one), "1/1 2/1"},
		{"results: the source's hash, too", "source_account,hash,target_account,status,target_hash\n" +
			"33," + string(one) + ",11,done," + string(two) + "\n33," + string(three) + ",11,failed,\n", "1/1 1/2 1/3 2/1 2/3"},
	} {
		k := &cleanup.KeepSet{}
		if err := k.Read(strings.NewReader(tt.text)); err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var kept []string
		for _, account := range []plan.Account{"11", "22"} {
			for _, h := range []plan.Hash{one, two, three} {
				if k.Has(account, h) {
					kept = append(kept, fmt.Sprintf("%.1s/%.1s", account, h))
				}
			}
		}
		if got := strings.Join(kept, " "); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

// A keep list that is not understood to its last line is refused.
func TestKeepSetRefuses(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"empty", "", "the keep list is empty"},
		{"comments alone", "# nothing\n\n", "the keep list is empty"},
		{"no hash", "spring.jpg\n", "line 1 is neither"},
		{"a hash cut short", string(one) + "\n0123\n", `line 2: "0123" is not an image hash`},
		{"an image id", "11:" + string(one) + "\n", "line 1 is neither"},
		{"other columns", "account,name\n11,a.jpg\n", "line 1 is neither"},
		{"more cells than the first line", string(one) + "\n" + string(two) + ",x\n", "line 2: the number of cells is 2, but 1 in the first line"},
		{"a cell is missing", "target_account,target_hash\n11\n", "line 2: the number of cells is 1, but 2 in the first line"},
		{"a row without a hash", "target_account,target_hash\n11," + string(one) + "\n11,\n", "line 3: no image hash"},
		{"a mangled account", "target_account,target_hash\n1.2E+5," + string(one) + "\n", `line 2: "1.2E+5" is not an account id`},
		{"an open quote", "hash\n\"" + string(one) + "\n", "quote"},
	} {
		err := new(cleanup.KeepSet).Read(strings.NewReader(tt.text))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestKeptIsTheLastReason(t *testing.T) {
	k := &cleanup.KeepSet{}
	if err := k.Read(strings.NewReader(hash)); err != nil {
		t.Fatal(err)
	}
	p := cleanup.Policy{Unused: true, MinAge: day, Keep: k}
	image := graph.Image{Hash: hash, Status: "ACTIVE", Created: "2026-01-01T00:00:00+0000", UseKnown: true}
	if got := p.Judge("11", image, now); got != cleanup.KeepList {
		t.Errorf("got %v, want %v", got, cleanup.KeepList)
	}
	image.Creatives = []string{"1"}
	if got := p.Judge("11", image, now); got != cleanup.InUse {
		t.Errorf("in use and on the list: got %v, want %v", got, cleanup.InUse)
	}
}

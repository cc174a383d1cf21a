package sandbox

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// The package comment has every fault, and a heading says what its faults can strike.
func TestFaultTable(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	only := map[string]struct {
		in    []place
		kinds []Kind
	}{
		anyCall:      {[]place{placeSingle, placeEntry}, []Kind{Read, Copy, Upload, Delete}},
		batchEntry:   {[]place{placeEntry}, []Kind{Read, Copy, Upload, Delete}},
		wholeBatch:   {[]place{placeBatch}, nil},
		aWrite:       {[]place{placeSingle, placeEntry}, []Kind{Copy, Upload, Delete}},
		aCopy:        {[]place{placeSingle, placeEntry}, []Kind{Copy}},
		twoCopies:    {[]place{placeEntry}, []Kind{Copy}},
		aDeletion:    {[]place{placeSingle, placeEntry}, []Kind{Delete}},
		aRead:        {[]place{placeSingle, placeEntry}, []Kind{Read}},
		readByHashes: {[]place{placeSingle, placeEntry}, []Kind{Read}},
		aListing:     {[]place{placeSingle, placeEntry}, []Kind{Read}},
	}
	seen := map[string]bool{}
	for _, f := range faultTable {
		if seen[f.name] {
			t.Errorf("%s is there twice", f.name)
		}
		seen[f.name] = true
		if !strings.Contains(string(doc), "\n//\t"+f.name+" ") {
			t.Errorf("the package comment does not have %s", f.name)
		}
		if f.effect == "" || strings.HasSuffix(f.effect, ".") {
			t.Errorf("%s: the effect %q is no line of a list", f.name, f.effect)
		}
		can, known := only[f.heading]
		if !known {
			if f.heading != otherPeople {
				t.Errorf("%s has an unknown heading %q", f.name, f.heading)
			}
			continue
		}
		if can.kinds == nil {
			if !f.kind.canStrike(placeBatch, Copy) {
				t.Errorf("%s cannot strike a whole batch", f.name)
			}
			continue
		}
		for _, in := range []place{placeSingle, placeEntry} {
			for _, k := range []Kind{Read, Copy, Upload, Delete} {
				want := slices.Contains(can.in, in) && slices.Contains(can.kinds, k)
				if got := f.kind.canStrike(in, k); got != want {
					t.Errorf("%s, below %q: it can strike %v in place %d: %v, want %v", f.name, f.heading, k, in, got, want)
				}
			}
		}
	}
}

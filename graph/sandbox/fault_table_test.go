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
		if seen[f.Name] {
			t.Errorf("%s is there twice", f.Name)
		}
		seen[f.Name] = true
		if !strings.Contains(string(doc), "\n//\t"+f.Name+" ") {
			t.Errorf("the package comment does not have %s", f.Name)
		}
		if f.Effect == "" || strings.HasSuffix(f.Effect, ".") {
			t.Errorf("%s: the effect %q is no line of a list", f.Name, f.Effect)
		}
		can, known := only[f.Heading]
		if !known {
			if f.Heading != otherPeople {
				t.Errorf("%s has an unknown heading %q", f.Name, f.Heading)
			}
			continue
		}
		if can.kinds == nil {
			if !faultKind(f.Name).canStrike(placeBatch, Copy) {
				t.Errorf("%s cannot strike a whole batch", f.Name)
			}
			continue
		}
		for _, in := range []place{placeSingle, placeEntry} {
			for _, k := range []Kind{Read, Copy, Upload, Delete} {
				want := slices.Contains(can.in, in) && slices.Contains(can.kinds, k)
				if got := faultKind(f.Name).canStrike(in, k); got != want {
					t.Errorf("%s, below %q: it can strike %v in place %d: %v, want %v", f.Name, f.Heading, k, in, got, want)
				}
			}
		}
	}
}

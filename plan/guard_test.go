package plan_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"adferry/plan"
)

const guardedHash = plan.Hash("0123456789abcdef0123456789abcdef")

func at(second int) time.Time { return time.Date(2026, 11, 25, 12, 0, second, 0, time.UTC) }

var (
	witnessConflicts = plan.Guard{Witness: "11", WitnessHash: guardedHash}
	within           = plan.Guard{From: at(1), To: at(9)}
	both             = plan.Guard{Witness: "11", WitnessHash: guardedHash, From: at(1), To: at(9)}
)

// A guard comes out of a manifest as it went in, and so out of failed.csv, which
// carries the cell.
func TestGuardReadsAsWritten(t *testing.T) {
	for _, test := range []struct {
		name string
		g    plan.Guard
		text string
	}{
		{"none", plan.Guard{}, ""},
		{"a witness", witnessConflicts, "seen=act_11/0123456789abcdef0123456789abcdef"},
		{"a window", within, "created=2026-11-25T12:00:01Z..2026-11-25T12:00:09Z"},
		{"both", both, "seen=act_11/0123456789abcdef0123456789abcdef;created=2026-11-25T12:00:01Z..2026-11-25T12:00:09Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.g.String() != test.text {
				t.Errorf("got %q, want %q", test.g, test.text)
			}
			var b bytes.Buffer
			if _, err := plan.WriteGuarded(&b, each([]plan.Line{{Verb: plan.Delete, Source: "22", Hash: guardedHash, Guard: test.g}})); err != nil {
				t.Fatal(err)
			}
			p, err := plan.Read(&b, nil)
			if err != nil {
				t.Fatal(err)
			}
			for o := range p.Ops() {
				if o.Guard != test.g {
					t.Errorf("got %q, want %q", o.Guard, test.g)
				}
			}
		})
	}
}

// A window is widened to whole seconds: those of the API are.
func TestGuardWindow(t *testing.T) {
	g := plan.Guard{From: at(1).Add(900 * time.Millisecond), To: at(9).Add(time.Millisecond)}
	var read plan.Guard
	if err := read.UnmarshalText([]byte(g.String())); err != nil {
		t.Fatal(err)
	}
	for second, in := range map[int]bool{0: false, 1: true, 10: true, 11: false} {
		if read.CreatedWithin(at(second)) != in {
			t.Errorf("second %d: got %v, want %v", second, !in, in)
		}
	}
	if !witnessConflicts.CreatedWithin(at(0)) {
		t.Error("a guard without a window holds back what was created at any time")
	}
}

// What is no guard, or stands where none may stand, is a problem of its cell.
func TestGuardProblems(t *testing.T) {
	const seen = "seen=act_11/0123456789abcdef0123456789abcdef"
	const created = "created=2026-11-25T12:00:01Z..2026-11-25T12:00:09Z"
	for _, test := range []struct{ name, row, what string }{
		{"a word", "delete,22,%,,yes", "not a guard"},
		{"another order", "delete,22,%,," + created + ";" + seen, "not a guard"},
		{"twice", "delete,22,%,," + seen + ";" + seen, "not a guard"},
		{"a bare account", "delete,22,%,,seen=11/%", "not a guard"},
		{"a hash in capitals", "delete,22,%,,seen=act_11/0123456789ABCDEF0123456789ABCDEF", "not a guard"},
		{"a cut hash", "delete,22,%,,seen=act_11/0123", "not a guard"},
		{"cut off", "delete,22,%,," + seen + ";", "not a guard"},
		{"a window's other end missing", "delete,22,%,,created=2026-11-25T12:00:01Z", "not a guard"},
		{"a window backwards", "delete,22,%,,created=2026-11-25T12:00:09Z..2026-11-25T12:00:01Z", "not a guard"},
		{"a local time", "delete,22,%,,created=2026-11-25T12:00:01+01:00..2026-11-25T12:00:09+01:00", "not a guard"},
		{"blanks around it", "delete,22,%,, " + seen, "not a guard"},
		{"its own witness", "delete,11,%,," + seen, "not a guard"},
		{"on a copy", "copy,11,%,22," + created, "a copy row does not use it"},
		{"two that differ", "delete,22,%,," + seen + "\ndelete,22,%,,seen=act_33/%", "another row has a different guard"},
	} {
		t.Run(test.name, func(t *testing.T) {
			rows := strings.ReplaceAll(test.row, "%", string(guardedHash))
			_, err := plan.Read(strings.NewReader("operation,source_account,hash,target_account,adferry_guard\n"+rows+"\n"), nil)
			if err == nil || !strings.Contains(err.Error(), test.what) || !strings.Contains(err.Error(), plan.GuardColumn) {
				t.Errorf("got %v, want %q in column %s", err, test.what, plan.GuardColumn)
			}
		})
	}
}

// A deletion waits for what brings its witness; nothing in the plan may take that away.
func TestWitness(t *testing.T) {
	lines := []plan.Line{
		{Verb: plan.Delete, Source: "22", Hash: guardedHash, Guard: witnessConflicts},
		{Verb: plan.Copy, Source: "33", Hash: guardedHash, Target: "11"},
	}
	var b bytes.Buffer
	if _, err := plan.WriteGuarded(&b, each(lines)); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Read(&b, nil)
	if err != nil {
		t.Fatal(err)
	}
	needs := 0
	for id, need := range p.Needs() {
		if needs++; id != 1 || need != 2 {
			t.Errorf("%d needs %d, want the deletion to need the copy", id, need)
		}
	}
	for o := range p.Ops() {
		if o.Needs != (o.Kind == plan.KindDelete) || o.Needed != (o.Kind == plan.KindCopy) {
			t.Errorf("%v needs %v, needed %v", o.Kind, o.Needs, o.Needed)
		}
	}
	if needs != 1 {
		t.Errorf("got %d needs, want 1", needs)
	}
	lines[1] = plan.Line{Verb: plan.Delete, Source: "11", Hash: guardedHash}
	b.Reset()
	if _, err := plan.WriteGuarded(&b, each(lines)); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Read(&b, nil); err == nil || !strings.Contains(err.Error(), "line 3 deletes the image in act_11, but the deletion in line 2 needs it there") {
		t.Errorf("got %v, want the witness's deletion refused", err)
	}
}

// Rows that ask for one deletion put all their conditions on it; its witness is
// one of the plan's ad accounts, and read.
func TestGuardsJoin(t *testing.T) {
	var b bytes.Buffer
	if _, err := plan.WriteGuarded(&b, each([]plan.Line{
		{Verb: plan.Delete, Source: "22", Hash: guardedHash, Guard: witnessConflicts},
		{Verb: plan.Move, Source: "22", Hash: guardedHash, Target: "33", Guard: within},
		{Verb: plan.Delete, Source: "22", Hash: guardedHash},
	})); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Read(&b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for o := range p.Ops() {
		if o.Kind == plan.KindDelete && o.Guard != both {
			t.Errorf("got %q, want %q", o.Guard, both)
		}
	}
	if a := p.Accounts(); len(a) != 3 || a[0].Account != "11" || a[0].Confirmations != 1 {
		t.Errorf("got %+v, want the witness first and one image read in it", a)
	}
}

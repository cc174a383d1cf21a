package lab_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs/quota"
)

var labOurs = flag.Bool("lab.ours", false, "leave the lab's baselines out")

var labWhole = flag.Bool("lab", false, "run the quota lab at full size, with its baselines, and print its table")

// model is a server with a quota that the engine has to discover.
type model struct {
	name    string
	tier    sandbox.Tier
	options sandbox.Options
	targets map[string]int // copies by target ad account
	moves   bool           // the images leave their source, which has the same limits
	ideal   time.Duration  // what a client that knew the limits would need
	ratio   float64        // most that ours may take of it
	reject  float64        // share of calls that may be rejected

	// unforeseen calls may be rejected in any case: a thousandth of 600 is none,
	// and where no header tells of a limit only a refusal can.
	unforeseen int

	share   quota.Share   // of the limits that ours may use; 0: all
	limits  string        // what the plan's prediction has to assume; "": none is asked for
	lasts   time.Duration // when ours is stopped; 0: at its end
	blocked []string      // target ad accounts that are held back, while the others are not to be slower

	workers int // that carry out the job together; 0: it is not shared

	twoApps  bool                      // the limit of the app is that of the blocked accounts; the others have another one
	accounts map[string]sandbox.Limits // of targets that have others than options says
}

const labLatency = 200 * time.Millisecond

// wants is how long ours may take of a model, and how many calls may be
// rejected. In a reduced run discovery weighs more: a block of the tier, what two
// requests in flight may lose together, and a margin.
func (m model) wants(calls int) (took time.Duration, rejected int) {
	took, rejected = time.Duration(float64(m.ideal)*m.ratio), int(float64(calls)*m.reject)
	switch {
	case *labWhole:
	case m.tier == sandbox.Limited:
		took, rejected = took+6*time.Minute, rejected+6
	default:
		took, rejected = took+6*time.Minute, rejected+max(120, 150*m.workers)
	}
	rejected = max(rejected, m.unforeseen)
	if !*labWhole && m.ideal < 10*time.Second { // a few calls: nothing to wait for
		took = m.ideal + 10*time.Second
	}
	return took, rejected
}

// The quota lab: the whole engine in virtual time, against servers whose quotas
// it has to discover.
func TestQuotaLab(t *testing.T) {
	t.Parallel()
	models := labModels(*labWhole)
	lines := make([]strings.Builder, len(models)) // of the table
	t.Cleanup(func() { labTable(t, lines) })
	for i, m := range models {
		t.Run(fmt.Sprint(m.name, " ", m.tier), func(t *testing.T) {
			t.Parallel()
			line := &lines[i]
			ours := labRun(t, m)
			ratio := ours.took.Seconds() / m.ideal.Seconds()
			took, rejected := m.wants(ours.calls)
			predicted := ""
			if m.limits != "" {
				predicted = short(ours.predicted)
			}
			fmt.Fprintf(line, "%s\t%v\t%s\t%s\t%s\t%.3f\t%d\t", m.name, m.tier, short(m.ideal), predicted, short(ours.took), ratio, ours.rejected)
			if *labWhole && !*labOurs {
				for _, b := range []labBaseline{backoffClient, pauseClient} {
					base := labBase(t, m, b)
					fmt.Fprintf(line, "%.2f\t%d\t%d\t", base.took.Seconds()/m.ideal.Seconds(), base.rejected, base.lost)
				}
			}
			t.Logf("%d calls in %d requests; rejected: %s", ours.calls, ours.requests, strings.Join(ours.refused, "; "))
			for _, w := range ours.wrong {
				t.Error(w)
			}
			if off := ours.predicted - ours.took; *labWhole && m.limits != "" && off.Abs() > ours.took/10 {
				t.Errorf("took %v, and the plan had said %v if the limits are %s; they may be 10 %% apart", ours.took, ours.predicted, m.limits)
			}
			if most := 100 * float64(m.share); m.share > 0 && ours.peak > most+0.01 {
				t.Errorf("a limit was used up to %.2f %%, at most %v %% are wanted", ours.peak, most)
			}
			if len(m.blocked) > 0 {
				m.alone(t, ours.others)
			}
			if ours.lost > 0 {
				t.Errorf("%d rows were lost", ours.lost)
			}
			if ours.took > took {
				t.Errorf("took %v, %.3f of the ideal %v; at most %v is wanted", ours.took, ratio, m.ideal, took)
			}
			if ours.rejected > rejected {
				t.Errorf("%d of %d calls were rejected, at most %d are wanted", ours.rejected, ours.calls, rejected)
			}
		})
	}
}

// labTable shows what came of each model, where the whole lab was asked for.
func labTable(t *testing.T, lines []strings.Builder) {
	t.Helper()
	var table strings.Builder
	tw := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "server\ttier\tideal\tplan\tours\tratio\trejected\tbackoff\trejected\tlost\tpause\trejected\tlost\t")
	for i := range lines {
		fmt.Fprintln(tw, lines[i].String())
	}
	tw.Flush()
	if *labWhole {
		fmt.Fprint(os.Stdout, table.String())
	} else {
		t.Log("\n" + table.String())
	}
}

// alone checks that the accounts beside the blocked ones were hardly slower than
// without them.
func (m model) alone(t *testing.T, took time.Duration) {
	t.Helper()
	m.targets = maps.Clone(m.targets)
	for _, target := range m.blocked {
		delete(m.targets, target)
	}
	alone := labRun(t, m).took
	t.Logf("the others took %v, and %v without the blocked", took, alone)
	most := alone + alone/50
	if !*labWhole {
		most += time.Second // by how much two runs of some seconds may differ: a burst's limit is one for a second
	}
	if took > most {
		t.Errorf("the others took %v, want %v at most after the %v without the blocked", took, most, alone)
	}
}

func short(d time.Duration) string { return d.Round(time.Second).String() }

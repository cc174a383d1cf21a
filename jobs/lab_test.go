package jobs_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"adferry/graph"
	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/quota"
	"adferry/jobs/store"
	"adferry/plan"
)

var labOurs = flag.Bool("lab.ours", false, "leave the lab's baselines out")

var labWhole = flag.Bool("lab", false, "run the quota lab at full size, with its baselines, and print its table")

// model is a server with a quota that the engine has to discover.
type model struct {
	name    string
	tier    sandbox.Tier
	options sandbox.Options
	targets map[string]int // copies by target ad account
	ideal   time.Duration  // what a client that knew the limits would need
	ratio   float64        // most that ours may take of it
	reject  float64        // share of calls that may be rejected
}

const labLatency = 200 * time.Millisecond

// reducedFull are the models that the reduced run plays at Full access, too.
var reducedFull = []string{"f", "g", "k"}

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
		took, rejected = took+90*time.Second, rejected+120
	}
	if !*labWhole && m.ideal < 10*time.Second { // a few calls: nothing to wait for
		took = m.ideal + 10*time.Second
	}
	return took, rejected
}

// labModels are the server models of the lab. full makes them as large as the
// README's table.
func labModels(full bool) []model {
	nFull, nLimited, nSpread := 20_000, 600, 40_000
	if !full {
		nFull, nLimited, nSpread = 3400, 120, 3000 // just above a score's limit
	}
	none := sandbox.Limits{HourlyCalls: -1}
	score := sandbox.Limits{HourlyCalls: -1, Score: sandbox.Linear}
	sliding := sandbox.Limits{HourlyCalls: -1, Score: sandbox.Sliding}
	clock := sandbox.Limits{Hours: sandbox.ClockHour}
	rolling := sandbox.Limits{}
	burst := sandbox.Limits{HourlyCalls: -1, BurstPerSecond: 100}
	all := sandbox.Limits{Score: sandbox.Linear, BurstPerSecond: 100}
	with := func(l sandbox.Limits, change func(*sandbox.Limits)) sandbox.Limits { change(&l); return l }
	var models []model
	both := func(name string, l sandbox.Limits, o sandbox.Options, ratio, reject float64) {
		for _, tier := range []sandbox.Tier{sandbox.Full, sandbox.Limited} {
			if tier == sandbox.Full && !full && !slices.Contains(reducedFull, name[:1]) {
				continue
			}
			n := nFull
			if tier == sandbox.Limited {
				n = nLimited
			}
			m := model{name: name, tier: tier, options: o, targets: map[string]int{"21": n}, ratio: ratio, reject: reject}
			m.options.Tier, m.options.Limits = tier, l
			m.ideal = labIdeal(l, tier, n)
			models = append(models, m)
		}
	}
	both("a score, linear decay", score, sandbox.Options{}, 1.05, 0.001)
	both("b score, sliding window", sliding, sandbox.Options{}, 1.05, 0.001)
	both("c calls in clock hours", clock, sandbox.Options{}, 1.05, 0.001)
	both("d calls in a rolling hour", rolling, sandbox.Options{}, 1.05, 0.001)
	both("e burst alone", burst, sandbox.Options{}, 1.05, 0.001)
	both("f all of them", all, sandbox.Options{}, 1.05, 0.001)
	both("g f, no headers", all, sandbox.Options{Headers: sandbox.Headers{None: true}}, 1.15, 0.001)
	both("h f, headers on failures", all, sandbox.Options{Headers: sandbox.Headers{OnlyErrors: true}}, 1.15, 0.001)
	both("i f, calls extend a block", with(all, func(l *sandbox.Limits) { l.BlockedCallsExtend = true }), sandbox.Options{}, 1.15, 0.01)
	both("k f, half the limits", with(all, func(l *sandbox.Limits) { l.Scale = 0.5 }), sandbox.Options{}, 1.25, 0.01)
	both("k f, three times the limits", with(all, func(l *sandbox.Limits) { l.Scale = 3 }), sandbox.Options{}, 1.25, 0.01)
	waves := sandbox.Others{Share: 0.6, Period: 10 * time.Minute, Busy: 5 * time.Minute} // 30 % on average
	both("l f, others take 30% in waves", with(all, func(l *sandbox.Limits) { l.Others = waves }), sandbox.Options{}, 1.15, 0.01)

	spread := map[string]int{}
	for i, weight := range []int{30, 12, 9, 7, 6, 5, 4, 4, 3, 3, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1} {
		spread[fmt.Sprint(21+i)] = weight * nSpread / 100
	}
	app := model{name: "j app-wide, 20 accounts", tier: sandbox.Full, options: sandbox.Options{Tier: sandbox.Full, Limits: none, AppHourlyCalls: nSpread / 3}, targets: spread, ratio: 1.15, reject: 0.001}
	calls := 0
	for _, n := range spread {
		calls += n + (n+49)/50*2
	}
	app.ideal = time.Duration((calls-1)/app.options.AppHourlyCalls)*time.Hour + 3*labLatency
	blocked := model{name: "m one of 20 blocked an hour", tier: sandbox.Full, options: sandbox.Options{Tier: sandbox.Full, Limits: all}, targets: spread, ratio: 1.05, reject: 0.001}
	blocked.options.Script = []sandbox.Rule{{Match: sandbox.Match{Account: "30"}, Fault: sandbox.Fault{Name: "80004/2446079", Regain: time.Hour}}}
	blocked.options.Script[0].Match.Count, blocked.options.Script[0].Match.Nth = 1, 1
	blocked.options.Script[0].Fault.Hold = time.Hour
	blocked.ideal = max(time.Hour, labIdeal(all, sandbox.Full, spread["21"]))
	disguised := model{name: "n 200/4841013 for ten minutes", tier: sandbox.Full, options: sandbox.Options{Tier: sandbox.Full, Limits: all}, targets: map[string]int{"21": nFull}, ratio: 1.5, reject: 0.01}
	disguised.options.Script = []sandbox.Rule{{Match: sandbox.Match{Account: "21", Kind: sandbox.Copy, Nth: 500, Count: 1}, Fault: sandbox.Fault{Name: "200/4841013", Hold: 10 * time.Minute}}}
	disguised.ideal = labIdeal(all, sandbox.Full, nFull) + 10*time.Minute
	return append(models, app, blocked, disguised)
}

// labIdeal is the least time in which n copies into one account and the reads
// that they demand fit into the limits.
func labIdeal(l sandbox.Limits, tier sandbox.Tier, n int) time.Duration {
	scale := l.Scale
	if scale == 0 {
		scale = 1
	}
	calls, score := 100_000.0, 9000.0
	if tier == sandbox.Limited {
		calls, score = 300, 60
	}
	others := 1.0
	if l.Others.Share > 0 {
		others = 1 - l.Others.Share*l.Others.Busy.Seconds()/l.Others.Period.Seconds()
	}
	calls, score = calls*scale, score*scale
	reads := float64((n + 49) / 50)
	total, points := float64(n)+reads, 3*float64(n)+reads
	// Eight workers with ten calls each, and a request in the source's lane for
	// each bulk read there: what this side allows.
	least := (total/10 + reads) / 8 * labLatency.Seconds()
	if l.BurstPerSecond > 0 {
		least = max(least, total/(float64(l.BurstPerSecond)*scale))
	}
	if l.HourlyCalls >= 0 && total > calls {
		if others < 1 {
			least = max(least, (total-calls)/(calls*others)*3600)
		} else {
			least = max(least, math.Floor((total-1)/calls)*3600)
		}
	}
	switch {
	case l.Score == sandbox.Linear:
		least = max(least, (points-score)/(score*others)*300)
	case l.Score == sandbox.Sliding:
		least = max(least, math.Floor((points-1)/score)*300)
	}
	return time.Duration(least*float64(time.Second)) + 3*labLatency
}

// measured is what a client made of a model.
type measured struct {
	took     time.Duration
	calls    int
	rejected int
	blocked  int // calls sent while the server had said to wait
	lost     int // copies that are not in their target at the end
}

// The quota lab: the whole engine in virtual time, against servers whose quotas
// it has to discover.
func TestQuotaLab(t *testing.T) {
	var table strings.Builder
	tw := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "server\ttier\tideal\tours\tratio\trejected\tbackoff\trejected\tlost\tpause\trejected\tlost\t")
	for _, m := range labModels(*labWhole) {
		t.Run(fmt.Sprint(m.name, " ", m.tier), func(t *testing.T) {
			ours := labRun(t, m)
			ratio := ours.took.Seconds() / m.ideal.Seconds()
			took, rejected := m.wants(ours.calls)
			fmt.Fprintf(tw, "%s\t%v\t%s\t%s\t%.3f\t%d\t", m.name, m.tier, short(m.ideal), short(ours.took), ratio, ours.rejected)
			if *labWhole && !*labOurs {
				for _, b := range []labBaseline{backoffClient, pauseClient} {
					base := labBase(t, m, b)
					fmt.Fprintf(tw, "%.2f\t%d\t%d\t", base.took.Seconds()/m.ideal.Seconds(), base.rejected, base.lost)
				}
			}
			fmt.Fprintln(tw)
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
	tw.Flush()
	if *labWhole {
		fmt.Fprint(os.Stdout, table.String())
	} else {
		t.Log("\n" + table.String())
	}
}

// labServer makes the model's server with its images in account 11.
func labServer(m model) *sandbox.Server {
	o := m.options
	o.Latency = sandbox.Latency{Min: labLatency}
	s := sandbox.New(o)
	unlimited := sandbox.Limits{HourlyCalls: -1}
	for target, n := range m.targets {
		s.AddAccount(target, sandbox.AccountOptions{})
		s.AddAccount("11"+target, sandbox.AccountOptions{Limits: &unlimited})
		for i := range n {
			s.AddImage("11"+target, sandbox.Image{Hash: string(hash(fmt.Sprint(target, i)))})
		}
	}
	return s
}

func labRun(t *testing.T, m model) (r measured) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := labServer(m)
		client := labClient(t, s)
		var b strings.Builder
		b.WriteString("source_account,hash,target_account\n")
		for target, n := range m.targets {
			for i := range n {
				fmt.Fprintf(&b, "11%s,%s,%s\n", target, hash(fmt.Sprint(target, i)), target)
			}
		}
		job, _, err := store.Create(context.Background(), t.TempDir(), store.Spec{
			Read: func(visit func(plan.Row) error) (*plan.Plan, error) {
				return plan.Read(strings.NewReader(b.String()), visit)
			}})
		if err != nil {
			t.Fatal(err)
		}
		defer job.Close()
		began := time.Now()
		if err := jobs.New(client, job, jobs.Options{Rules: quota.Rules{}}).Run(context.Background()); err != nil {
			t.Error(err)
		}
		r = labResult(m, s, time.Since(began))
	})
	return r
}

func labResult(m model, s *sandbox.Server, took time.Duration) measured {
	st := s.Stats()
	r := measured{took: took, rejected: st.Throttled, blocked: st.WhileBlocked}
	for _, n := range st.Calls {
		r.calls += n
	}
	for target, n := range m.targets {
		r.lost += n - len(s.Images(target))
	}
	return r
}

func labClient(t *testing.T, s *sandbox.Server) *graph.Client {
	t.Helper()
	token, err := graph.NewSecret("token")
	if err != nil {
		t.Fatal(err)
	}
	client, err := graph.New(graph.Config{Token: token, Transport: sandbox.Transport(s)})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func short(d time.Duration) string { return d.Round(time.Second).String() }

// labBaseline is how a simple client waits after a throttle: how long before
// the given try, and how many tries there are.
type labBaseline struct {
	tries int
	wait  func(try int) time.Duration
}

var (
	// What the scripts do that people write over an SDK.
	backoffClient = labBaseline{10, func(try int) time.Duration { return time.Second << try }}
	pauseClient   = labBaseline{1 << 30, func(int) time.Duration { return time.Minute }}
)

// labBase runs a baseline: as many requests at once, one copy each, no reading.
func labBase(t *testing.T, m model, b labBaseline) (r measured) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := labServer(m)
		client := labClient(t, s)
		type item struct{ target, hash string }
		work := make(chan item)
		done := make(chan struct{})
		for range 80 {
			go func() {
				defer func() { done <- struct{}{} }()
				for i := range work {
					for try := range b.tries {
						reply := client.Do(context.Background(), []graph.Call{graph.Copy(i.target, "11"+i.target, i.hash)})[0]
						if reply.Err == nil || !reply.Err.Class.Throttled() {
							break
						}
						time.Sleep(b.wait(try))
					}
				}
			}()
		}
		began := time.Now()
		for target, n := range m.targets {
			for i := range n {
				work <- item{target, string(hash(fmt.Sprint(target, i)))}
			}
		}
		close(work)
		for range 80 {
			<-done
		}
		r = labResult(m, s, time.Since(began))
	})
	return r
}

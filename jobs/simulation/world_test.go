package simulation_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs"
	"adferry/jobs/dispatch"
	"adferry/jobs/engine"
	"adferry/jobs/jobtest"
	"adferry/jobs/quota"
	"adferry/plan"
)

// scenario is what a seed stands for: the accounts and their images, the
// manifest, the server's temper, and how each process that runs the job ends.
// The seed does not fix how goroutines interleave, nor the engine's own jitter.
type scenario struct {
	seed     uint64
	accounts []simAccount
	images   []simImage
	manifest string
	server   sandbox.Options
	outages  bool          // now and then no connection can be made
	slow     time.Duration // how long the disk takes, in the longest case
	turns    []turn
	keeps    bool    // images are kept before they are deleted
	others   []other // what others do meanwhile
	rivals   int     // how often somebody deletes an image that was just seen
	attempts int
	share    quota.Share // of the limits that the job may use; 0 is all
	lives    []life
	logins   logins
}

type simAccount struct {
	id      string
	missing bool // the API does not know it
	options sandbox.AccountOptions
}

// troubled says that not everything is allowed with the account.
func (a simAccount) troubled() bool {
	return a.missing || a.options.Denied != "" || a.options.ReadOnly || a.options.Disabled != ""
}

type simImage struct {
	account string
	sandbox.Image
}

// end is how a process that runs the job comes to its end.
type end uint8

const (
	endNone     end = iota // by itself
	endStop                // Engine.Stop
	endCancel              // its context ends
	endCrash               // it is gone from a commit on
	endDiskFull            // commits fail from one on
	endExpire              // its token expires
	ends
)

var endNames = [...]string{"none", "stop", "cancel", "crash", "disk full", "token expires"}

func (e end) String() string { return endNames[e] }

// life is one process.
type life struct {
	options engine.Options
	end     end
	after   time.Duration // when, for stop, cancel and expire
	commit  int           // when, for crash and disk full
	written bool          // that commit reaches the disk all the same
	rest    time.Duration // until the next process starts
}

func newScenario(seed uint64) *scenario {
	d := dice{rand.New(rand.NewPCG(seed, 0xad))}
	s := &scenario{seed: seed, attempts: d.between(2, 8), outages: d.chance(0.1)}
	s.people(d)
	s.write(d)
	s.server = temper(d, seed, s.accounts)
	for range d.between(0, 6) {
		s.lives = append(s.lives, s.life(d))
	}
	s.later(dice{rand.New(rand.NewPCG(seed, 0xad2))})
	s.distrust(dice{rand.New(rand.NewPCG(seed, 0xad3))})
	s.beside(dice{rand.New(rand.NewPCG(seed, 0xad4))})
	s.authorize(dice{rand.New(rand.NewPCG(seed, 0xad5))})
	return s
}

// beside draws how the job gets on with other programs in the same ad accounts: what they use
// and what it may.
func (s *scenario) beside(d dice) {
	if d.chance(0.15) {
		least := 5
		if s.server.Limits.HourlyCalls > 0 { // a small part of little is spent on what the faults spoil
			least = 40
		}
		s.share = quota.Share(d.between(least, 100)) / 100
	}
	if d.chance(0.15) {
		s.server.Limits.Others = sandbox.Others{Share: 0.6 * d.Float64(), Period: d.span(time.Minute, 2*time.Hour)}
		s.server.Limits.Others.Busy = time.Duration(d.Float64() * float64(s.server.Limits.Others.Period))
	}
}

// later draws what was thought of after worlds had been found that fail: from
// dice of its own, so that they stay as they are.
func (s *scenario) later(d dice) {
	v := &s.server.Variants
	if d.chance(0.2) {
		v.MaxPage = d.between(1, 30)
	}
	v.StaleCursorFails = d.chance(0.2)
	if d.chance(0.3) {
		s.slow = d.span(time.Millisecond, 2*time.Second)
	}
	s.keeps = d.chance(0.3)
	for at := d.span(time.Second, 10*time.Minute); d.chance(0.3); at += d.span(time.Second, time.Hour) {
		to := jobs.Steering{Paused: d.chance(0.5), Workers: d.between(1, 12)}
		if d.chance(0.3) {
			to.MaxRate = 0.1 + 5*d.Float64()
		}
		s.turns = append(s.turns, turn{at, to})
	}
	if n := len(s.turns); n > 0 {
		s.turns[n-1].to.Paused = false
	}
}

// turn is what somebody has every process do after so long.
type turn struct {
	at time.Duration
	to jobs.Steering
}

// people makes the accounts. Those with trouble come in a third of the worlds.
func (s *scenario) people(d dice) {
	trouble := d.chance(0.35)
	for i := range d.between(2, 8) {
		a := simAccount{id: fmt.Sprint(11 * (i + 1))}
		if trouble && i > 0 && d.chance(0.25) {
			switch d.IntN(5) {
			case 0:
				a.missing = true
			case 1:
				a.options.Denied = pick[sandbox.Code](d, "200", "100/33")
			case 2:
				a.options.ReadOnly = true
			default:
				a.options.Disabled = pick[sandbox.Code](d, "1885316", "200/4841013", "1404163")
			}
		}
		s.accounts = append(s.accounts, a)
	}
}

// write makes the manifest and the images. Rows that contradict others are left
// out, as the user would who is told.
func (s *scenario) write(d dice) {
	want := d.between(10, 120)
	var rows []string
	for n := 0; len(rows) < want; n++ {
		rows = append(rows, s.story(d, fmt.Sprint("image", n))...)
		if len(rows) > 2 && d.chance(0.1) {
			rows = append(rows, rows[d.IntN(len(rows))])
		}
	}
	if d.chance(0.5) {
		d.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
	}
	const header = "operation,source_account,hash,target_account\n"
	for {
		s.manifest = header + strings.Join(rows, "\n") + "\n"
		_, err := plan.Read(strings.NewReader(s.manifest), func(plan.Row) error { return nil })
		if err == nil {
			return
		}
		problems, ok := err.(*plan.ProblemsError)
		if !ok {
			panic(err)
		}
		for _, p := range slices.Backward(problems.Problems) {
			if i := p.Line - 2; i < len(rows) {
				rows = slices.Delete(rows, i, i+1)
			}
		}
	}
}

// story is a few rows about one image, and puts it where it starts.
func (s *scenario) story(d dice, name string) []string {
	way := d.Perm(len(s.accounts))
	at := func(i int) string { return s.accounts[way[i%len(way)]].id }
	row := func(verb string, from, to int) string {
		target := ""
		if verb != "delete" {
			target = at(to)
		}
		return fmt.Sprintf("%s,%s,%s,%s", verb, at(from), jobtest.Hash(name), target)
	}
	put := func(i int, p float64) {
		if d.chance(p) {
			s.put(d, at(i), name)
		}
	}
	long := min(len(way), d.between(2, 4))
	verb := func() string { return pick(d, "copy", "move") }
	var rows []string
	switch d.IntN(8) {
	case 0:
		put(0, 0.85)
		return []string{row("delete", 0, 0)}
	case 1: // a chain, of moves or of copies
		put(0, 0.9)
		put(d.between(1, long), 0.1)
		v := verb()
		for i := range long - 1 {
			rows = append(rows, row(v, i, i+1))
		}
	case 2: // from one to many
		put(0, 0.95)
		for i := range long - 1 {
			put(i+1, 0.15)
			rows = append(rows, row(verb(), 0, i+1))
		}
	case 3: // from many to one
		for i := range long - 1 {
			put(i+1, 0.85)
			rows = append(rows, row(verb(), i+1, 0))
		}
	case 4:
		put(0, 0.95)
		rows = []string{row("copy", 0, 1), row("delete", 0, 0)}
	case 5: // any rows at all
		for i := range long {
			put(i, 0.6)
			rows = append(rows, row(pick(d, "copy", "move", "delete"), d.IntN(long), long+d.IntN(long)))
		}
		rows = slices.DeleteFunc(rows, func(r string) bool { f := strings.Split(r, ","); return f[1] == f[3] })
	default:
		put(0, 0.9)
		put(1, 0.12)
		rows = []string{row(verb(), 0, 1)}
	}
	return rows
}

// put gives an account the image, sometimes one that is special.
func (s *scenario) put(d dice, account, name string) {
	i := sandbox.Image{Hash: string(jobtest.Hash(name))}
	switch d.IntN(20) {
	case 0:
		i.Creatives = []string{"1"}
	case 1:
		i.Associated = true
	case 2:
		i.Rehash = true
	case 3:
		i.Status = sandbox.Deleted
	}
	s.images = append(s.images, simImage{account, i})
}

// life draws one process of the job.
func (s *scenario) life(d dice) life {
	l := s.quiet(d)
	l.end = end(d.IntN(int(ends)))
	l.after, l.commit = d.span(10*time.Millisecond, 10*time.Minute), d.between(1, 60)
	l.written, l.rest = d.chance(0.5), time.Duration(d.IntN(2))*d.span(10*time.Millisecond, 10*time.Minute)
	switch d.IntN(10) {
	case 0:
		l.options.StopOnThrottle = true
	case 1:
		l.options.MaxWait = d.span(time.Second, 10*time.Minute)
	case 2:
		l.options.MaxDuration = d.span(time.Second, 10*time.Minute)
	}
	return l
}

// quiet is a process that nothing interrupts.
func (s *scenario) quiet(d dice) life {
	o := engine.Options{
		Workers: d.between(1, 12), BatchSize: pick(d, 1, 2, 5, 10, 50), Attempts: s.attempts,
		RetryBase: d.span(50*time.Millisecond, 2*time.Second), MaxFailures: jobs.Limit{Percent: 100, Set: true},
	}
	o.Rules.Mode = pick(d, quota.Auto, quota.Auto, quota.Off, quota.Full, quota.Limited)
	if d.chance(0.1) {
		o.Rules.MaxRate = 0.5 + 5*d.Float64()
	}
	return life{options: o}
}

func (s *scenario) account(id string) simAccount {
	for _, a := range s.accounts {
		if a.id == id {
			return a
		}
	}
	return simAccount{missing: true}
}

// plays reports whether the server plays one of the faults.
func (s *scenario) plays(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return s.server.Rates[name] > 0 ||
			slices.ContainsFunc(s.server.Script, func(r sandbox.Rule) bool { return r.Fault.Name == name })
	})
}

// blocks reports whether the server gives an answer that may mean a throttle or
// the end of an account.
func (s *scenario) blocks() bool {
	return s.plays("200/4841013", "368") ||
		slices.ContainsFunc(s.accounts, func(a simAccount) bool { return a.options.Disabled != "" })
}

// refuses reports whether the script refuses so many calls of an ad account that the
// engine may take it for closed: to its reads, so that a deletion is not seen to be over,
// or to its writes, so that it is no place for the only copy of an image. Fewer refusals
// than that explain neither.
func (s *scenario) refuses(account string) bool {
	refused := 0
	for _, r := range s.server.Script {
		if r.Fault.Name == "10" && (r.Match.Account == "" || r.Match.Account == account) {
			refused += r.Match.Count
		}
	}
	return refused >= dispatch.MostDenials
}

// dice draws.
type dice struct{ *rand.Rand }

func (d dice) chance(p float64) bool { return d.Float64() < p }

func (d dice) between(least, most int) int { return least + d.IntN(most-least+1) }

// span draws a time, short and long ones of every magnitude alike.
func (d dice) span(least, most time.Duration) time.Duration {
	return time.Duration(float64(least) * math.Pow(float64(most)/float64(least), d.Float64()))
}

func pick[T any](d dice, from ...T) T { return from[d.IntN(len(from))] }

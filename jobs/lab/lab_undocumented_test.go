package lab_test

import (
	"time"

	"adferry/graph/sandbox"
	"adferry/jobs/preflight"
)

// spans is f with spans so many times the documented ones.
func spans(times float64) sandbox.Limits {
	return allWith(func(l *sandbox.Limits) {
		l.CallSpan = time.Duration(times * float64(time.Hour))
		l.Decay = time.Duration(times * float64(300*time.Second))
	})
}

// quick is a score that is neither of the documented ones and drains in a minute.
var quick = sandbox.Limits{HourlyCalls: -1, Score: sandbox.Linear, MaxScore: 300, Decay: time.Minute}

const quickCopies = 180

// undocumented are servers whose spans or headers are not as documented.
var undocumented = []struct {
	name    string
	limits  sandbox.Limits
	headers sandbox.Headers
	ratio   float64
}{
	{"p f, a fifth of the spans", spans(0.2), sandbox.Headers{}, 1.05},
	{"p f, five times the spans", spans(5), sandbox.Headers{}, 1.05},
	{"p 180 copies, score of a minute", quick, sandbox.Headers{}, 1.05},
	{"q p, reset not told, a fifth", spans(0.2), sandbox.Headers{NoReset: true}, 1.25},
	{"q p, reset not told, five times", spans(5), sandbox.Headers{NoReset: true}, 1.25},
	{"q p, reset not told, 180 copies", quick, sandbox.Headers{NoReset: true}, 1.25},
	{"q p, no headers, five times", spans(5), sandbox.Headers{None: true}, 1.5},
	{"r f, score in the header of calls", all, sandbox.Headers{ScoreInCalls: true}, 1.25},
	{"r the same, a fifth of the spans", spans(0.2), sandbox.Headers{ScoreInCalls: true}, 1.25},
	{"r the same, 180 copies", quick, sandbox.Headers{ScoreInCalls: true}, 1.25},
	{"s f, headers kept for 30 s", all, sandbox.Headers{Lag: 30 * time.Second}, 1.25},
	{"s f, headers 30 s late", all, sandbox.Headers{Delay: 30 * time.Second}, 1.25},
}

func undocumentedModels(s size, tier sandbox.Tier) (models []model) {
	for _, d := range undocumented {
		if d.headers.None && s != wholeSize { // what three blocks teach does not pay in a short job
			continue
		}
		n := s.of(tier)
		if d.limits == quick {
			n = quickCopies
		}
		reject := 0.01
		if d.headers.None { // only refusals show the span, each of all calls in flight
			reject = 0.1
		}
		models = append(models, model{
			name: d.name, tier: tier, targets: map[string]int{"21": n}, ratio: d.ratio, reject: reject, unforeseen: 1,
			options: sandbox.Options{Tier: tier, Limits: d.limits, Headers: d.headers},
			ideal:   labIdeal(d.limits, tier, n),
		})
	}
	return models
}

// sharingModel is f for a job that may use half of the limits: for it they are half as
// large.
func sharingModel(s size, tier sandbox.Tier) model {
	half := allWith(func(l *sandbox.Limits) { l.Scale = 0.5 })
	return model{
		name: "v f, a share of 50 %", tier: tier, targets: map[string]int{"21": s.of(tier)}, share: 0.5,
		ratio: 1.05, reject: 0.001, limits: preflight.AllLimits,
		options: sandbox.Options{Tier: tier, Limits: all},
		ideal:   labIdeal(half, tier, s.of(tier)),
	}
}

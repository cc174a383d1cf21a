package sandbox

import (
	"cmp"
	"time"
)

// Limits are the quotas of one ad account. Zero means the documented value of its tier.
type Limits struct {
	// HourlyCalls is the budget of the ads_management use case: 100,000 (Full)
	// or 300 (Limited); the 40 for each active ad are left out. Negative means no limit.
	// https://developers.facebook.com/docs/graph-api/overview/rate-limiting/
	HourlyCalls int
	// CallSpan is the time in which HourlyCalls may be spent if Hours is rolling: an hour
	// by default; values below a second count as the default.
	CallSpan time.Duration
	// Hours says which calls count for HourlyCalls.
	Hours Window

	// Score switches the account score on: a read costs 1, a write 3.
	// https://developers.facebook.com/documentation/ads-commerce/marketing-api/overview/rate-limiting
	Score ScoreModel
	// MaxScore is 9,000 (Full) or 60 (Limited).
	MaxScore int
	// Decay is 300 s by default; values below a second count as the default.
	Decay time.Duration
	// Block is how long calls are refused after the score exceeded MaxScore: 60 s (Full)
	// or 300 s (Limited).
	Block time.Duration
	// ScoreCode is the error code of a call that exceeds the score; "" means 17/2446079.
	ScoreCode Code

	// BurstPerSecond is the limit of calls in one second (613/5044001); 0 means none.
	BurstPerSecond int
	// BlockedCallsExtend makes calls during a block count, which prolongs it.
	BlockedCallsExtend bool
	// Scale multiplies every limit without showing it in headers; 0 means 1.
	Scale float64
	// Others are programs that share the quota.
	Others Others
}

func (l Limits) withDefaults(tier Tier) Limits {
	calls, score, block := 100_000, 9_000, 60*time.Second
	if tier == Limited {
		calls, score, block = 300, 60, 300*time.Second
	}
	l.HourlyCalls = cmp.Or(l.HourlyCalls, calls)
	l.ScoreCode = cmp.Or(l.ScoreCode, codeScore)
	if l.CallSpan < time.Second {
		l.CallSpan = time.Hour
	}
	if l.MaxScore <= 0 {
		l.MaxScore = score
	}
	if l.Decay < time.Second {
		l.Decay = 300 * time.Second
	}
	if l.Block <= 0 {
		l.Block = block
	}
	if l.Scale <= 0 {
		l.Scale = 1
	}
	return l
}

// hourly is the budget of HourlyCalls, nil without a limit.
func (l Limits) hourly() *budget {
	if l.HourlyCalls < 0 {
		return nil
	}
	return hourBudget(float64(l.HourlyCalls)*l.Scale, l.Hours, l)
}

func hourBudget(limit float64, w Window, l Limits) *budget {
	span := cmp.Or(l.CallSpan, time.Hour)
	var book ledger = newWindow(span, 360)
	if w == ClockHour {
		book, span = &clockHour{}, time.Hour
	}
	return &budget{limit: limit, ledger: book, span: span, extend: l.BlockedCallsExtend, others: l.Others}
}

// score is the budget of the score, nil without one.
func (l Limits) score() *budget {
	limit := float64(l.MaxScore) * l.Scale
	b := &budget{limit: limit, span: l.Decay, penalty: l.Block, extend: l.BlockedCallsExtend, others: l.Others}
	switch l.Score {
	case Linear:
		b.ledger = &leak{perSecond: limit / l.Decay.Seconds()}
	case Sliding:
		b.ledger = newWindow(l.Decay, 300)
	default:
		return nil
	}
	return b
}

// burst is the budget of BurstPerSecond, nil without a limit.
func (l Limits) burst() *budget {
	if l.BurstPerSecond <= 0 {
		return nil
	}
	limit := max(1, float64(l.BurstPerSecond)*l.Scale)
	return &budget{limit: limit, ledger: newWindow(time.Second, 1), span: time.Second}
}

package sandbox

import "time"

// Limits are the quotas of one ad account. Zero numbers are the documented ones
// of its tier.
type Limits struct {
	// HourlyCalls is the budget of the ads_management use case: 100,000 (Full)
	// or 300 (Limited), and 40 for each active ad; negative is no limit.
	// https://developers.facebook.com/docs/graph-api/overview/rate-limiting/
	HourlyCalls int
	// Hours says how that hour is counted.
	Hours Window

	// Score turns the account score on: a read is 1, a write 3.
	// https://developers.facebook.com/documentation/ads-commerce/marketing-api/overview/rate-limiting
	Score ScoreModel
	// MaxScore is 9,000 (Full) or 60 (Limited).
	MaxScore int
	// Decay is 300 s, and so is anything below a second.
	Decay time.Duration
	// Block is 60 s (Full) or 300 s (Limited).
	Block time.Duration
	// ScoreCode answers a call over the score; "" is 17/2446079.
	ScoreCode Code

	// BurstPerSecond limits calls in one second (613/5044001); 0 is no limit.
	BurstPerSecond int
	// BlockedCallsExtend counts calls that come during a block, which
	// lengthens it.
	BlockedCallsExtend bool
	// Scale multiplies every limit and tells nobody; 0 is 1.
	Scale float64
	// Others are programs that share the quota.
	Others Others
}

func (l Limits) withDefaults(tier Tier, activeAds int) Limits {
	calls, score, block := 100_000, 9_000, 60*time.Second
	if tier == Limited {
		calls, score, block = 300, 60, 300*time.Second
	}
	if l.HourlyCalls == 0 {
		l.HourlyCalls = calls + 40*activeAds
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
	if l.ScoreCode == "" {
		l.ScoreCode = codeScore
	}
	if l.Scale <= 0 {
		l.Scale = 1
	}
	return l
}

// hourly is nil without a limit.
func (l Limits) hourly() *budget {
	if l.HourlyCalls < 0 {
		return nil
	}
	return hourBudget(float64(l.HourlyCalls)*l.Scale, l.Hours, l)
}

func hourBudget(limit float64, w Window, l Limits) *budget {
	var book ledger = newWindow(time.Hour, 360)
	if w == ClockHour {
		book = &clockHour{}
	}
	return &budget{limit: limit, ledger: book, span: time.Hour, extend: l.BlockedCallsExtend, others: l.Others}
}

// score is nil when the account has none.
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

// burst is nil without a limit.
func (l Limits) burst() *budget {
	if l.BurstPerSecond <= 0 {
		return nil
	}
	limit := max(1, float64(l.BurstPerSecond)*l.Scale)
	return &budget{limit: limit, ledger: newWindow(time.Second, 1), span: time.Second}
}

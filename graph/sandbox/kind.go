package sandbox

// Kind is what a call does.
type Kind string

// Batch is a whole batch request; its entries have kinds of their own.
const (
	Read   Kind = "read"
	Copy   Kind = "copy"
	Upload Kind = "upload"
	Delete Kind = "delete"
	Node   Kind = "node"
	Batch  Kind = "batch"
)

func (k Kind) known() bool { return k == "" || k.writes() || k == Read || k == Node || k == Batch }

func (k Kind) writes() bool { return k == Copy || k == Upload || k == Delete }

// Tier is the app's access tier.
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting/
type Tier string

// In headers, Limited is development_access and Full is standard_access.
const (
	Limited Tier = "limited"
	Full    Tier = "full"
)

func (t Tier) header() string {
	if t == Limited {
		return "development_access"
	}
	return "standard_access"
}

// Window says which calls count for an hourly limit.
type Window uint8

// Rolling counts the last 60 minutes, ClockHour those since the top of the hour.
// The zero Window means Rolling.
const (
	_ Window = iota
	Rolling
	ClockHour
)

// ScoreModel says how the score of an ad account decays. The zero ScoreModel means that
// there is no score.
// https://developers.facebook.com/documentation/ads-commerce/marketing-api/overview/rate-limiting
type ScoreModel uint8

// Linear drains the maximum score evenly in the decay time. Sliding drops each point when
// the decay time is over.
const (
	_ ScoreModel = iota
	Linear
	Sliding
)

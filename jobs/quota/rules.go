package quota

import "time"

// Mode says which budgets a lane assumes at the start.
type Mode uint8

// The modes, which are the values of --quota.
const (
	Auto    Mode = iota // those of the tier that the API reports
	Full                // the documented budgets of Full access
	Limited             // those of Limited access
	Off                 // none: only throttles are obeyed
)

func (m Mode) String() string { return [...]string{"auto", "full", "limited", "off"}[m] }

// Rules are the user's settings for all lanes.
type Rules struct {
	Mode    Mode
	MaxRate float64 // writes per second and ad account; 0: no limit
	Share   Share   // of each limit that may be used; not with Off
}

// period is the time between two writes at MaxRate.
func (r Rules) period() time.Duration { return time.Duration(float64(time.Second) / r.MaxRate) }

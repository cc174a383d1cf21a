package quota

import (
	"fmt"
	"time"
)

// Mode says which budgets a lane starts from.
type Mode uint8

// The modes, by the words of --quota.
const (
	Auto    Mode = iota // the tier that the API reports
	Full                // the documented budgets of Full access
	Limited             // those of Limited access
	Off                 // none: only throttles count
)

var modeNames = [...]string{"auto", "full", "limited", "off"}

func (m Mode) String() string {
	if int(m) < len(modeNames) {
		return modeNames[m]
	}
	return "unknown"
}

// UnmarshalText reads a mode's word.
func (m *Mode) UnmarshalText(b []byte) error {
	for i, name := range modeNames {
		if name == string(b) {
			*m = Mode(i)
			return nil
		}
	}
	return fmt.Errorf("%q is not one of auto, full, limited, off", b)
}

// Rules are what the user set for every lane.
type Rules struct {
	Mode    Mode
	MaxRate float64 // writes a second and ad account; 0: no limit
}

// period is the time between two writes.
func (r Rules) period() time.Duration { return time.Duration(float64(time.Second) / r.MaxRate) }

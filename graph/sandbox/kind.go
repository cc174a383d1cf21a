package sandbox

import (
	"fmt"
	"strings"
)

// Kind is what a call does.
type Kind uint8

// Batch is a whole batch request; its entries have kinds of their own.
const (
	KindUnknown Kind = iota
	Read
	Copy
	Upload
	Delete
	Node
	Batch
)

var kindNames = [...]string{"unknown", "read", "copy", "upload", "delete", "node", "batch"}

func (k Kind) String() string { return enumName(kindNames[:], uint8(k)) }

// MarshalText writes the kind's name.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads the kind's name.
func (k *Kind) UnmarshalText(text []byte) error {
	return enumParse(kindNames[:], text, "kind", (*uint8)(k))
}

func (k Kind) writes() bool { return k == Copy || k == Upload || k == Delete }

// Tier is the app's access tier.
// https://developers.facebook.com/docs/graph-api/overview/rate-limiting/
type Tier uint8

// In headers, Limited is development_access and Full is standard_access.
const (
	TierUnknown Tier = iota
	Limited
	Full
)

var tierNames = [...]string{"unknown", "limited", "full"}

func (t Tier) String() string { return enumName(tierNames[:], uint8(t)) }

// MarshalText writes the tier's name.
func (t Tier) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the tier's name.
func (t *Tier) UnmarshalText(text []byte) error {
	return enumParse(tierNames[:], text, "tier", (*uint8)(t))
}

func (t Tier) header() string {
	if t == Limited {
		return "development_access"
	}
	return "standard_access"
}

// Window says which calls count for an hourly limit.
type Window uint8

// Rolling counts the last 60 minutes, ClockHour those since the top of the hour.
// WindowUnknown means Rolling.
const (
	WindowUnknown Window = iota
	Rolling
	ClockHour
)

var windowNames = [...]string{"unknown", "rolling", "clock"}

func (w Window) String() string { return enumName(windowNames[:], uint8(w)) }

// MarshalText writes the window's name.
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads the window's name.
func (w *Window) UnmarshalText(text []byte) error {
	return enumParse(windowNames[:], text, "window", (*uint8)(w))
}

// ScoreModel says how the score of an ad account decays. ScoreUnknown means that there is
// no score.
// https://developers.facebook.com/documentation/ads-commerce/marketing-api/overview/rate-limiting
type ScoreModel uint8

// Linear drains the maximum score evenly in the decay time. Sliding drops each point when
// the decay time is over.
const (
	ScoreUnknown ScoreModel = iota
	Linear
	Sliding
)

var scoreNames = [...]string{"unknown", "linear", "sliding"}

func (m ScoreModel) String() string { return enumName(scoreNames[:], uint8(m)) }

// MarshalText writes the model's name.
func (m ScoreModel) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads the model's name.
func (m *ScoreModel) UnmarshalText(text []byte) error {
	return enumParse(scoreNames[:], text, "score model", (*uint8)(m))
}

func enumName(names []string, v uint8) string {
	if int(v) < len(names) {
		return names[v]
	}
	return fmt.Sprintf("%s(%d)", names[0], v)
}

func enumParse(names []string, text []byte, what string, v *uint8) error {
	for i, name := range names {
		if i > 0 && name == string(text) {
			*v = uint8(i)
			return nil
		}
	}
	return fmt.Errorf("%s must be %s or %s, not %q", what, strings.Join(names[1:len(names)-1], ", "), names[len(names)-1], text)
}

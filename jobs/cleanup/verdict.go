package cleanup

// A Verdict is what becomes of an image.
type Verdict uint8

// The verdicts, in the order in which Judge looks for them.
const (
	VerdictUnknown Verdict = iota
	Gone                   // the account has lost it already, and the listing still shows it
	NotActive              // INTERNAL, of a status that is not known, or without a proper hash
	OtherName              // not of the name that was asked for
	InUse                  // an ad creative uses it
	UseNotTold             // the listing does not say whether one does, or in a shape that is not understood
	TooYoung               // or of an age that is not known
	Kept                   // on a keep list
	Delete
	verdictCount
)

var verdictNames = [verdictCount]string{"unknown", "gone", "not active", "other name", "in use", "use not told", "too young", "keep list", "delete"}

func (v Verdict) String() string {
	if v < verdictCount {
		return verdictNames[v]
	}
	return verdictNames[0]
}

// Count adds up the verdicts on an account's images.
type Count struct {
	Images int // all but those that are gone
	by     [verdictCount]int
}

// Add counts one image.
func (c *Count) Add(v Verdict) {
	if v != Gone {
		c.Images++
	}
	if v < verdictCount {
		c.by[v]++
	}
}

// Of is how many images got the verdict.
func (c Count) Of(v Verdict) int { return c.by[v] }

// Percent is the share of its images that the account would lose.
func (c Count) Percent() float64 {
	if c.Images == 0 {
		return 0
	}
	return 100 * float64(c.by[Delete]) / float64(c.Images)
}

// Exceeds reports whether the account would lose more than so many of a hundred
// images. It multiplies out: 29% of 100 images are 29, and not a rounded 28.
func (c Count) Exceeds(percent float64) bool {
	return 100*float64(c.by[Delete]) > percent*float64(c.Images)
}

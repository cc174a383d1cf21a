package cleanup

// A Verdict says whether an image is deleted, and if not, why.
type Verdict uint8

//go:generate go tool enumer -type=Verdict -transform=whitespace

// The verdicts, in the order in which Judge looks for them.
const (
	_          Verdict = iota
	Gone               // deleted already, and still listed
	NotActive          // of a status other than ACTIVE, or without a valid hash
	OtherName          // its name does not match
	InUse              // by an ad creative
	UseUnknown         // the listing does not say whether it is in use, or not in a documented form
	TooYoung           // or of unknown age
	KeepList           // on a keep list, and nothing else protects it
	Delete
)

// Count counts the verdicts on an account's images.
type Count struct {
	Images int // all but those with the verdict Gone
	by     [Delete + 1]int
}

// Add counts one image.
func (c *Count) Add(v Verdict) {
	if v != Gone {
		c.Images++
	}
	c.by[v]++
}

// Of is the number of images with the verdict.
func (c Count) Of(v Verdict) int { return c.by[v] }

// Percent is the percentage of its images that the account would lose.
func (c Count) Percent() float64 {
	if c.Images == 0 {
		return 0
	}
	return 100 * float64(c.by[Delete]) / float64(c.Images)
}

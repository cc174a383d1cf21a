package cleanup

// A Verdict says whether an image is deleted, and if not, why.
type Verdict string

// The verdicts, in the order in which Judge looks for them.
const (
	Gone       Verdict = "gone"        // deleted already, and still listed
	NotActive  Verdict = "not active"  // of a status other than ACTIVE, or without a valid hash
	OtherName  Verdict = "other name"  // its name does not match
	InUse      Verdict = "in use"      // by an ad creative
	UseUnknown Verdict = "use unknown" // the listing does not say whether it is in use, or not in a documented form
	TooYoung   Verdict = "too young"   // or of unknown age
	KeepList   Verdict = "keep list"   // on a keep list, and nothing else protects it
	Delete     Verdict = "delete"
)

// Count counts the verdicts on an account's images.
type Count struct {
	Images int // all but those with the verdict Gone
	by     map[Verdict]int
}

// Add counts one image.
func (c *Count) Add(v Verdict) {
	if v != Gone {
		c.Images++
	}
	if c.by == nil {
		c.by = map[Verdict]int{}
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

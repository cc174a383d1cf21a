package jobs

// Share is a number of things or a share of them.
type Share struct {
	Count   int
	Percent float64
	Set     bool
}

// Of is the number that the share stands for, of the given total.
func (s Share) Of(total int) int {
	if s.Percent > 0 {
		return int(s.Percent / 100 * float64(total))
	}
	return s.Count
}

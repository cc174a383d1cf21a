package fleet

import (
	"fmt"
	"slices"
	"strings"

	"adferry/jobs/board"
)

// betweenLabels is between the labels of a lane that needs several.
const betweenLabels = " + "

// Able reports whether a worker has all credentials of a lane with this label; see [board.Hold].
func Able(w board.Worker, label string) bool {
	for one := range strings.SplitSeq(label, betweenLabels) {
		if !slices.Contains(w.Labels, one) {
			return false
		}
	}
	return true
}

// part is how many lanes of a job are to be a worker's at most. Lanes that the same workers may
// carry out are shared evenly among these.
func part(me string, holds []board.Hold, workers []board.Worker) (n int) {
	lanes, sharers := map[string]int{}, map[string]int{}
	for _, h := range holds {
		var able []string
		for _, w := range workers {
			if Able(w, h.Label) {
				able = append(able, w.Name)
			}
		}
		if slices.Contains(able, me) {
			key := fmt.Sprint(able)
			lanes[key]++
			sharers[key] = len(able)
		}
	}
	for key, count := range lanes {
		n += (count + sharers[key] - 1) / sharers[key]
	}
	return n
}

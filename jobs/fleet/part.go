package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"adferry/jobs/board"
	"adferry/plan"
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

// parts say how many lanes of a job are to be a worker's at most. Lanes that the same workers may carry
// out are a group, which is shared evenly among these.
type parts struct {
	groups map[string]string       // of labels that this worker has all credentials of
	labels map[plan.Account]string // of lanes with work
	most   map[string]int          // lanes of a group
}

func partsOf(me string, holds []board.Hold, workers []board.Worker) parts {
	p := parts{map[string]string{}, map[plan.Account]string{}, map[string]int{}}
	lanes, sharers := map[string]int{}, map[string]int{}
	for _, h := range holds {
		p.labels[h.Lane] = h.Label
		var able []string
		for _, w := range workers {
			if Able(w, h.Label) {
				able = append(able, w.Name)
			}
		}
		if slices.Contains(able, me) {
			group := fmt.Sprint(able)
			p.groups[h.Label] = group
			lanes[group]++
			sharers[group] = len(able)
		}
	}
	for group, count := range lanes {
		p.most[group] = (count + sharers[group] - 1) / sharers[group]
	}
	return p
}

// none reports whether no lane is to be the worker's.
func (p parts) none() bool { return len(p.most) == 0 }

// group is that of a lane, "" if the worker is to have none like it.
func (p parts) group(lane plan.Account) string { return p.groups[p.labels[lane]] }

// slack is how many lanes more than its part a worker keeps: what was read of a lane's images is
// lost when it moves, and parts change whenever a lane is done.
func slack(part int) int { return 1 + part/4 }

// share sets how many lanes are to be this worker's at most, and returns those that are too many:
// first those that wait. unused says that the job has had none for a while.
func (j *job) share(p parts) (excess []*lane, unused bool) {
	held := j.held()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.parts = p
	switch {
	case len(held) > 0:
		j.unused = time.Time{}
	case j.unused.IsZero():
		j.unused = time.Now()
	}
	groups := map[string][]*lane{}
	for _, l := range held {
		groups[p.group(l.account)] = append(groups[p.group(l.account)], l)
	}
	for group, most := range p.most {
		if like := groups[group]; len(like) > most+slack(most) {
			slices.SortFunc(like, recalledFirst)
			excess = append(excess, like[:len(like)-most]...)
		}
	}
	return excess, !j.unused.IsZero() && time.Since(j.unused) > idleTime
}

// recalledFirst orders lanes of which some are too many.
func recalledFirst(a, b *lane) int {
	switch first := a.waitsForLanes(); {
	case first == b.waitsForLanes():
		return cmp.Compare(a.account, b.account)
	case first:
		return -1
	}
	return 1
}

package reports

import (
	"cmp"
	"slices"

	"adferry/jobs"
	"adferry/plan"
)

// maxFlows are in the page's table, the largest first.
const maxFlows = 50

// flows count what went from which ad account to which.
type flows map[route]*flow

// route is where images come from and go to: "" as the source are files, as the target
// nowhere.
type route struct{ source, target plan.Account }

// flow counts rows by what happened to their image. A moved one is copied and deleted.
type flow struct {
	Rows, Copied, Deleted, Skipped, Failed, Left int
}

func (f flows) add(r jobs.Result) {
	of := route{r.Source, r.Target}
	n := f[of]
	if n == nil {
		n = &flow{}
		f[of] = n
	}
	n.Rows++
	switch r.Status {
	case jobs.StatusDone:
		if r.Verb != plan.Delete {
			n.Copied++
		}
		if r.Verb == plan.Delete || r.Verb == plan.Move {
			n.Deleted++
		}
	case jobs.StatusSkipped:
		n.Skipped++
	case jobs.StatusFailed:
		n.Failed++
		if r.Reason == jobs.CopiedNotDeleted {
			n.Copied++
		}
	default:
		n.Left++
	}
}

// flowView is a line of the table.
type flowView struct {
	Source, Target string
	flow
}

func (f flows) views() (views []flowView, more int) {
	for of, n := range f {
		views = append(views, flowView{cmp.Or(actOf(of.source), "files"), actOf(of.target), *n})
	}
	slices.SortFunc(views, func(a, b flowView) int {
		return cmp.Or(cmp.Compare(b.Rows, a.Rows), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Target, b.Target))
	})
	if len(views) > maxFlows {
		views, more = views[:maxFlows], len(views)-maxFlows
	}
	return views, more
}

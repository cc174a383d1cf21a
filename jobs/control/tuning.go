package control

import (
	"adferry/jobs"
	"adferry/jobs/store"
)

// Overlay is a tuning with what was set later.
func Overlay(t, later jobs.Tuning) jobs.Tuning {
	if later.Workers != nil {
		t.Workers = later.Workers
	}
	if later.MaxRate != nil {
		t.MaxRate = later.MaxRate
	}
	return t
}

// without is a tuning without what a process was given by option.
func without(t, given jobs.Tuning) jobs.Tuning {
	if given.Workers != nil {
		t.Workers = nil
	}
	if given.MaxRate != nil {
		t.MaxRate = nil
	}
	return t
}

// Effective is how a process runs its job: as it was set for the job, or else as the
// options say.
func Effective(options jobs.Steering, set store.Steering) jobs.Steering {
	options.Paused = !set.PausedAt.IsZero()
	if set.Workers != nil {
		options.Workers = *set.Workers
	}
	if set.MaxRate != nil {
		options.MaxRate = *set.MaxRate
	}
	return options
}

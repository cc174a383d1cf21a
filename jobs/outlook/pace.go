package outlook

import (
	"slices"
	"time"

	"adferry/jobs"
)

// window is over how much time in which the job moved its pace is measured.
const window = time.Minute

// sampleEvery is how often a run that is awake notes its progress, at first.
const sampleEvery = 5 * time.Second

// recentPace is how many operations a second were settled of late, counting only the time
// in which any were; 0 if none was. now is how the job stands.
func recentPace(samples []jobs.Sample, now jobs.Sample) float64 {
	step := Step(samples)
	settled, moving := 0, time.Duration(0)
	next := now
	for i := len(samples) - 1; i >= 0 && moving < window; i-- {
		if n := next.Settled - samples[i].Settled; n > 0 {
			settled += n
			moving += min(next.At.Sub(samples[i].At), step)
		}
		next = samples[i]
	}
	if settled == 0 || moving <= 0 {
		return 0
	}
	return float64(settled) / moving.Seconds()
}

// Step is about how far apart samples are while the job moves. Where two are further apart,
// the run slept in between: whatever was settled came within one step of the first.
func Step(samples []jobs.Sample) time.Duration {
	var steps []time.Duration
	for i := 1; i < len(samples); i++ {
		if samples[i].Settled > samples[i-1].Settled {
			steps = append(steps, samples[i].At.Sub(samples[i-1].At))
		}
	}
	if len(steps) == 0 {
		return sampleEvery
	}
	slices.Sort(steps)
	return max(sampleEvery, steps[len(steps)/4])
}

package cleanup_test

import (
	"testing"

	"adferry/jobs"
	"adferry/jobs/cleanup"
)

func TestEarlier(t *testing.T) {
	for _, tt := range []struct {
		name                string
		earlier             cleanup.Earlier
		inFolder, scheduled cleanup.Step
	}{
		{"no job", cleanup.Earlier{}, cleanup.Start, cleanup.Start},
		{"finished", cleanup.Earlier{State: jobs.JobFinished, Reported: true, Same: true}, cleanup.RefuseFinished, cleanup.Start},
		{"another cleanup's, finished", cleanup.Earlier{State: jobs.JobFinished, Reported: true}, cleanup.RefuseFinished, cleanup.Start},
		{"killed before its reports", cleanup.Earlier{State: jobs.JobFinished, Same: true}, cleanup.Resume, cleanup.Resume},
		{"another cleanup's, killed before its reports", cleanup.Earlier{State: jobs.JobFinished}, cleanup.RefuseOther, cleanup.Start},
		{"stopped", cleanup.Earlier{State: jobs.JobStopped, Reported: true, Same: true}, cleanup.Resume, cleanup.Resume},
		{"another cleanup's, stopped", cleanup.Earlier{State: jobs.JobStopped}, cleanup.RefuseOther, cleanup.StartAnother},
		{"running", cleanup.Earlier{State: jobs.JobRunning, Same: true}, cleanup.Resume, cleanup.RefuseRunning}, // the store refuses to open it
		{"another cleanup's, running", cleanup.Earlier{State: jobs.JobRunning}, cleanup.RefuseOther, cleanup.RefuseRunning},
		{"paused", cleanup.Earlier{State: jobs.JobPaused, Same: true}, cleanup.Resume, cleanup.RefuseRunning},
	} {
		if got := tt.earlier.InFolder(); got != tt.inFolder {
			t.Errorf("%s, in its folder: got step %d, want %d", tt.name, got, tt.inFolder)
		}
		if got := tt.earlier.Scheduled(); got != tt.scheduled {
			t.Errorf("%s, scheduled: got step %d, want %d", tt.name, got, tt.scheduled)
		}
	}
}

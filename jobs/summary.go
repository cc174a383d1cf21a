package jobs

import (
	"time"

	"adferry/plan"
)

// SummaryVersion is the version of the summary document. A reader refuses a
// higher one.
const SummaryVersion = 1

// Summary is the document of summary.json and of status --json: a pure function
// of the job file, apart from State while a process runs the job.
type Summary struct {
	Version    int                             `json:"version"`
	Job        string                          `json:"job"`   // the job's name: its folder's, when it was created
	State      JobState                        `json:"state"` // running, paused, stopped or finished
	Manifest   ManifestInfo                    `json:"manifest"`
	Policy     string                          `json:"policy,omitempty"`  // what the manifest was made by, in words
	Sandbox    bool                            `json:"sandbox,omitempty"` // a rehearsal on the embedded sandbox: nothing was sent to Meta
	Totals     Totals                          `json:"totals"`
	Operations map[string]Totals               `json:"operations"` // rows by the operation they ask for
	Reasons    map[Reason]int                  `json:"reasons"`    // rows by reason, of any status
	Accounts   map[plan.Account]AccountSummary `json:"accounts"`   // rows by the account that receives or loses the image
	Outlook                                    // while a process runs the job; else empty
	AtStop     Outlook                         `json:"-"` // the outlook when its last process stopped
	API        APICounts                       `json:"api"`
	StartedAt  *time.Time                      `json:"started_at"`
	FinishedAt *time.Time                      `json:"finished_at"`    // when the last row was settled; null before
	PausedAt   *time.Time                      `json:"paused_at"`      // since when nothing is to be sent; null: it goes on
	Tuned      Tuning                          `json:"tuned,omitzero"` // what was set of its pace while it ran
	ElapsedS   float64                         `json:"elapsed_s"`      // seconds that processes ran the job, until now
	WaitedS    float64                         `json:"waited_s"`       // seconds of those in which every ad account had to wait; a wait counts when it is over
	ExitCode   *int                            `json:"exit_code"`      // of the last process; null while one runs
	Stop       string                          `json:"stop,omitempty"`
	Lanes      []LaneHold                      `json:"lanes,omitempty"` // with work, by ad account; only status tells, while there are workers
}

// Outlook is what lies before a job at a moment; see package outlook.
type Outlook struct {
	At               time.Time  `json:"-"`                            // the moment
	EtaS             *float64   `json:"eta_s,omitempty"`              // seconds until all is settled; nil: unknown, as in a pause
	Waits            []Wait     `json:"waits,omitempty"`              // who has to wait, the app first
	NetworkDownSince *time.Time `json:"network_down_since,omitempty"` // the API cannot be reached since then; nil: it can
	Standstill       *Wait      `json:"-"`                            // waits keep all back that is left, and this one ends first; else nil
	RowsPerS         float64    `json:"-"`                            // rows settled a second of late, while it moved; 0: not known
}

// Left is the time until all is settled, and whether it is known.
func (o Outlook) Left() (time.Duration, bool) {
	if o.EtaS == nil {
		return 0, false
	}
	return time.Duration(*o.EtaS * float64(time.Second)), true
}

// Wait is what has to wait, until when and why.
type Wait struct {
	Account plan.Account `json:"account"` // "" for all of them
	Until   time.Time    `json:"until"`
	Reason  string       `json:"reason"`
	Imposed bool         `json:"-"` // the API asked for it
}

// Held reports whether a process has the job.
func (s JobState) Held() bool { return s == JobRunning || s == JobPaused }

// JobState is where a job stands.
type JobState string

// The states of a job.
const (
	JobRunning  JobState = "running"
	JobPaused   JobState = "paused"   // a process holds the job, and sends nothing until it may go on
	JobStopped  JobState = "stopped"  // rows are left to do
	JobFinished JobState = "finished" // every row is settled
)

// ManifestInfo names the manifest a job was made from.
type ManifestInfo struct {
	Path   string `json:"path"`
	SHA256 string `json:"sha256"`
	Rows   int    `json:"rows"`
}

// Totals counts rows by status; the five add up to Rows.
type Totals struct {
	Rows    int `json:"rows"`
	Done    int `json:"done"`
	Skipped int `json:"skipped"`
	Failed  int `json:"failed"`
	Pending int `json:"pending"`
	Unknown int `json:"unknown"`
}

// Add counts n rows of a status.
func (t *Totals) Add(s Status, n int) {
	t.Rows += n
	switch s {
	case StatusDone:
		t.Done += n
	case StatusSkipped:
		t.Skipped += n
	case StatusFailed:
		t.Failed += n
	case StatusUnknown:
		t.Unknown += n
	default:
		t.Pending += n
	}
}

// Settled counts the rows that have ended.
func (t Totals) Settled() int { return t.Done + t.Skipped + t.Failed }

// AccountSummary is one ad account's part of a job.
type AccountSummary struct {
	Totals
	Calls       int        `json:"calls"`
	Throttles   int        `json:"throttles"`
	ParkedS     float64    `json:"parked_s"`               // seconds of waits that the API imposed, until now or the stop
	ParkedUntil *time.Time `json:"parked_until,omitempty"` // set while the account has to wait
	ParkedFor   string     `json:"parked_for,omitempty"`   // why
	Tier        string     `json:"tier,omitempty"`         // access tier that the API reports
}

// APICounts counts what a job has sent.
type APICounts struct {
	HTTPRequests int `json:"http_requests"`
	Calls        int `json:"calls"` // operations of a batch count one each
	Throttled    int `json:"throttled"`
}

// Sample is a point of the job's progress over time, in rows' operations.
type Sample struct {
	At      time.Time
	Settled int // operations settled so far
	Failed  int // operations failed so far
	Parked  int // ad accounts waiting at that moment
}

// Park is one wait of an ad account that the API imposed.
type Park struct {
	Account plan.Account // "" when the app was limited
	From    time.Time
	Until   time.Time
	Code    int
	Subcode int
}

package reports

// The exit codes, as users' scripts know them. Package cli ends with one, a job keeps
// that of its last process, and the reports say what to do about it.
const (
	ExitDone     = 0 // every row ended as wanted
	ExitFailures = 1 // finished, and some rows failed
	ExitUsage    = 2 // usage, configuration or manifest error; nothing was sent
	ExitStopped  = 3 // stopped early; resume goes on
	ExitRefused  = 4 // the API refused the token or the app
	ExitGuard    = 5 // a safety guard stopped the run
	ExitLocked   = 6 // another process holds the job
	ExitUnusable = 7 // the job file is damaged, or of a newer version
)

// ExitMeanings says what each exit code means, on a line.
var ExitMeanings = [...]string{
	ExitDone:     "every row ended as wanted",
	ExitFailures: "finished, and some rows failed (failed.csv), drift was found, or an ad account could not be read",
	ExitUsage:    "usage, configuration or manifest error; nothing was sent",
	ExitStopped:  "stopped early: signal, throttle, time, disk, network; resume goes on",
	ExitRefused:  "the API refused the token or the app; renew it and resume",
	ExitGuard:    "stopped by a safety guard",
	ExitLocked:   "another process holds the job",
	ExitUnusable: "the job file is damaged or from a newer version; left untouched",
}

// beforeResume says what to do before a job that ended with an exit code is resumed;
// nothing for most codes.
func beforeResume(code int) string {
	switch code {
	case ExitRefused:
		return "renew the token or the app's access first"
	case ExitGuard:
		return "check first why the guard stopped it"
	}
	return ""
}

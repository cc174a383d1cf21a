package jobs

// OnDenied says what becomes of an image that the API refuses to copy between two ad accounts.
type OnDenied string

const (
	FailDenied   OnDenied = "fail"
	UploadDenied OnDenied = "upload" // it is downloaded from its source, and uploaded
)

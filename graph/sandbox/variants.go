package sandbox

import "time"

// Variants are facts that the public record leaves open; zero plays the likelier
// one.
type Variants struct {
	// SourceMissing answers a copy of an unknown hash; "" is 100.
	SourceMissing Code
	// SourceDenied answers a copy from an account the token cannot read: "10",
	// "100/33"; "" is 200.
	SourceDenied Code
	// Rehash gives every copy and upload a hash of its own, derived from the
	// target and the old one. Two recordings of one file show two hashes.
	Rehash bool
	// CopyDropsName leaves the name of a copy empty.
	CopyDropsName bool
	// CopyKeepsCreated gives a copy the created_time of its source; else now.
	CopyKeepsCreated bool
	// CopyChargesSource charges a copy to both accounts.
	CopyChargesSource bool

	// DeleteMissingOK answers success for a hash that is not there; else 100.
	DeleteMissingOK bool
	// DeleteInUseLies answers success for an image in use and keeps it; else 100.
	DeleteInUseLies bool
	// DeleteKeepsRow leaves a deleted image in listings with status DELETED.
	DeleteKeepsRow bool
	// DeleteDelay is the time until a deletion shows.
	DeleteDelay time.Duration

	// ReduceAbove answers "reduce the amount of data" when limit or the number
	// of hashes is greater; 0 never.
	ReduceAbove int
	// RefuseAbove refuses such a read (100) as an invalid parameter; 0 never.
	RefuseAbove int
	// PageMost is the most images a page holds, whatever limit asks for; 0 is no
	// bound.
	MaxPage int
	// HashesMost is the most images that a read by hashes answers, without saying
	// that there are more; 0 is no bound.
	MaxHashes int
	// HidesUse leaves out both fields that tell whether an image is used.
	HidesUse bool
	// StaleCursorFails refuses a cursor whose image is gone.
	StaleCursorFails bool
	// EmptyWhenThrottled answers a read over quota with an empty list and no
	// usage header, in place of an error.
	EmptyWhenThrottled bool
	// StrictUploads refuses files that are no PNG, JPEG or GIF (100/1487197).
	StrictUploads bool

	// Pictures is what the content network sends in place of pictures; an account's
	// own goes before.
	Pictures PictureFault

	// BatchLimitStatus is the HTTP status for more than 50 entries; 0 is 200,
	// as recorded.
	BatchLimitStatus int
	// ServedVersion is the version that answers, whatever was asked, with the
	// auto-upgrade warning; "" serves what was asked.
	ServedVersion string
}

// PictureFault is what comes from the url of an image in place of its picture; ""
// is the picture.
type PictureFault string

// The faults of pictures.
const (
	PictureWhole       PictureFault = "whole"       // none, where an account's goes before the server's
	PicturePlaceholder PictureFault = "placeholder" // a GIF of one pixel
	PictureCut         PictureFault = "cut"         // the last quarter of its file is missing, and the answer is whole
	PictureSame        PictureFault = "same"        // one picture for all images of a size
	PicturePage        PictureFault = "page"        // HTTP 200 with a page
)

func (f PictureFault) known() bool {
	switch f {
	case "", PictureWhole, PicturePlaceholder, PictureCut, PictureSame, PicturePage:
		return true
	}
	return false
}

package sandbox

import "time"

// Variants are behaviours that are undocumented or recorded differently. The zero value is
// the more likely one.
type Variants struct {
	// SourceMissing is the error code of a copy of an unknown hash; "" means 100.
	SourceMissing Code
	// SourceDenied is the error code of a copy from an account that the token cannot
	// read: "10", "100/33"; "" means 200.
	SourceDenied Code
	// Rehash gives every copy and upload a hash of its own, derived from the target and
	// the old hash. Two recordings of the same file have two hashes.
	Rehash bool
	// CopyDropsName leaves the name of a copy empty.
	CopyDropsName bool
	// CopyKeepsCreated gives a copy the created_time of its source, not now.
	CopyKeepsCreated bool
	// CopyChargesSource charges a copy to both accounts.
	CopyChargesSource bool

	// DeleteMissingOK makes the deletion of an unknown hash a success, not an error 100.
	DeleteMissingOK bool
	// DeleteInUseLies makes the deletion of an image in use a success without effect, not an
	// error 100.
	DeleteInUseLies bool
	// DeleteKeepsRow keeps a deleted image in listings, with status DELETED.
	DeleteKeepsRow bool
	// DeleteDelay is the time until a deletion takes effect.
	DeleteDelay time.Duration

	// ReduceAbove is the limit or number of hashes above which a read gets "reduce the amount
	// of data"; 0 means no bound.
	ReduceAbove int
	// RefuseAbove is the limit or number of hashes above which a read gets an error 100; 0
	// means no bound.
	RefuseAbove int
	// PageMost is the maximum number of images on a page, whatever limit says; 0 means no
	// bound.
	MaxPage int
	// HashesMost is the maximum number of images in the answer to a read by hashes, without
	// a sign that there are more; 0 means no bound.
	MaxHashes int
	// HidesUse leaves out the two fields about the use of an image.
	HidesUse bool
	// StaleCursorFails refuses a cursor if its image was removed.
	StaleCursorFails bool
	// EmptyWhenThrottled answers a read above the quota with an empty list and no usage
	// header, in place of an error.
	EmptyWhenThrottled bool
	// StrictUploads refuses files that are not PNG, JPEG or GIF (100/1487197).
	StrictUploads bool

	// Pictures is what the content network sends in place of pictures.
	// AccountOptions.Pictures overrides it.
	Pictures PictureFault

	// BatchLimitStatus is the HTTP status for a batch of more than 50 entries; 0 means 200,
	// as recorded.
	BatchLimitStatus int
	// ServedVersion is the version that serves all calls, with the auto-upgrade warning; ""
	// means the version in the call.
	ServedVersion string
}

// PictureFault is what is sent in place of the picture of an image; "" means the picture.
type PictureFault string

// The faults of pictures.
const (
	PictureWhole       PictureFault = "whole"       // no fault; for an account, to override Variants.Pictures
	PicturePlaceholder PictureFault = "placeholder" // a GIF of one pixel
	PictureCut         PictureFault = "cut"         // the last quarter of the file is missing, but Content-Length fits
	PictureSame        PictureFault = "same"        // one picture for all images of a size
	PicturePage        PictureFault = "page"        // HTTP 200 with an HTML page
)

func (f PictureFault) known() bool {
	switch f {
	case "", PictureWhole, PicturePlaceholder, PictureCut, PictureSame, PicturePage:
		return true
	}
	return false
}

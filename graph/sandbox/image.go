package sandbox

import (
	"slices"
	"strings"
	"time"
)

// Status values of an image.
// https://developers.facebook.com/documentation/ads-commerce/marketing-api/reference/ad-image
const (
	Active   = "ACTIVE"
	Internal = "INTERNAL"
	Deleted  = "DELETED"
)

// Image is one image of an account, for seeding and for looking at the outcome.
type Image struct {
	// Hash is kept as given; empty, it is taken from Bytes.
	Hash string
	Name string
	// Status is ACTIVE when empty.
	Status string
	// Width and Height are, when zero, those of Bytes, or 16 without them.
	Width, Height int
	// Created is now when zero, Updated is Created.
	Created, Updated time.Time
	// Creatives and Associated make the image one that is in use.
	Creatives  []string
	Associated bool
	// Bytes are the file; without them a plain picture of the size is drawn on demand.
	Bytes []byte
	// Rehash gives copies of this image another hash.
	Rehash bool
}

// storedImage is a stored image. A million of them have to stay small: 80 bytes and
// two strings, with everything that few images have set apart.
type storedImage struct {
	hash, name       string
	status           string
	created, updated uint32 // seconds since 1970
	width, height    int32
	associated       bool
	rehash           bool
	gone             bool // left the account; still in its order
	details          *details
}

// details never change once stored, so copies share them.
type details struct {
	creatives []string
	bytes     []byte
}

func (r *storedImage) inUse() bool {
	return r.associated || r.details != nil && len(r.details.creatives) > 0
}

func (r *storedImage) creatives() []string {
	if r.details == nil {
		return nil
	}
	return r.details.creatives
}

func (r *storedImage) bytes() []byte {
	if r.details == nil {
		return nil
	}
	return r.details.bytes
}

func newStoredImage(img Image, now time.Time) *storedImage {
	if img.Hash == "" {
		img.Hash = hashOf(img.Bytes)
	}
	if img.Created.IsZero() {
		img.Created = now
	}
	if img.Updated.IsZero() {
		img.Updated = img.Created
	}
	if img.Width == 0 && img.Height == 0 {
		img.Width, img.Height = 16, 16
		if len(img.Bytes) > 0 {
			img.Width, img.Height, _ = size(img.Bytes)
		}
	}
	r := &storedImage{
		hash: strings.Clone(img.Hash), name: strings.Clone(img.Name), status: statusOf(img.Status),
		created: uint32(img.Created.Unix()), updated: uint32(img.Updated.Unix()),
		width: int32(img.Width), height: int32(img.Height),
		associated: img.Associated, rehash: img.Rehash,
	}
	if len(img.Creatives) > 0 || len(img.Bytes) > 0 {
		r.details = &details{slices.Clone(img.Creatives), slices.Clone(img.Bytes)}
	}
	return r
}

// statusOf shares the usual values between records.
func statusOf(s string) string {
	switch s {
	case "", Active:
		return Active
	case Internal:
		return Internal
	case Deleted:
		return Deleted
	}
	return strings.Clone(s)
}

func (r *storedImage) image() Image {
	return Image{
		Hash: r.hash, Name: r.name, Status: r.status,
		Width: int(r.width), Height: int(r.height),
		Created: time.Unix(int64(r.created), 0).UTC(), Updated: time.Unix(int64(r.updated), 0).UTC(),
		Creatives: slices.Clone(r.creatives()), Associated: r.associated,
		Bytes: slices.Clone(r.bytes()), Rehash: r.rehash,
	}
}

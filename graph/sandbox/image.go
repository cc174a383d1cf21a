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

// Image is an image of an account, for adding images and for inspecting the result.
type Image struct {
	// Hash is computed from Bytes if it is empty.
	Hash string
	Name string
	// Status is ACTIVE if empty.
	Status string
	// Width and Height in pixels. If both are zero they are those of Bytes, or 16.
	Width, Height int
	// Created defaults to now, Updated to Created.
	Created, Updated time.Time
	// Creatives and Associated: an image with either is in use.
	Creatives  []string
	Associated bool
	// Bytes are the file. Without them a picture of the size is drawn on demand.
	Bytes []byte
	// Rehash makes copies of this image get another hash.
	Rehash bool
}

// storedImage is an image as the server stores it. A million of them must stay small: each
// has 80 bytes and two strings. What few images have is in details.
type storedImage struct {
	hash, name       string
	status           string
	created, updated uint32 // seconds since 1970
	width, height    int32
	associated       bool
	rehash           bool
	gone             bool // removed from the account, but still in imageStore.order
	details          *details
}

// details are never changed once stored, so that copies can share them.
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

// statusOf avoids a copy of the string for the usual values.
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

package jobs

import (
	"adferry/graph"
	"context"
)

// Gallery is where pictures are fetched from, without a token: *graph.Downloader.
type Gallery interface {
	// Fetch brings the picture of an image into an empty file; see
	// graph.Gallery.
	Fetch(ctx context.Context, image graph.Image, f graph.PictureFile) (graph.Picture, error)
}

package jobs

import (
	"adferry/graph"
	"context"
)

// Downloader downloads pictures, without a token: *graph.Downloader.
type Downloader interface {
	// Fetch downloads the picture of an image into an empty file; see
	// graph.Downloader.
	Fetch(ctx context.Context, image graph.Image, f graph.PictureFile) (graph.Picture, error)
}

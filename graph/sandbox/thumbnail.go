package sandbox

import (
	"bytes"
	"image"
	"image/color"
)

// thumbnailSide is the box that a thumbnail fits, in pixels (AdImage, "url_128").
const thumbnailSide = 128

// thumbnailSuffix follows the URL of a picture in that of its thumbnail.
const thumbnailSuffix = "/128"

func thumbnailURL(base, account, hash string) string {
	return imageURL(base, account, hash) + thumbnailSuffix
}

// drawThumbnail makes the thumbnail of a picture: of data, or if that is empty or cannot be
// read, of the one that the sandbox draws for the hash.
func drawThumbnail(hash string, data []byte, width, height int) []byte {
	m, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		w, h := fit(width, height)
		return encodePNG(uniformPicture(hash, w, h))
	}
	w, h := fit(m.Bounds().Dx(), m.Bounds().Dy())
	return encodePNG(scaledImage{m, w, h})
}

// fit returns the size of a picture in the box of a thumbnail. Small ones keep theirs.
func fit(width, height int) (w, h int) {
	width, height = max(width, 1), max(height, 1)
	longest := max(width, height)
	if longest <= thumbnailSide {
		return width, height
	}
	return max(1, width*thumbnailSide/longest), max(1, height*thumbnailSide/longest)
}

// scaledImage shows the nearest pixel of a larger image.
type scaledImage struct {
	image.Image
	width, height int
}

func (s scaledImage) ColorModel() color.Model { return color.RGBAModel }
func (s scaledImage) Bounds() image.Rectangle { return image.Rect(0, 0, s.width, s.height) }

func (s scaledImage) At(x, y int) color.Color {
	b := s.Image.Bounds()
	return s.Image.At(b.Min.X+x*b.Dx()/s.width, b.Min.Y+y*b.Dy()/s.height)
}

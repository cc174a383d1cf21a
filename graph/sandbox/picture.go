package sandbox

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image"
	"image/color"
	_ "image/gif" // read only, to know the size of an upload
	_ "image/jpeg"
	"image/png"
)

// hashChunk is the start of the PNG text chunk with the hash of a picture that the sandbox
// drew. A picture that is downloaded and uploaded again keeps its hash, as the API keeps it
// for identical bytes.
const hashChunk = "tEXtsandbox-hash\x00"

// hashOf is the image hash of a file: the one in a picture that the sandbox drew, else
// MD5. Meta's algorithm is undocumented and not MD5.
func hashOf(data []byte) string {
	if _, rest, ok := bytes.Cut(data, []byte(hashChunk)); ok && len(rest) >= 32 && isHex(rest[:32]) {
		return string(rest[:32])
	}
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

// rehashed derives a hash that an image gets in one account only.
func rehashed(account, hash string) string {
	sum := md5.Sum([]byte(account + ":" + hash))
	return hex.EncodeToString(sum[:])
}

// drawPicture makes a PNG of one colour with the hash inside, so that no two hashes have the
// same bytes.
func drawPicture(hash string, width, height int) []byte {
	plain := encodePNG(uniformPicture(hash, width, height))
	if plain == nil {
		return nil
	}
	body := append([]byte(hashChunk), hash...)
	var chunk []byte
	chunk = binary.BigEndian.AppendUint32(chunk, uint32(len(body)-4))
	chunk = append(chunk, body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body))
	out := bytes.Clone(plain[:afterHeader])
	out = append(out, chunk...)
	return append(out, plain[afterHeader:]...)
}

const afterHeader = 8 + 25 // of a PNG: signature and IHDR

// uniformPicture has the one colour of the hash.
func uniformPicture(hash string, width, height int) image.Image {
	sum := md5.Sum([]byte(hash))
	return uniformImage{image.Rect(0, 0, max(width, 1), max(height, 1)), color.RGBA{sum[0], sum[1], sum[2], 255}}
}

// encodePNG returns nil for more pixels than a PNG can have.
func encodePNG(m image.Image) []byte {
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&buf, m); err != nil {
		return nil
	}
	return buf.Bytes()
}

// uniformImage is an image of one colour, which takes no memory however large it is.
type uniformImage struct {
	bounds image.Rectangle
	colour color.RGBA
}

func (p uniformImage) ColorModel() color.Model     { return color.Palette{p.colour} }
func (p uniformImage) Bounds() image.Rectangle     { return p.bounds }
func (p uniformImage) At(int, int) color.Color     { return p.colour }
func (p uniformImage) ColorIndexAt(int, int) uint8 { return 0 }

// placeholder is a GIF of a single transparent pixel, 43 bytes long.
const placeholder = "GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"

// apply returns what is sent in place of a picture.
func (f PictureFault) apply(data []byte, width, height int) []byte {
	switch f {
	case PicturePlaceholder:
		return []byte(placeholder)
	case PictureCut:
		return data[:len(data)-len(data)/4]
	case PictureSame:
		return drawPicture("", width, height)
	case PicturePage:
		return []byte("<!DOCTYPE html><title>Sorry</title><p>This content is not available.\n")
	}
	return data
}

// size returns the size of a picture in pixels; ok is false if the file is not one.
func size(data []byte) (width, height int, ok bool) {
	c, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return 0, 0, false
	}
	return c.Width, c.Height, true
}

func isHex(text []byte) bool {
	_, err := hex.DecodeString(string(text))
	return err == nil
}

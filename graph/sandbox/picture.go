package sandbox

import (
	"bytes"
	"crypto/md5"
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"image"
	"image/color"
	_ "image/gif"  // read only, to know the size of an upload
	_ "image/jpeg" // likewise
	"image/png"
)

const maxSide = 4096

// hashMark is the PNG text chunk that carries the hash of a picture the sandbox
// drew. It makes a picture that was downloaded and uploaded again keep its hash,
// as the API does for identical bytes.
const hashMark = "tEXtsandbox-hash\x00"

// hashOf is the image hash of a file: MD5 for foreign bytes. The real algorithm
// is not documented and is not MD5.
func hashOf(data []byte) string {
	if _, rest, ok := bytes.Cut(data, []byte(hashMark)); ok && len(rest) >= 32 && isHex(rest[:32]) {
		return string(rest[:32])
	}
	sum := md5.Sum(data)
	return hex.EncodeToString(sum[:])
}

// rehashed derives the hash that an image gets in one account only.
func rehashed(account, hash string) string {
	sum := md5.Sum([]byte(account + ":" + hash))
	return hex.EncodeToString(sum[:])
}

// draw makes a picture of one colour with the hash inside.
func draw(hash string, width, height int) []byte {
	sum := md5.Sum([]byte(hash))
	palette := color.Palette{color.RGBA{sum[0], sum[1], sum[2], 255}}
	bounds := image.Rect(0, 0, min(max(width, 1), maxSide), min(max(height, 1), maxSide))
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&buf, image.NewPaletted(bounds, palette)); err != nil || len(hash) != 32 {
		return buf.Bytes()
	}
	const afterHeader = 8 + 25 // signature and IHDR
	body := append([]byte(hashMark), hash...)
	var chunk []byte
	chunk = binary.BigEndian.AppendUint32(chunk, uint32(len(body)-4))
	chunk = append(chunk, body...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(body))
	out := bytes.Clone(buf.Bytes()[:afterHeader])
	out = append(out, chunk...)
	return append(out, buf.Bytes()[afterHeader:]...)
}

// size reads the dimensions of a file; ok is false when it is no picture.
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

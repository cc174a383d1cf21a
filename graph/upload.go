package graph

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
)

// File is an image file to upload.
type File struct {
	Name string                        // with extension, as the ad account will show it
	Open func() (io.ReadCloser, error) // called for each reading
}

// ImageExtension recognises an image file by its first bytes, of which it needs up to 512:
// .png, .jpg, .gif, .bmp, .webp or .tif. The API accepts no other format.
func ImageExtension(head []byte) (ext string, ok bool) {
	switch http.DetectContentType(head) {
	case "image/png":
		return ".png", true
	case "image/jpeg":
		return ".jpg", true
	case "image/gif":
		return ".gif", true
	case "image/bmp":
		return ".bmp", true
	case "image/webp":
		return ".webp", true
	}
	if bytes.HasPrefix(head, []byte("II*\x00")) || bytes.HasPrefix(head, []byte("MM\x00*")) {
		return ".tif", true
	}
	return "", false
}

// attach sets the body of an upload: a form whose parameter bytes is the file in Base64.
// The file is encoded while it is sent, so that it is never in memory as a whole. It is
// read once before, to find the length.
func attach(req *http.Request, params form, f File) error {
	length, err := (&formBody{file: f, form: params}).measure()
	if err != nil {
		return err
	}
	req.ContentLength = length
	req.GetBody = func() (io.ReadCloser, error) { return openBody(f, params) }
	req.Body, err = req.GetBody()
	return err
}

// formBody is the body of an upload: bytes=, the file in Base64, then the other
// parameters.
type formBody struct {
	file File
	form form

	src     io.ReadCloser
	encoded []byte // and not yet read
	buf     [3 << 10]byte
	ended   bool
}

func openBody(f File, params form) (io.ReadCloser, error) {
	b := &formBody{file: f, form: params}
	return b, b.open()
}

func (b *formBody) open() (err error) {
	if b.src, err = b.file.Open(); err != nil {
		return fmt.Errorf("open the image file: %w", err)
	}
	b.encoded = []byte("bytes=")
	return nil
}

func (b *formBody) measure() (int64, error) {
	if err := b.open(); err != nil {
		return 0, err
	}
	defer b.Close()
	return io.Copy(io.Discard, b)
}

func (b *formBody) Read(p []byte) (int, error) {
	for len(b.encoded) == 0 {
		if b.ended {
			return 0, io.EOF
		}
		n, err := io.ReadFull(b.src, b.buf[:]) // a multiple of three bytes, except at the end
		b.encoded = escapeBase64(base64.StdEncoding.AppendEncode(nil, b.buf[:n]))
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			b.ended = true
			if rest := b.form.encode(); rest != "" {
				b.encoded = append(append(b.encoded, '&'), rest...)
			}
		default:
			return 0, fmt.Errorf("read the image file: %w", err)
		}
	}
	n := copy(p, b.encoded)
	b.encoded = b.encoded[n:]
	return n, nil
}

func (b *formBody) Close() error { return b.src.Close() }

// escapeBase64 writes the three characters of Base64 that have a meaning in forms as %XX.
// An unescaped + would become a space and break the image
// (facebook-nodejs-business-sdk issue 116).
func escapeBase64(text []byte) []byte {
	escaped := make([]byte, 0, len(text)+len(text)/8)
	for _, c := range text {
		switch c {
		case '+':
			escaped = append(escaped, "%2B"...)
		case '/':
			escaped = append(escaped, "%2F"...)
		case '=':
			escaped = append(escaped, "%3D"...)
		default:
			escaped = append(escaped, c)
		}
	}
	return escaped
}

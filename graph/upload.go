package graph

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// File is an image file to upload.
type File struct {
	Name string                        // with its extension, as the ad account shows it
	Open func() (io.ReadCloser, error) // opens it anew for each reading
}

// ImageExtension names the kind of image file that starts with head, by its
// content: .png, .jpg, .gif, .bmp, .webp or .tif; 512 bytes are enough. What it
// does not know is no image file for the API.
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

// attach gives the request the form of an upload, whose bytes parameter is the
// file in Base64. The file is encoded as it is sent, so that memory holds none
// of it; it is read once before, to know the length.
func attach(req *http.Request, form url.Values, f File) error {
	length, err := (&formBody{file: f, form: form}).measure()
	if err != nil {
		return err
	}
	req.ContentLength = length
	req.GetBody = func() (io.ReadCloser, error) { return openBody(f, form) }
	req.Body, err = req.GetBody()
	return err
}

// formBody is the form of an upload: bytes=, the file as it is read, then the
// other parameters.
type formBody struct {
	file File
	form url.Values

	src   io.ReadCloser
	ready []byte // encoded and not yet read
	raw   [3 << 10]byte
	ended bool
}

func openBody(f File, form url.Values) (io.ReadCloser, error) {
	b := &formBody{file: f, form: form}
	return b, b.open()
}

func (b *formBody) open() (err error) {
	if b.src, err = b.file.Open(); err != nil {
		return fmt.Errorf("open the image file: %w", err)
	}
	b.ready = []byte("bytes=")
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
	for len(b.ready) == 0 {
		if b.ended {
			return 0, io.EOF
		}
		n, err := io.ReadFull(b.src, b.raw[:]) // whole groups of three, but at the end
		b.ready = escapeBase64(base64.StdEncoding.AppendEncode(nil, b.raw[:n]))
		switch err {
		case nil:
		case io.EOF, io.ErrUnexpectedEOF:
			b.ended = true
			if rest := b.form.Encode(); rest != "" {
				b.ready = append(append(b.ready, '&'), rest...)
			}
		default:
			return 0, fmt.Errorf("read the image file: %w", err)
		}
	}
	n := copy(p, b.ready)
	b.ready = b.ready[n:]
	return n, nil
}

func (b *formBody) Close() error { return b.src.Close() }

// escapeBase64 writes the three signs of Base64 that mean something else in a
// form as %XX: an unescaped + reads as a blank and breaks the image
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

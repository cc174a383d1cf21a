package graph

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxPicture bounds an image file that is downloaded or uploaded, in bytes. The Ads Guide
// allows 30 MB for new images; older ones may be larger.
const maxPicture = 64 << 20

// Downloader downloads the pictures at the urls of images. They are on a content
// network, not at the endpoint, so it sends no token. It is safe for concurrent use.
type Downloader struct {
	client    *http.Client
	timeout   time.Duration
	userAgent string
}

// NewDownloader makes a Downloader. timeout is the limit for one picture; 0 means DefaultTimeout.
func NewDownloader(transport http.RoundTripper, timeout time.Duration, userAgent string) *Downloader {
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	return &Downloader{
		timeout: timeout, userAgent: userAgent,
		// Redirects are followed only within the host that the API named.
		client: &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > 3 || r.URL.Scheme != via[0].URL.Scheme || r.URL.Host != via[0].URL.Host {
				return http.ErrUseLastResponse
			}
			return nil
		}},
	}
}

// checkPictureURL accepts https anywhere and http on loopback.
func checkPictureURL(u *url.URL) error {
	switch {
	case u.Scheme == "https" && u.Host != "":
	case u.Scheme == "http" && loopback(u.Hostname()):
	default:
		return errors.New("the url of the image is not https")
	}
	return nil
}

// PictureFile is an empty file, such as an *os.File, into which a picture is written and
// from which it is read back.
type PictureFile interface {
	io.Writer
	io.ReaderAt
}

// Fetch downloads the picture of an image into f and checks it: it is a complete image
// file and has the size in pixels that the API gives for the image. The class of an
// *Error says whether another try with a fresh url may help (Transient, Unreachable) or
// not (RefusedItem). A *WriteError means that f failed.
func (g *Downloader) Fetch(ctx context.Context, image Image, f PictureFile) (p Picture, err error) {
	u, err := url.Parse(image.URL)
	if err != nil || checkPictureURL(u) != nil {
		return p, unusable("the API gave no https URL for the image")
	}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	size, sum, err := g.download(ctx, u, f)
	if err != nil {
		return p, err
	}
	p, err = CheckPicture(ctx, image, f, size)
	p.SHA256 = sum
	return p, err
}

// CheckPicture checks whether a file of size bytes can be the picture of an image. Its
// errors are those of [Downloader.Fetch]; a *WriteError means that the file could not be
// read.
func CheckPicture(ctx context.Context, image Image, file io.ReaderAt, size int64) (Picture, error) {
	p, err := DecodePicture(ctx, file, size)
	var invalid *PictureError
	switch {
	case errors.As(err, &invalid) && invalid.Large:
		return p, unusable("the image is too large: %s", invalid.Reason)
	case errors.As(err, &invalid):
		return p, wrongContent("%s", invalid.Reason)
	case err != nil && ctx.Err() != nil:
		return p, wrongContent("the time ran out before it was decoded")
	case err != nil:
		return p, &WriteError{err}
	}
	return p, image.checkSize(p)
}

// download writes the file at the url to w.
func (g *Downloader) download(ctx context.Context, u *url.URL, w io.Writer) (size int64, sum Sum, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return 0, sum, unusable("the URL of the image is invalid")
	}
	if g.userAgent != "" {
		req.Header.Set("User-Agent", g.userAgent)
	}
	res, err := g.client.Do(req)
	if err != nil {
		e := transportError(err, u)
		e.Message, e.Lost = "the image could not be downloaded: "+e.Message, false
		return 0, sum, e
	}
	defer res.Body.Close()
	switch kind := res.Header.Get("Content-Type"); {
	case res.StatusCode != http.StatusOK:
		return 0, sum, &Error{Class: Transient, HTTP: res.StatusCode, Message: "the content network did not send the image"}
	case kind != "" && !strings.HasPrefix(kind, "image/") && kind != "application/octet-stream":
		return 0, sum, wrongContent("its type is %.40q, not an image", kind)
	case res.ContentLength > maxPicture:
		return 0, sum, unusable("the image is larger than %d MiB", maxPicture>>20)
	}
	digest := sha256.New()
	from := &bodyReader{r: io.LimitReader(res.Body, maxPicture+1)}
	size, err = io.Copy(io.MultiWriter(w, digest), from)
	switch {
	case from.err != nil:
		return size, sum, cutOff(withoutURL(from.err))
	case err != nil:
		return size, sum, &WriteError{err}
	case size > maxPicture:
		return size, sum, unusable("the image is larger than %d MiB", maxPicture>>20)
	case res.ContentLength >= 0 && size != res.ContentLength:
		return size, sum, cutOff(fmt.Sprintf("%d of %d bytes arrived", size, res.ContentLength))
	}
	digest.Sum(sum[:0])
	return size, sum, nil
}

// checkSize returns an error if the picture's size in pixels shows that it is not the
// image's. The url leads to a rendition or to the original, and the API may give the size
// of both, of one or of none. Without a size only a single pixel is refused, because that
// is a common placeholder.
func (i Image) checkSize(p Picture) error {
	type pixels struct{ width, height int }
	var sizes []string
	for _, size := range []pixels{{i.ServedWidth.toInt(), i.ServedHeight.toInt()}, {i.Width.toInt(), i.Height.toInt()}} {
		if size == (pixels{p.Width, p.Height}) {
			return nil
		}
		text := fmt.Sprintf("%d x %d", size.width, size.height)
		if size.width > 0 && size.height > 0 && !slices.Contains(sizes, text) {
			sizes = append(sizes, text)
		}
	}
	switch {
	case len(sizes) > 0:
		return wrongContent("it has %d x %d pixels, the image has %s", p.Width, p.Height, strings.Join(sizes, " or "))
	case p.Width == 1 && p.Height == 1:
		return wrongContent("it is a single pixel, and the API does not give the image's size")
	}
	return nil
}

// bodyReader remembers whether reading failed, to tell it from a failed write.
type bodyReader struct {
	r   io.Reader
	err error
}

func (s *bodyReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// WriteError is a failure to write a picture to disk or to read it back.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "write the image file: " + e.Err.Error() }
func (e *WriteError) Unwrap() error { return e.Err }

func unusable(format string, args ...any) *Error {
	return &Error{Class: RefusedItem, Message: fmt.Sprintf(format, args...)}
}

// wrongContent is another file in place of the picture, such as a placeholder or an error page.
// The next try may get the picture.
func wrongContent(format string, args ...any) *Error {
	return &Error{Class: Transient, Message: "the content network did not send the image: " + fmt.Sprintf(format, args...)}
}

func cutOff(why string) *Error {
	return &Error{Class: Transient, Message: "the download was cut off: " + why}
}

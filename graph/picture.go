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

// MaxPicture bounds an image file that is fetched or uploaded, in bytes. The
// Ads Guide names 30 MB for images; what is kept of an ad account may be larger.
const MaxPicture = 64 << 20

// Gallery fetches the pictures that the url of an image points to. They lie on a
// content network, not at the endpoint: no token goes there. It is safe for
// concurrent use.
type Gallery struct {
	http      *http.Client
	timeout   time.Duration
	userAgent string
}

// NewGallery makes a gallery; timeout bounds one picture, 0 stands for 90 s.
func NewGallery(transport http.RoundTripper, timeout time.Duration, userAgent string) *Gallery {
	if timeout == 0 {
		timeout = 90 * time.Second
	}
	return &Gallery{
		timeout: timeout, userAgent: userAgent,
		// Only the host that the API named is trusted to name another place.
		http: &http.Client{Transport: transport, CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) > 3 || r.URL.Scheme != via[0].URL.Scheme || r.URL.Host != via[0].URL.Host {
				return http.ErrUseLastResponse
			}
			return nil
		}},
	}
}

// checkPicture accepts https anywhere and http on loopback.
func checkPicture(u *url.URL) error {
	switch {
	case u.Scheme == "https" && u.Host != "":
	case u.Scheme == "http" && loopback(u.Hostname()):
	default:
		return errors.New("the url of the picture is not https")
	}
	return nil
}

// PictureFile is where a picture is written to and read back from: an *os.File that
// is empty.
type PictureFile interface {
	io.Writer
	io.ReaderAt
}

// Fetch brings the picture of an image into f. What it returns is that image's as
// far as one answer can show: a whole image file that was decoded to its end and has
// the size that the API tells of the image. An error's class tells whether another
// try, with the url read anew because it is temporary, may help (Transient,
// Unreachable) or not (RefusedItem): a placeholder or an error page may be gone the
// next time. A failing f is a *WriteError.
func (g *Gallery) Fetch(ctx context.Context, image Image, f PictureFile) (p Picture, err error) {
	u, err := url.Parse(image.URL)
	if err != nil || checkPicture(u) != nil {
		return p, unfit("the API names no https url for the picture")
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

// CheckPicture says whether a file of so many bytes can be the picture of an image:
// with an error as of [Gallery.Fetch], and with a *WriteError if the file could not
// be read.
func CheckPicture(ctx context.Context, image Image, file io.ReaderAt, size int64) (Picture, error) {
	p, err := DecodePicture(ctx, file, size)
	var unlike *PictureError
	switch {
	case errors.As(err, &unlike) && unlike.Large:
		return p, unfit("the picture is too large: %s", unlike.Reason)
	case errors.As(err, &unlike):
		return p, unlikely("%s", unlike.Reason)
	case err != nil && ctx.Err() != nil:
		return p, unlikely("there was no time left to decode it")
	case err != nil:
		return p, &WriteError{err}
	}
	return p, image.pictures(p)
}

// download writes what the url leads to to w.
func (g *Gallery) download(ctx context.Context, u *url.URL, w io.Writer) (size int64, sum Sum, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return 0, sum, unfit("the url of the picture cannot be asked for")
	}
	if g.userAgent != "" {
		req.Header.Set("User-Agent", g.userAgent)
	}
	res, err := g.http.Do(req)
	if err != nil {
		e := transportError(err, u)
		e.Message, e.Lost = "the picture cannot be fetched: "+e.Message, false
		return 0, sum, e
	}
	defer res.Body.Close()
	switch kind := res.Header.Get("Content-Type"); {
	case res.StatusCode != http.StatusOK:
		return 0, sum, &Error{Class: Transient, HTTP: res.StatusCode, Message: "the content network did not send the picture"}
	case kind != "" && !strings.HasPrefix(kind, "image/") && kind != "application/octet-stream":
		return 0, sum, unlikely("it is %.40q, not an image", kind)
	case res.ContentLength > MaxPicture:
		return 0, sum, unfit("the picture is longer than %d MiB", MaxPicture>>20)
	}
	digest := sha256.New()
	from := &source{r: io.LimitReader(res.Body, MaxPicture+1)}
	size, err = io.Copy(io.MultiWriter(w, digest), from)
	switch {
	case from.err != nil:
		return size, sum, broken(bare(from.err))
	case err != nil:
		return size, sum, &WriteError{err}
	case size > MaxPicture:
		return size, sum, unfit("the picture is longer than %d MiB", MaxPicture>>20)
	case res.ContentLength >= 0 && size != res.ContentLength:
		return size, sum, broken(fmt.Sprintf("%d of %d bytes came", size, res.ContentLength))
	}
	digest.Sum(sum[:0])
	return size, sum, nil
}

// pictures says why a picture cannot be the image's, by its size: the url leads to
// a rendition or to what was uploaded, and the API may tell the size of both. Where
// it tells one alone, the picture has to have that one. Where it tells none, every
// picture counts but a single pixel, which is what stands in for one that is missing.
func (i Image) pictures(p Picture) error {
	type pixels struct{ width, height int }
	var told []string
	for _, size := range []pixels{{i.ServedWidth.whole(), i.ServedHeight.whole()}, {i.Width.whole(), i.Height.whole()}} {
		if size == (pixels{p.Width, p.Height}) {
			return nil
		}
		text := fmt.Sprintf("%d x %d", size.width, size.height)
		if size.width > 0 && size.height > 0 && !slices.Contains(told, text) {
			told = append(told, text)
		}
	}
	switch {
	case len(told) > 0:
		return unlikely("it has %d x %d pixels, and the image %s", p.Width, p.Height, strings.Join(told, " or "))
	case p.Width == 1 && p.Height == 1:
		return unlikely("it is a single pixel, and the API does not tell the image's size")
	}
	return nil
}

// source remembers that reading failed, to tell it from a failing writer.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

// WriteError is a disk that would not take a picture, or give it back.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "write the picture: " + e.Err.Error() }
func (e *WriteError) Unwrap() error { return e.Err }

func unfit(format string, args ...any) *Error {
	return &Error{Class: RefusedItem, Message: fmt.Sprintf(format, args...)}
}

// unlikely is what came in place of the picture, and may not come the next time.
func unlikely(format string, args ...any) *Error {
	return &Error{Class: Transient, Message: "the content network sent something else: " + fmt.Sprintf(format, args...)}
}

func broken(why string) *Error {
	return &Error{Class: Transient, Message: "the picture broke off: " + why}
}

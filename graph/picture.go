package graph

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
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

// Fetch writes the picture at the url of an image to w and returns the extension
// that fits its content, such as .png. The answer has to be an image file, whole,
// as long as it said. An error's class tells whether another try, with the url
// read anew because it is temporary, may help (Transient, Unreachable) or not
// (RefusedItem). A failing w is returned as a *WriteError.
func (g *Gallery) Fetch(ctx context.Context, address string, w io.Writer) (ext string, err error) {
	u, err := url.Parse(address)
	if err != nil || checkPicture(u) != nil {
		return "", unfit("the API names no https url for the picture")
	}
	ctx, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", unfit("the url of the picture cannot be asked for")
	}
	if g.userAgent != "" {
		req.Header.Set("User-Agent", g.userAgent)
	}
	res, err := g.http.Do(req)
	if err != nil {
		e := transportError(err)
		e.Message, e.Lost = "the picture cannot be fetched: "+e.Message, false
		return "", e
	}
	defer res.Body.Close()
	switch kind := res.Header.Get("Content-Type"); {
	case res.StatusCode != http.StatusOK:
		return "", &Error{Class: Transient, HTTP: res.StatusCode, Message: "the content network did not send the picture"}
	case kind != "" && !strings.HasPrefix(kind, "image/") && kind != "application/octet-stream":
		return "", unfit("the content network sent %.40q, not an image", kind)
	case res.ContentLength > MaxPicture:
		return "", unfit("the picture is longer than %d MiB", MaxPicture>>20)
	}
	return copyPicture(w, res)
}

func copyPicture(w io.Writer, res *http.Response) (ext string, err error) {
	var head [512]byte
	n, err := io.ReadFull(res.Body, head[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return "", broken(bare(err))
	}
	ext, ok := ImageExtension(head[:n])
	if !ok {
		return "", unfit("what the content network sent is no image file")
	}
	if _, err := w.Write(head[:n]); err != nil {
		return "", &WriteError{err}
	}
	from := &source{r: io.LimitReader(res.Body, MaxPicture+1)}
	more, err := io.Copy(w, from)
	switch length := int64(n) + more; {
	case from.err != nil:
		return "", broken(bare(from.err))
	case err != nil:
		return "", &WriteError{err}
	case length > MaxPicture:
		return "", unfit("the picture is longer than %d MiB", MaxPicture>>20)
	case res.ContentLength >= 0 && length != res.ContentLength:
		return "", broken(fmt.Sprintf("%d of %d bytes came", length, res.ContentLength))
	}
	return ext, nil
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

// WriteError is a disk that would not take a picture.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "write the picture: " + e.Err.Error() }
func (e *WriteError) Unwrap() error { return e.Err }

func unfit(format string, args ...any) *Error {
	return &Error{Class: RefusedItem, Message: fmt.Sprintf(format, args...)}
}

func broken(why string) *Error {
	return &Error{Class: Transient, Message: "the picture broke off: " + why}
}

package graph

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// What replaces zero values in Config.
const (
	DefaultEndpoint = "https://graph.facebook.com"
	DefaultVersion  = "v25.0"
	DefaultTimeout  = 90 * time.Second
)

// maxBody bounds an answer, in bytes. Fifty reads of fifty images with their creatives
// are far smaller.
const maxBody = 64 << 20

// maxExcerpt is how many bytes of an unexpected answer are searched for secrets before an
// excerpt is made. The excerpt shows far fewer.
const maxExcerpt = 1 << 20

// Config says which server a Client talks to, and with which token. Only Token is
// required; the zero value of any other field means its default.
type Config struct {
	Endpoint  string            // scheme and host; plain http for loopback only
	Version   string            // API version, v25.0
	Token     Secret            // access token
	AppSecret Secret            // adds appsecret_proof to every request
	Transport http.RoundTripper // NewTransport()
	Timeout   time.Duration     // of one HTTP request
	UserAgent string
	Redact    func(string) string // takes secrets out of texts of answers; by default the credential's own
}

// Credential is what a Client is authorised with.
type Credential struct {
	Token     Secret
	AppSecret Secret // may be empty
}

// Client makes calls on the adimages edge. It is safe for concurrent use.
type Client struct {
	endpoint  string
	version   string
	token     Secret
	proof     Secret
	redact    func(string) string
	timeout   time.Duration
	userAgent string
	transport http.RoundTripper // not an http.Client, which would follow a redirect with the token
}

// Reply is the outcome of one call.
type Reply struct {
	Err    *Error // nil: the call succeeded
	Status int    // HTTP status of the call's own answer, 0 without one
	Usage  Usage
	Date   time.Time // the server's clock when it answered; zero if unknown
	Notice string    // X-Ad-Api-Version-Warning

	Images   []Image // read: the images in the answer; may have duplicates and images not asked for
	Nameless int     // read: entries that name no image: null, {}, or without a hash
	Empty    bool    // read: the list is empty, with no next page and no total above 0
	After    string  // read: cursor of the next page, "" on the last; may repeat an earlier one
	Total    int     // read with Query.Total: how many images match
	HasTotal bool    // read: the answer had a Total
	Token    *Token  // inspect token: what the API knows of it

	Stored []Stored // copy, upload: the images in the answer, ordered by key
}

// Stored is an image in the answer to a copy or an upload. Whether it is the image of
// the call is judged by package evidence.
type Stored struct {
	Key  string // the source's hash of a copy; "bytes" or the file's name of an upload
	Hash string // in the account written to; "" if the answer gives no valid hash
}

// New checks the configuration and makes a client. It sends nothing.
func New(c Config) (*Client, error) {
	if c.Endpoint == "" {
		c.Endpoint = DefaultEndpoint
	}
	endpoint, err := checkEndpoint(c.Endpoint)
	if err != nil {
		return nil, err
	}
	if c.Version == "" {
		c.Version = DefaultVersion
	}
	if !validVersion(c.Version) {
		if len(c.Version) > maxVersion { // do not repeat it: it may be a token
			return nil, errors.New("the API version must look like v25.0")
		}
		return nil, fmt.Errorf("the API version must look like v25.0, not %q", c.Version)
	}
	if c.Token.Empty() {
		return nil, errors.New("no access token")
	}
	if c.Transport == nil {
		c.Transport = NewTransport()
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	cl := &Client{
		endpoint: endpoint, version: c.Version, token: c.Token, timeout: c.Timeout, userAgent: c.UserAgent,
		transport: c.Transport,
	}
	if !c.AppSecret.Empty() {
		cl.proof = proof(c.AppSecret, c.Token)
	}
	if cl.redact = c.Redact; cl.redact == nil {
		cl.redact = Redactor(Credential{c.Token, c.AppSecret}.Secrets()...)
	}
	return cl, nil
}

// Secrets are the credential's secrets, with the proof that is made of them.
func (c Credential) Secrets() []Secret {
	if c.AppSecret.Empty() {
		return []Secret{c.Token}
	}
	return []Secret{c.Token, c.AppSecret, proof(c.AppSecret, c.Token)}
}

// checkEndpoint accepts https anywhere and http on loopback, without a path,
// query or user. Its errors repeat the host at most, because the rest may hold a
// password or a token.
func checkEndpoint(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return "", fmt.Errorf("the endpoint must be a URL such as %s", DefaultEndpoint)
	}
	for label := range strings.SplitSeq(u.Hostname(), ".") {
		if len(label) > maxLabel {
			return "", errors.New("the endpoint's host name has a part of more than 63 characters")
		}
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", fmt.Errorf("the endpoint on %s must have only scheme and host, as in %s", u.Host, DefaultEndpoint)
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !loopback(u.Hostname()) {
			return "", fmt.Errorf("the endpoint %s://%s would send the access token unencrypted; use https (plain http is allowed on loopback only)", u.Scheme, u.Host)
		}
	default:
		return "", fmt.Errorf("the endpoint %s://%s must use https", u.Scheme, u.Host)
	}
	return u.Scheme + "://" + u.Host, nil
}

// maxLabel is the longest part of a host name (RFC 1035, section 2.3.4). Tokens are longer.
const maxLabel = 63

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

const maxVersion = 10

func validVersion(v string) bool {
	digits, minor, ok := strings.Cut(strings.TrimPrefix(v, "v"), ".")
	if !ok || v[0] != 'v' || digits == "" || minor == "" {
		return false
	}
	return strings.Trim(digits+minor, "0123456789") == ""
}

// Do sends the calls in one HTTP request and returns a reply for each, in order. There
// may be at most MaxBatch calls, and an upload must be the only one.
func (c *Client) Do(ctx context.Context, calls []Call) []Reply {
	if len(calls) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var replies []Reply
	if len(calls) == 1 && c.canBeSingle(calls[0]) {
		replies = []Reply{c.single(ctx, calls[0])}
	} else {
		replies = c.batch(ctx, calls)
	}
	for i := range replies {
		c.scrub(&replies[i])
	}
	return replies
}

// canBeSingle reports whether the call has no secret in its URL as an ordinary request.
func (c *Client) canBeSingle(call Call) bool {
	switch call.Action {
	case ActionCopy, ActionUpload:
		return true
	case ActionInspectToken:
		return false
	}
	return c.proof.Empty()
}

// single makes an ordinary request with the token in its header.
func (c *Client) single(ctx context.Context, call Call) Reply {
	method, relative, f := call.wire(c.version)
	var body io.Reader
	if f != nil {
		f = append(f, c.proofParam()...)
		body = strings.NewReader(f.encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, c.endpoint+"/"+relative, body)
	if err == nil && call.Action == ActionUpload {
		err = attach(req, f, call.File)
	}
	if err != nil {
		return Reply{Err: buildError(err)}
	}
	req.Header.Set("Authorization", "Bearer "+c.token.reveal())
	in := newBuffer()
	defer in.release()
	status, header, answer, fail := c.send(req, f != nil, call.ConnectBy, in)
	if fail != nil {
		return Reply{Status: status, Usage: parseUsage(&in.reader, header, call.Account), Err: fail}
	}
	r := interpret(&in.reader, call, status, header, answer)
	r.Date = serverDate(header)
	if r.Err != nil {
		c.attribute(r.Err, header)
	}
	return r
}

// buildError is the error of a request that could not be built, so that nothing was sent.
func buildError(err error) *Error {
	return &Error{Class: RefusedItem, Message: "the request cannot be built: " + err.Error()}
}

// serverDate is the server's clock in whole seconds, zero if the answer has none.
func serverDate(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// send makes one round trip and reads the whole answer into a buffer. It gives up if it has no
// connection by a time that is not zero.
func (c *Client) send(req *http.Request, form bool, by time.Time, into *buffer) (int, http.Header, []byte, *Error) {
	if late(by) {
		return 0, nil, nil, transportError(errLate, req.URL)
	}
	if !by.IsZero() {
		var over func()
		req, over = withConnectBy(req, by)
		withBodyBy(req, by)
		defer over()
	}
	req.Header.Set("Accept", "application/json")
	if form {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if c.userAgent != "" {
		req.Header.Set("User-Agent", c.userAgent)
	}
	res, err := c.transport.RoundTrip(req)
	if err != nil {
		return 0, nil, nil, transportError(err, req.URL)
	}
	defer res.Body.Close()
	body, err := into.readAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return res.StatusCode, res.Header, nil, lostAnswer(res.StatusCode, err, "the answer was cut off: %v", withoutURL(err))
	}
	if len(body) > maxBody {
		return res.StatusCode, res.Header, nil, lostAnswer(res.StatusCode, nil, "the answer is longer than %d MiB", maxBody>>20)
	}
	return res.StatusCode, res.Header, body, nil
}

// scrub removes the secrets from texts of the answer, in case the server or a proxy
// repeats them. Only then is an excerpt made of an unexpected answer, because half a
// token would not be recognised.
func (c *Client) scrub(r *Reply) {
	r.Notice = c.redact(r.Notice)
	for i := range r.Images {
		image := &r.Images[i]
		for _, text := range []*string{&image.Name, &image.URL, &image.Permalink, &image.Status, &image.Created, &image.Updated} {
			*text = c.redact(*text)
		}
		if len(image.Raw) > 0 {
			image.Raw = json.RawMessage(c.redact(string(image.Raw)))
		}
	}
	if t := r.Token; t != nil {
		t.App = c.redact(t.App)
		for i := range t.Scopes {
			t.Scopes[i] = c.redact(t.Scopes[i])
		}
	}
	e := r.Err
	if e == nil {
		return
	}
	for _, text := range []*string{&e.Message, &e.UserTitle, &e.UserMessage, &e.Type, &e.TraceID} {
		*text = c.redact(*text)
	}
	if e.raw != nil {
		e.Message += ": " + excerpt(c.redact(string(e.raw[:min(len(e.raw), maxExcerpt)])))
		e.raw = nil
	}
}

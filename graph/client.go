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

// DefaultEndpoint and DefaultVersion name the server that Config's zero values
// stand for.
const (
	DefaultEndpoint = "https://graph.facebook.com"
	DefaultVersion  = "v25.0"
)

// maxBody bounds an answer. Fifty reads of fifty images with their creatives
// stay far below it.
const maxBody = 64 << 20

// maxUnread is how much of an unexpected answer is looked at. Even if that much
// were nothing but secrets, what is left would be more than an excerpt shows.
const maxUnread = 1 << 20

// Config says which server a Client talks to, and as whom. The zero value of
// each field but Token stands for its default.
type Config struct {
	Endpoint  string            // scheme and host; plain http for loopback only
	Version   string            // API version, v25.0
	Token     Secret            // access token
	AppSecret Secret            // adds appsecret_proof to every request
	Transport http.RoundTripper // NewTransport()
	Timeout   time.Duration     // of one HTTP request; 90 s
	UserAgent string
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
	transport http.RoundTripper // no http.Client: a redirect would carry the token to a host nobody named
}

// Reply is what came of one call.
type Reply struct {
	Err    *Error // nil: the call succeeded
	Status int    // HTTP status of the call's own answer, 0 without one
	Usage  Usage
	Date   time.Time // the server's clock when it answered; zero when it does not tell
	Notice string    // X-Ad-Api-Version-Warning

	Images   []Image // read: those that the answer names; one may come twice, or not be asked for
	Nameless int     // read: entries that name no image: null, {}, or without a hash
	Empty    bool    // read: the list is empty, and nothing in the answer says that there is more
	After    string  // read: cursor of the next page, "" on the last; it may be one that was sent before
	Total    int     // read with Query.Total: how many images match
	Summed   bool    // ... and the answer said so

	Stored []Stored // copy, upload: what the answer calls stored, in the order of the keys
}

// Stored is an image that the answer to a copy or an upload names. That it is the
// one of the call is not said by its being there: package evidence judges that.
type Stored struct {
	Key  string // the source's hash of a copy; "bytes" or the file's name of an upload
	Hash string // in the account written to; "" when what the answer gives is no hash
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
		if len(c.Version) > longestVersion { // it may be a token
			return nil, errors.New("the API version is not of the form v25.0")
		}
		return nil, fmt.Errorf("API version %q is not of the form v25.0", c.Version)
	}
	if c.Token.Empty() {
		return nil, errors.New("no access token")
	}
	if c.Transport == nil {
		c.Transport = NewTransport()
	}
	if c.Timeout == 0 {
		c.Timeout = 90 * time.Second
	}
	cl := &Client{
		endpoint: endpoint, version: c.Version, token: c.Token, timeout: c.Timeout, userAgent: c.UserAgent,
		transport: c.Transport,
	}
	if !c.AppSecret.Empty() {
		cl.proof = proof(c.AppSecret, c.Token)
	}
	cl.redact = Redactor(cl.token, cl.proof)
	return cl, nil
}

// checkEndpoint accepts https anywhere and http on loopback, without a path,
// query or user. Its errors repeat the host at most: the rest may hold a
// password or a token.
func checkEndpoint(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Hostname() == "" {
		return "", fmt.Errorf("the endpoint is not a URL such as %s", DefaultEndpoint)
	}
	for label := range strings.SplitSeq(u.Hostname(), ".") {
		if len(label) > longestLabel {
			return "", errors.New("the endpoint names no host: a part of it is longer than 63 characters")
		}
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", fmt.Errorf("endpoint on %s must be scheme and host alone, such as %s", u.Host, DefaultEndpoint)
	}
	switch u.Scheme {
	case "https":
	case "http":
		if !loopback(u.Hostname()) {
			return "", fmt.Errorf("endpoint %s://%s would send the access token unencrypted; use https (plain http is for loopback only)", u.Scheme, u.Host)
		}
	default:
		return "", fmt.Errorf("endpoint %s://%s needs https", u.Scheme, u.Host)
	}
	return u.Scheme + "://" + u.Host, nil
}

// longestLabel is of a host name (RFC 1035, section 2.3.4). Tokens are longer.
const longestLabel = 63

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

const longestVersion = 10

func validVersion(v string) bool {
	digits, minor, ok := strings.Cut(strings.TrimPrefix(v, "v"), ".")
	if !ok || v[0] != 'v' || digits == "" || minor == "" {
		return false
	}
	return strings.Trim(digits+minor, "0123456789") == ""
}

// Do carries the calls in one HTTP request and returns a reply for each, in
// order. The API takes at most MaxBatch calls; an upload goes alone.
func (c *Client) Do(ctx context.Context, calls []Call) []Reply {
	if len(calls) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var replies []Reply
	if len(calls) == 1 && (c.proof.Empty() || calls[0].Action == ActionCopy || calls[0].Action == ActionUpload) {
		replies = []Reply{c.single(ctx, calls[0])}
	} else {
		replies = c.batch(ctx, calls)
	}
	for i := range replies {
		c.scrub(&replies[i])
	}
	return replies
}

// single makes an ordinary request with the token in its header.
func (c *Client) single(ctx context.Context, call Call) Reply {
	method, relative, form := call.wire(c.version)
	var body io.Reader
	if form != nil {
		if !c.proof.Empty() {
			form.Set("appsecret_proof", c.proof.reveal())
		}
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, c.endpoint+"/"+relative, body)
	if err == nil && call.Action == ActionUpload {
		err = attach(req, form, call.File)
	}
	if err != nil {
		return Reply{Err: unbuilt(err)}
	}
	req.Header.Set("Authorization", "Bearer "+c.token.reveal())
	status, header, answer, fail := c.send(req, form != nil, call.By)
	if fail != nil {
		return Reply{Status: status, Usage: parseUsage(header, call.Account), Err: fail}
	}
	r := interpret(call, status, header, answer)
	r.Date = clock(header)
	if r.Err != nil {
		c.attribute(r.Err, header)
	}
	return r
}

// unbuilt is a request that could not be made, so nothing was sent.
func unbuilt(err error) *Error {
	return &Error{Class: RefusedItem, Message: "the request cannot be built: " + err.Error()}
}

// parseIdentity reads the answer to WhoAmI: any that names somebody.
func parseIdentity(body []byte, r *Reply) *Error {
	var who struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(body, &who); err != nil || len(who.ID) == 0 {
		return unread(r.Status, body, "the API does not say whose the token is")
	}
	return nil
}

// clock is the server's clock, in whole seconds.
func clock(h http.Header) time.Time {
	date, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}

// send makes one round trip and reads the whole answer. It gives up what has no
// connection by a time that is not zero.
func (c *Client) send(req *http.Request, form bool, by time.Time) (int, http.Header, []byte, *Error) {
	if !by.IsZero() {
		var over func()
		req, over = leavingBy(req, by)
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
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return res.StatusCode, res.Header, nil, lost(res.StatusCode, err, "the answer broke off: %v", bare(err))
	}
	if len(body) > maxBody {
		return res.StatusCode, res.Header, nil, lost(res.StatusCode, nil, "the answer is longer than %d MiB", maxBody>>20)
	}
	return res.StatusCode, res.Header, body, nil
}

// interpret turns the answer to one call into its reply.
func interpret(call Call, status int, header http.Header, body []byte) Reply {
	r := Reply{
		Status: status,
		Usage:  parseUsage(header, call.Account),
		Notice: header.Get("X-Ad-Api-Version-Warning"),
	}
	if r.Err = parseError(status, body); r.Err != nil {
		return r
	}
	switch call.Action {
	case ActionRead:
		r.Err = parsePage(body, call.Query, &r)
	case ActionCopy, ActionUpload:
		r.Err = parseStored(body, &r)
	case ActionDelete:
		r.Err = parseDeleted(body, &r)
	case ActionWhoAmI:
		r.Err = parseIdentity(body, &r)
	}
	return r
}

// scrub removes the secrets from texts that came from outside, should a server
// or proxy repeat them. An unexpected answer is cut short only after that: what
// is left of a token would not be recognised.
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
	e := r.Err
	if e == nil {
		return
	}
	for _, text := range []*string{&e.Message, &e.UserTitle, &e.UserMessage, &e.Type, &e.TraceID} {
		*text = c.redact(*text)
	}
	if e.unread != nil {
		e.Message += ": " + excerpt(c.redact(string(e.unread[:min(len(e.unread), maxUnread)])))
		e.unread = nil
	}
}

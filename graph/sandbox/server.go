package sandbox

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is a simulated Graph API with its ad accounts. It is safe for concurrent use.
type Server struct {
	opts  Options
	start time.Time

	mu       sync.Mutex
	accounts map[string]*account
	apps     map[string]*app // by id; the app of Options is always there
	tokens   map[string]Token
	expired  map[string]bool
	delayed  []delayed // by time
	log      []Effect
	stats    Stats
	inFlight int
	script   []activeRule
	rates    []rate
	drawn    map[uint64]uint32 // how often each call came, for seeds
	rand     *rand.Rand

	keepsHistory bool // accounts keep their recent states
}

// New makes a server without accounts. It panics on options that Validate refuses.
func New(o Options) *Server {
	if err := o.Validate(); err != nil {
		panic("sandbox: " + err.Error())
	}
	s := &Server{
		opts:     o,
		start:    time.Now(),
		rates:    newRates(o.Rates),
		accounts: map[string]*account{},
		apps:     map[string]*app{},
		tokens:   map[string]Token{},
		expired:  map[string]bool{},
		stats:    Stats{Accounts: map[string]AccountStats{}},
		drawn:    map[uint64]uint32{},
		rand:     rand.New(rand.NewPCG(o.Seed, 0x5eed)),
	}
	s.addRules(o.Script)
	if o.Rates["stale"] > 0 {
		s.keepHistory()
	}
	s.apps[DefaultApp] = s.newApp(DefaultApp)
	for token, t := range o.Access {
		s.AddToken(token, t)
	}
	return s
}

func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/_image/"); ok {
		s.serveImage(w, rest)
		return
	}
	defer s.countRequest()()
	q, err := readRequest(w, r)
	if err != nil {
		s.deliver(w, r, "", s.refuse(invalid("%s", err)))
		return
	}
	c := newCall(q.method, q.path, q.query, q.form, q.files)
	c.accept, c.base = q.accept, q.base
	if q.bearer != "" {
		c.token, c.tokenInURL = q.bearer, false
	}
	if c.node == "" && c.method == http.MethodPost && c.params.Has("batch") {
		c.kind, c.subject = Batch, c.params.Get("batch")
		s.deliver(w, r, c.served(), s.batch(r.Context(), c))
		return
	}
	s.deliver(w, r, c.served(), s.single(r.Context(), c))
}

func (s *Server) single(ctx context.Context, c *call) answer {
	wait := s.latency(1)
	sleep(ctx, wait/2)
	a := s.perform(c, c.token, true)
	sleep(ctx, wait-wait/2)
	return a
}

// deliver writes an answer, or fails to as answer.delivery says.
func (s *Server) deliver(w http.ResponseWriter, r *http.Request, version string, a answer) {
	switch a.delivery {
	case noAnswer:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case connectionCut, entryNull, entryEmpty: // the last two never reach a single request
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	for _, f := range s.commonHeaders(version, r.Header.Get("Accept")) {
		h.Set(f.Name, f.Value)
	}
	for _, f := range a.header {
		h.Set(f.Name, f.Value)
	}
	h.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	h.Set("x-fb-trace-id", s.trace()[:11])
	h.Set("x-fb-request-id", s.trace())
	h.Set("x-fb-rev", "1030000000")
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // fails if the client gave up
}

// commonHeaders are the headers of an answer, with the version that serves the call.
func (s *Server) commonHeaders(asked, accept string) []headerField {
	asked = cmp.Or(asked, defaultVersion)
	if v := s.opts.Variants.ServedVersion; v != "" && v != asked {
		return append(graphHeaders(v, accept), headerField{"x-ad-api-version-warning",
			"The call has been auto-upgraded to " + v + " as " + asked + " will be deprecated."})
	}
	return graphHeaders(asked, accept)
}

func (s *Server) refuse(f *failure) answer { return f.answer(s.trace()) }

// trace makes an fbtrace_id.
func (s *Server) trace() string {
	var id [16]byte
	s.mu.Lock()
	binary.LittleEndian.PutUint64(id[:8], s.rand.Uint64())
	binary.LittleEndian.PutUint64(id[8:], s.rand.Uint64())
	s.mu.Unlock()
	return "A" + base64.RawURLEncoding.EncodeToString(id[:])
}

// latency is the longest latency of n entries.
func (s *Server) latency(n int) time.Duration {
	l := s.opts.Latency
	if l.Max <= l.Min {
		return l.Min
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	longest := l.Min
	for range n {
		longest = max(longest, l.Min+time.Duration(s.rand.Int64N(int64(l.Max-l.Min)+1)))
	}
	return longest
}

// sleep ends early if the client gives up.
func sleep(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// serveImage sends the picture at /_image/{account}/{hash}, or its thumbnail with /128
// behind. As on the content network, no token is needed.
func (s *Server) serveImage(w http.ResponseWriter, path string) {
	data, err := s.picture(path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", http.DetectContentType(data))
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data)
}

func (s *Server) picture(path string) ([]byte, error) {
	path, small := strings.CutSuffix(path, thumbnailSuffix)
	id, hash, _ := strings.Cut(path, "/")
	s.lock()
	s.stats.Downloads++
	var found storedImage
	fault := s.opts.Variants.Pictures
	if a := s.accounts[withoutAct(id)]; a != nil {
		if r := a.images.find(hash); r != nil {
			found = *r
		}
		fault = cmp.Or(a.opts.Pictures, fault)
	}
	s.mu.Unlock()
	if found.hash == "" {
		return nil, errors.New("URL signature expired")
	}
	width, height := int(found.width), int(found.height)
	data := found.bytes()
	switch {
	case small:
		data = drawThumbnail(found.hash, data, width, height)
	case len(data) == 0:
		data = drawPicture(found.hash, width, height)
	}
	return fault.apply(data, width, height), nil
}

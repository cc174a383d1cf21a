package simulation_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"adferry/graph/sandbox"
)

// tap reads along what a process asks about images and what it is told, by rules
// of its own: the client's reading is part of what is tested.
type tap struct {
	net  http.RoundTripper
	wire *wire
}

// RoundTrip notes what the answer to a request proves.
func (t *tap) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := bodyOf(req)
	if err != nil {
		return nil, err
	}
	t.wire.checkToken(req, body)
	left := time.Now()
	res, err := t.net.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(res.Body)
	res.Body.Close()
	res.Body = io.NopCloser(io.MultiReader(bytes.NewReader(text), failing{err}))
	if err == nil {
		t.learn(req, body, left, res.StatusCode, text)
	}
	return res, nil
}

// failing is a body that ends as another one did.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err == nil {
		return 0, io.EOF
	}
	return 0, f.err
}

// learn takes a single answer, or the entries of a batch if there are as many as
// were asked for.
func (t *tap) learn(req *http.Request, body []byte, left time.Time, status int, text []byte) {
	if req.Method == http.MethodGet {
		t.wire.learn(asked(req.URL), left, status, text)
		return
	}
	form, _ := url.ParseQuery(string(body))
	var calls []struct {
		Method string
		URL    string `json:"relative_url"`
	}
	var entries []*struct {
		Code int
		Body string
	}
	if json.Unmarshal([]byte(form.Get("batch")), &calls) != nil || json.Unmarshal(text, &entries) != nil || len(entries) != len(calls) {
		return
	}
	for i, c := range calls {
		if u, err := url.Parse(c.URL); err == nil && c.Method == http.MethodGet && entries[i] != nil {
			t.wire.learn(asked(u), left, entries[i].Code, []byte(entries[i].Body))
		}
	}
}

// question is a read by hashes.
type question struct {
	account string
	hashes  []string
}

func asked(u *url.URL) (q question) {
	for part := range strings.SplitSeq(u.Path, "/") {
		if id, ok := strings.CutPrefix(part, "act_"); ok {
			q.account = id
		}
	}
	_ = json.Unmarshal([]byte(u.Query().Get("hashes")), &q.hashes) // other calls ask for none
	return q
}

// learn notes what an answer proves. A later request counts, not a later answer.
func (w *wire) learn(q question, left time.Time, status int, text []byte) {
	w.sim.mu.Lock()
	defer w.sim.mu.Unlock()
	for hash, present := range q.proves(status, text) {
		p := place{q.account, hash}
		if known, ok := w.reads[p]; !ok || !left.Before(known.at) {
			w.reads[p] = reading{present, left, time.Now()}
		}
		if present {
			if left.After(w.seen[p]) {
				w.seen[p] = left
			}
			w.sim.rival(p)
		}
	}
}

// proves tells which images an answer shows to be in the account, or not to be. It
// is nothing unless every row is one that was asked for, of this account; and what
// a row does not show is absent only where no row shows an image and no page
// follows.
func (q question) proves(status int, text []byte) map[string]bool {
	var page struct {
		Success *bool
		Error   json.RawMessage
		Data    *[]struct {
			ID, Hash string
			Status   any // missing, it is taken for ACTIVE
		}
		Paging struct{ Next string }
	}
	if status != http.StatusOK || json.Unmarshal(text, &page) != nil || page.Data == nil || page.Error != nil || page.Success != nil {
		return nil
	}
	proven, shown := map[string]bool{}, false
	known := map[string]bool{}
	for _, h := range q.hashes {
		known[h] = true
	}
	for _, row := range *page.Data {
		account, hash, _ := strings.Cut(row.ID, ":")
		if row.Hash != "" {
			hash = row.Hash
		}
		if !known[hash] || row.ID != "" && account != q.account {
			return nil
		}
		status, told := row.Status.(string)
		if told || row.Status == nil {
			proven[hash] = status != sandbox.Deleted
		}
		known[hash] = false // shown, whatever of it
		shown = shown || status != sandbox.Deleted
	}
	for hash, open := range known {
		if open && !shown && page.Paging.Next == "" {
			proven[hash] = false
		}
	}
	return proven
}

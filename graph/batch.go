package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// MaxBatch is the documented limit of operations in one batch request. Each
// counts as one call: a batch saves round trips and no quota.
const MaxBatch = 50

// part is one operation of a batch request (Graph API, "Batch requests").
type part struct {
	Method   string `json:"method"`
	Relative string `json:"relative_url"`
	Body     string `json:"body,omitempty"`
}

// batch sends the calls as one batch request. The token and its proof are form
// fields; headers of the parts stay on, for they carry each account's usage.
func (c *Client) batch(ctx context.Context, calls []Call) []Reply {
	parts := make([]part, len(calls))
	for i, call := range calls {
		if call.Action == ActionUpload {
			return same(calls, Reply{Err: unbuilt(errors.New("an upload has to go alone"))})
		}
		method, relative, form := call.wire(c.version)
		parts[i] = part{method, relative, form.Encode()}
	}
	list, _ := json.Marshal(parts) // strings: cannot fail
	form := url.Values{"access_token": {c.token.reveal()}, "batch": {string(list)}}
	if !c.proof.Empty() {
		form.Set("appsecret_proof", c.proof.reveal())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+"/"+c.version+"/", strings.NewReader(form.Encode()))
	if err != nil {
		return same(calls, Reply{Err: unbuilt(err)})
	}
	status, header, body, fail := c.send(req, true, soonest(calls))
	if fail != nil {
		return same(calls, Reply{Status: status, Usage: parseUsage(header, ""), Err: fail})
	}
	replies := parseBatch(calls, status, header, body)
	for _, r := range replies {
		switch {
		case r.Err == nil:
		case r.Err.whole: // of a part, the envelope shows whose it is
			c.attribute(r.Err, header)
		default:
			r.Err.certain = true
			r.Err.RetryAfter = max(r.Err.RetryAfter, retryAfter(header, time.Now()))
		}
	}
	return replies
}

// soonest is when the first of the calls has to have left; zero is any time.
func soonest(calls []Call) (by time.Time) {
	for _, c := range calls {
		if !c.By.IsZero() && (by.IsZero() || c.By.Before(by)) {
			by = c.By
		}
	}
	return by
}

// parseBatch reads a batch answer. The envelope can fail as a whole, which
// leaves every call lost unless the API refused it.
func parseBatch(calls []Call, status int, header http.Header, body []byte) []Reply {
	outer := Reply{Status: status, Usage: parseUsage(header, ""), Date: clock(header)}
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 || trimmed[0] != '[' {
		if outer.Err = parseError(status, body); outer.Err == nil {
			outer.Err = unread(status, body, "the batch answer is no list")
		}
		outer.Err.whole = true
		return same(calls, outer)
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(trimmed, &entries); err != nil {
		outer.Err = unread(status, body, "the batch answer is not readable")
		outer.Err.whole = true
		return same(calls, outer)
	}
	if len(entries) != len(calls) { // which is whose is not known
		outer.Err = lost(status, nil, "the batch answer has %d entries for %d calls", len(entries), len(calls))
		return same(calls, outer)
	}
	replies := make([]Reply, len(calls))
	for i, call := range calls {
		replies[i] = parsePart(call, entries[i])
		replies[i].Usage, replies[i].Date = replies[i].Usage.with(outer.Usage), outer.Date
	}
	return replies
}

// parsePart reads one entry of a batch answer: null or an empty object where
// the API did not finish the operation in time. Nothing in its headers can make
// it fail.
func parsePart(call Call, raw json.RawMessage) Reply {
	var entry *struct {
		Code    number          `json:"code"`
		Headers json.RawMessage `json:"headers"`
		Body    *string         `json:"body"`
	}
	if err := json.Unmarshal(raw, &entry); err != nil {
		return Reply{Err: unread(0, raw, "the batch entry is not readable")}
	}
	if entry == nil || entry.Body == nil {
		return Reply{Err: lost(0, nil, "the batch entry has no answer")}
	}
	var fields []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	_ = json.Unmarshal(entry.Headers, &fields) // keeps what it could read
	header := http.Header{}
	for _, f := range fields {
		header.Add(f.Name, f.Value)
	}
	r := interpret(call, entry.Code.whole(), header, []byte(*entry.Body))
	if r.Err != nil {
		r.Err.RetryAfter = retryAfter(header, time.Now())
		if !r.Err.envelope && r.Status == http.StatusTooManyRequests {
			r.Err.Class, r.Err.Lost = ThrottledApp, false
		}
	}
	return r
}

// with adds what the envelope's own headers said, should it have any: whether
// it does is undocumented.
func (u Usage) with(outer Usage) Usage {
	if outer.HasApp && !u.HasApp {
		u.HasApp, u.App = true, outer.App
	}
	for id, a := range outer.Accounts {
		if _, ok := u.Accounts[id]; !ok {
			u.set(id, a)
		}
	}
	return u
}

// same gives every call the one reply.
func same(calls []Call, r Reply) []Reply {
	replies := make([]Reply, len(calls))
	for i := range replies {
		replies[i] = r
		if r.Err != nil {
			e := *r.Err
			replies[i].Err = &e
		}
	}
	return replies
}

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

// MaxBatch is the documented limit of operations in one batch request. Each operation
// counts as one call: a batch saves round trips, not quota.
const MaxBatch = 50

// batchPart is one operation of a batch request (Graph API, "Batch requests").
type batchPart struct {
	Method   string `json:"method"`
	Relative string `json:"relative_url"`
	Body     string `json:"body,omitempty"`
}

// batch sends the calls as one batch request. The token and its proof are form
// fields. The parts keep their headers, because they carry each account's usage.
func (c *Client) batch(ctx context.Context, calls []Call) []Reply {
	parts := make([]batchPart, len(calls))
	for i, call := range calls {
		if call.Action == ActionUpload {
			return repeatReply(calls, Reply{Err: buildError(errors.New("an upload cannot be part of a batch"))})
		}
		method, relative, form := call.wire(c.version)
		parts[i] = batchPart{method, relative, form.Encode()}
	}
	list, _ := json.Marshal(parts) // strings: cannot fail
	form := url.Values{"access_token": {c.token.reveal()}, "batch": {string(list)}}
	if !c.proof.Empty() {
		form.Set("appsecret_proof", c.proof.reveal())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+"/"+c.version+"/", strings.NewReader(form.Encode()))
	if err != nil {
		return repeatReply(calls, Reply{Err: buildError(err)})
	}
	status, header, body, fail := c.send(req, true, earliestConnectBy(calls))
	if fail != nil {
		return repeatReply(calls, Reply{Status: status, Usage: parseUsage(header, ""), Err: fail})
	}
	replies := parseBatch(calls, status, header, body)
	for _, r := range replies {
		switch {
		case r.Err == nil:
		case r.Err.wholeBatch: // an error of a part is the API's if the batch answer is
			c.attribute(r.Err, header)
		default:
			r.Err.fromAPI = true
			r.Err.RetryAfter = max(r.Err.RetryAfter, retryAfter(header, time.Now()))
		}
	}
	return replies
}

// earliestConnectBy is the earliest ConnectBy of the calls, zero if none has one.
func earliestConnectBy(calls []Call) (by time.Time) {
	for _, c := range calls {
		if !c.ConnectBy.IsZero() && (by.IsZero() || c.ConnectBy.Before(by)) {
			by = c.ConnectBy
		}
	}
	return by
}

// parseBatch reads a batch answer. If it is an error or cannot be parsed, every call
// gets that error; all are lost unless the API refused the batch.
func parseBatch(calls []Call, status int, header http.Header, body []byte) []Reply {
	outer := Reply{Status: status, Usage: parseUsage(header, ""), Date: serverDate(header)}
	trimmed := bytes.TrimSpace(body)
	if len(trimmed) == 0 || trimmed[0] != '[' {
		if outer.Err = parseError(status, body); outer.Err == nil {
			outer.Err = unreadable(status, body, "the batch answer is not a list")
		}
		outer.Err.wholeBatch = true
		return repeatReply(calls, outer)
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(trimmed, &entries); err != nil {
		outer.Err = unreadable(status, body, "the batch answer cannot be parsed")
		outer.Err.wholeBatch = true
		return repeatReply(calls, outer)
	}
	if len(entries) != len(calls) { // it is not known which entry answers which call
		outer.Err = lostAnswer(status, nil, "the batch answer has %d entries for %d calls", len(entries), len(calls))
		return repeatReply(calls, outer)
	}
	replies := make([]Reply, len(calls))
	for i, call := range calls {
		replies[i] = parsePart(call, entries[i])
		replies[i].Usage, replies[i].Date = replies[i].Usage.merge(outer.Usage), outer.Date
	}
	return replies
}

// parsePart reads one entry of a batch answer. It is null or an empty object if the API
// did not finish the operation in time. Headers that cannot be parsed are ignored.
func parsePart(call Call, raw json.RawMessage) Reply {
	var entry *struct {
		Code    number          `json:"code"`
		Headers json.RawMessage `json:"headers"`
		Body    *string         `json:"body"`
	}
	if err := json.Unmarshal(raw, &entry); err != nil {
		return Reply{Err: unreadable(0, raw, "the batch entry cannot be parsed")}
	}
	if entry == nil || entry.Body == nil {
		return Reply{Err: lostAnswer(0, nil, "the batch entry has no answer")}
	}
	var fields []struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	_ = json.Unmarshal(entry.Headers, &fields) // fields keeps what was parsed
	header := http.Header{}
	for _, f := range fields {
		header.Add(f.Name, f.Value)
	}
	r := interpret(call, entry.Code.toInt(), header, []byte(*entry.Body))
	if r.Err != nil {
		r.Err.RetryAfter = retryAfter(header, time.Now())
		if !r.Err.envelope && r.Status == http.StatusTooManyRequests {
			r.Err.Class, r.Err.Lost = ThrottledApp, false
		}
	}
	return r
}

// merge adds the usage in the headers of the batch answer itself. It is undocumented
// whether they have any.
func (u Usage) merge(outer Usage) Usage {
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

// repeatReply returns one reply for each call, with an Error of its own.
func repeatReply(calls []Call, r Reply) []Reply {
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

package graph

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxBatch is the documented limit of operations in one batch request. Each operation
// counts as one call: a batch saves round trips, not quota.
const MaxBatch = 50

// batch sends the calls as one batch request. The token and its proof are form
// fields. The parts keep their headers, because they carry each account's usage.
func (c *Client) batch(ctx context.Context, calls []Call) []Reply {
	if slices.ContainsFunc(calls, func(call Call) bool { return call.Action == ActionUpload }) {
		return repeatReply(calls, Reply{Err: buildError(errors.New("an upload cannot be part of a batch"))})
	}
	in := newBuffer()
	defer in.release()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.endpoint+"/"+c.version+"/", bytes.NewReader(c.batchBody(calls, in)))
	if err != nil {
		return repeatReply(calls, Reply{Err: buildError(err)})
	}
	status, header, body, fail := c.send(req, true, earliestConnectBy(calls), in)
	if fail != nil {
		return repeatReply(calls, Reply{Status: status, Usage: parseUsage(&jsonReader{}, header, ""), Err: fail})
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

// batchBody is the body of a batch request: the credential and the list of the operations (Graph
// API, "Batch requests"), which is put together in a buffer.
func (c *Client) batchBody(calls []Call, b *buffer) []byte {
	list := append(b.text[:0], '[')
	var body []byte // of an operation
	for i, call := range calls {
		if i > 0 {
			list = append(list, ',')
		}
		method, relative, f := call.wire(c.version)
		if call.Action == ActionInspectToken {
			relative += "?" + form{{"input_token", c.token.reveal()}}.encode()
		}
		list = appendMember(list, '{', "method", method)
		list = appendMember(list, ',', "relative_url", relative)
		if len(f) > 0 {
			body = f.appendTo(body[:0])
			list = appendMember(list, ',', "body", body)
		}
		list = append(list, '}')
	}
	b.text = append(list, ']')
	credential := append(form{{"access_token", c.token.reveal()}}, c.proofParam()...)
	return appendEscaped(append(credential.appendTo(nil), "&batch="...), b.text)
}

// proofParam is the parameter with the proof, if there is one.
func (c *Client) proofParam() form {
	if c.proof.Empty() {
		return nil
	}
	return form{{"appsecret_proof", c.proof.reveal()}}
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
	bodies := newBuffer()
	defer bodies.release()
	j := &bodies.reader
	outer := Reply{Status: status, Usage: parseUsage(j, header, ""), Date: serverDate(header)}
	j.reset(body)
	if j.kind() != '[' {
		if outer.Err = parseError(status, body); outer.Err == nil {
			outer.Err = unreadable(status, body, "the batch answer is not a list")
		}
		outer.Err.wholeBatch = true
		return repeatReply(calls, outer)
	}
	parts := make([]partAnswer, len(calls))
	n, before := 0, &partAnswer{}
	bodies.text = slices.Grow(bodies.text[:0], len(body)) // so that it is not moved
	for range j.elements() {
		if n < len(parts) {
			bodies.text = parts[n].read(j, bodies.text, before)
			before = &parts[n]
		}
		n++
	}
	if !j.end() {
		outer.Err = unreadable(status, body, "the batch answer cannot be parsed")
		outer.Err.wholeBatch = true
		return repeatReply(calls, outer)
	}
	if n != len(calls) { // it is not known which entry answers which call
		outer.Err = lostAnswer(status, nil, "the batch answer has %d entries for %d calls", n, len(calls))
		return repeatReply(calls, outer)
	}
	replies := make([]Reply, len(calls))
	for i, call := range calls {
		var usage Usage // often that of the entry before
		if h := &parts[i].headers; i > 0 && call.Account == calls[i-1].Account && h.equal(&parts[i-1].headers) {
			usage = replies[i-1].Usage
		} else {
			usage = parseUsage(j, h.header(), call.Account).merge(outer.Usage)
		}
		replies[i] = parts[i].reply(j, call)
		replies[i].Usage, replies[i].Date = usage, outer.Date
	}
	return replies
}

// partAnswer is one entry of a batch answer.
type partAnswer struct {
	code    int
	headers partHeaders
	body    []byte // nil if there is none
	odd     []byte // an entry that is no object, or a body that is no string
}

// read reads the next entry. It is null or an empty object if the API did not finish the
// operation in time. Its body is added to bodies, and what its headers have in common with those
// of the entry before is not kept twice.
func (p *partAnswer) read(j *jsonReader, bodies []byte, before *partAnswer) []byte {
	if k := j.kind(); k != '{' && k != 'n' {
		p.odd = bytes.Clone(j.raw())
		return bodies
	}
	for name := range j.members() {
		switch string(name) {
		case "code":
			p.code = j.number().toInt()
		case "headers":
			p.headers = partHeaders{}
			for range j.elements() {
				p.headers.read(j, &before.headers)
			}
		case "body":
			bodies = p.readBody(j, bodies)
		}
	}
	return bodies
}

func (p *partAnswer) readBody(j *jsonReader, bodies []byte) []byte {
	p.body = nil
	switch j.kind() {
	case '"':
		begin := len(bodies)
		bodies, _ = jsontext.AppendUnquote(bodies, j.raw())
		p.body = bodies[begin:len(bodies):len(bodies)]
	case 'n':
	default:
		p.odd = bytes.Clone(j.raw())
	}
	return bodies
}

// reply is what the entry says of its call. It is read with j.
func (p *partAnswer) reply(j *jsonReader, call Call) Reply {
	switch {
	case p.odd != nil:
		return Reply{Err: unreadable(0, p.odd, "the batch entry cannot be parsed")}
	case p.body == nil:
		return Reply{Err: lostAnswer(0, nil, "the batch entry has no answer")}
	}
	r := interpretBody(j, call, p.code, p.body)
	r.Notice = p.headers.values[partNotice]
	if r.Err != nil {
		r.Err.RetryAfter = retryAfter(p.headers.header(), time.Now())
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

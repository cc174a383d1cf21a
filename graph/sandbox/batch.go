package sandbox

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// maxEntries is how many operations a batch may hold.
// https://developers.facebook.com/docs/graph-api/batch-requests
const maxEntries = 50

// entry is one operation of a batch. Other keys are ignored, as Graph does.
type entry struct {
	Method      string          `json:"method"`
	URL         string          `json:"relative_url"`
	Body        string          `json:"body"`
	DependsOn   json.RawMessage `json:"depends_on"`
	AccessToken string          `json:"access_token"`
	Files       string          `json:"attached_files"`
}

func parseBatch(text string) ([]entry, *failure) {
	var entries []entry
	if err := json.Unmarshal([]byte(text), &entries); err != nil {
		return nil, batchRefusal("batch parameter must be a JSON array")
	}
	if len(entries) == 0 {
		return nil, batchRefusal("No requests in batch message")
	}
	return entries, nil
}

// batch performs the entries in order. As if they ran in parallel, they take as long as
// the slowest one.
func (s *Server) batch(ctx context.Context, c *call) answer {
	entries, f := parseBatch(c.params.Get("batch"))
	if refused := s.authorize(c, c.token, true); refused != nil {
		for _, e := range entries {
			s.noteOutside(c.entry(e))
		}
		return s.refuse(refused)
	}
	if f == nil && len(entries) > maxEntries {
		f = batchTooLong(s.opts.Variants.BatchLimitStatus)
	}
	if f != nil {
		return s.refuse(f)
	}
	s.lock()
	t := s.chooseFault(c, placeBatch)
	s.mu.Unlock()

	wait := s.latency(len(entries))
	sleep(ctx, wait/2)
	var a answer
	if t == nil || t.after || t.kind == faultTruncated || t.kind.rearranges() {
		a = s.runEntries(c, entries, t)
	}
	sleep(ctx, wait-wait/2)
	switch {
	case t == nil || t.kind.rearranges():
	case t.kind == faultTruncated:
		a.body = a.body[:len(a.body)/2]
	default:
		a = t.answer(placeBatch, s.trace())
	}
	return a
}

// result is one entry of the answer. The zero result is {}.
type result struct {
	Code    int           `json:"code,omitempty"`
	Headers []headerField `json:"headers,omitempty"`
	Body    *string       `json:"body,omitempty"`
}

func (s *Server) runEntries(c *call, entries []entry, t *activeFault) answer {
	withHeaders := c.params.Get("include_headers") != "false" && c.params.Get("include_headers") != "0"
	results := make([]*result, len(entries))
	swaps := make([]faultKind, len(entries))
	cutOff := false
	for i, e := range entries {
		a, version := s.runEntry(c, e)
		swaps[i] = a.mixUp
		switch a.delivery {
		case connectionCut:
			cutOff = true
		case entryNull, noAnswer:
		case entryEmpty:
			results[i] = &result{}
		default:
			body := string(a.body)
			results[i] = &result{Code: a.status, Body: &body}
			if withHeaders {
				results[i].Headers = append(s.commonHeaders(version, c.accept), a.header...)
			}
		}
	}
	if cutOff {
		return answer{delivery: connectionCut}
	}
	swapCopyAnswers(results, swaps)
	if t != nil && t.kind.rearranges() {
		results = t.rearrange(results)
	}
	return reply(results)
}

func (s *Server) runEntry(c *call, e entry) (a answer, version string) {
	if len(e.DependsOn) > 0 && string(e.DependsOn) != "null" || strings.Contains(e.URL+e.Body, "{result=") {
		return s.refuse(batchRefusal("The sandbox does not support dependent requests; send them one after the other")), ""
	}
	sub := c.entry(e)
	if sub.node == "" && sub.method == http.MethodPost {
		return s.refuse(batchRefusal("A batch cannot hold another batch")), sub.version
	}
	return s.perform(sub, sub.token, false), sub.served()
}

// entry is the call of an entry of the batch.
func (c *call) entry(e entry) *call {
	path, query, _ := strings.Cut(e.URL, "?")
	sub := newCall(e.Method, path, parsePairs(query), parsePairs(e.Body), c.attached(e.Files))
	sub.accept, sub.base, sub.batched = c.accept, c.base, true
	sub.version = cmp.Or(sub.version, c.version)
	sub.token = cmp.Or(e.AccessToken, sub.token, c.token)
	return sub
}

// attached returns the files of the batch with these form names.
func (c *call) attached(names string) []file {
	var files []file
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(c.files, func(f file) bool { return f.field == strings.TrimSpace(name) })
		if i >= 0 {
			files = append(files, c.files[i])
		}
	}
	return files
}

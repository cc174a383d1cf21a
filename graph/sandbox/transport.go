package sandbox

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
)

// Transport sends requests to a handler in this process, without sockets, so that it works
// in a testing/synctest bubble. It behaves like a connection: bodies are streamed, the
// handler's context ends when the client gives up, and a handler that panics with
// http.ErrAbortHandler cuts the connection (io.ErrUnexpectedEOF).
func Transport(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	body := req.Body
	if body == nil {
		body = http.NoBody
	}
	if err := req.Context().Err(); err != nil {
		body.Close()
		return nil, err
	}
	ctx, cancel := context.WithCancel(req.Context())
	served := req.Clone(ctx)
	served.Body = body
	served.RequestURI = req.URL.RequestURI()
	served.RemoteAddr = "127.0.0.1:0"
	if served.Host == "" {
		served.Host = req.URL.Host
	}

	reader, writer := io.Pipe()
	w := &responseWriter{header: http.Header{}, pipe: writer, started: make(chan struct{})}
	go func() {
		defer cancel()
		defer body.Close()
		defer w.finish()
		t.handler.ServeHTTP(w, served)
		w.WriteHeader(http.StatusOK)
	}()

	select {
	case <-w.started:
	case <-req.Context().Done():
		cancel()
		reader.Close()
		return nil, context.Cause(req.Context())
	}
	if w.status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	stop := context.AfterFunc(req.Context(), func() { writer.CloseWithError(context.Cause(req.Context())) })
	return &http.Response{
		Status:        strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          &responseBody{reader, req.Context(), func() { stop(); cancel() }},
		ContentLength: length(w.sent),
		Request:       req,
	}, nil
}

func length(h http.Header) int64 {
	if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil {
		return n
	}
	return -1
}

// responseWriter passes on the header at once, and the body while it is written.
type responseWriter struct {
	header  http.Header
	pipe    *io.PipeWriter
	once    sync.Once
	started chan struct{} // closed when status and sent are final
	status  int           // 0 after started means that the connection was cut
	sent    http.Header
}

func (w *responseWriter) Header() http.Header { return w.header }

func (w *responseWriter) WriteHeader(status int) {
	w.once.Do(func() {
		w.status, w.sent = status, w.header.Clone()
		close(w.started)
	})
}

func (w *responseWriter) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.pipe.Write(p)
}

// finish ends the answer after the handler returned or panicked. It must be deferred.
func (w *responseWriter) finish() {
	failed := recover()
	if failed == nil {
		w.pipe.Close()
		return
	}
	w.once.Do(func() { close(w.started) })
	w.pipe.CloseWithError(io.ErrUnexpectedEOF)
	if failed != http.ErrAbortHandler {
		panic(failed)
	}
}

type responseBody struct {
	*io.PipeReader
	client context.Context
	done   func()
}

// Read returns the client's error, not io.EOF, if the client gave up.
func (b *responseBody) Read(p []byte) (int, error) {
	n, err := b.PipeReader.Read(p)
	if err == io.EOF && b.client.Err() != nil {
		err = context.Cause(b.client)
	}
	return n, err
}

// Close ends the handler's context.
func (b *responseBody) Close() error {
	b.done()
	return b.PipeReader.Close()
}

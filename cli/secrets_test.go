package cli

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// Secrets with characters that URLs, forms and JSON write in other ways.
const (
	theToken     = "EAAB+/=|%7w0tokenAlpha+tokenOmega/=|%25end"
	otherToken   = "EAAC+/=|%3q8otherTokenGamma+otherTokenZeta/=|%52nil"
	theAppSecret = "0a1b+/=|%9appSecretBeta+secretPsi/=|%41fin"
)

// Whatever a server says back, the token, its proof and the app secret are in no
// file, stream, log or URL, and no request goes to another host.
func TestSecretsStaySecret(t *testing.T) {
	t.Parallel()
	buildBinary(t)
	for _, test := range []struct {
		name, appSecret string
		several         bool // tokens
		args            []string
	}{
		{"text log", "", false, []string{"--log-format", "text", "--batch-size", "1"}},
		{"JSON log", "", false, []string{"--log-format", "json", "--batch-size", "7"}},
		{"text log, app secret", theAppSecret, false, []string{"--log-format", "text", "--batch-size", "7"}},
		{"JSON log, app secret", theAppSecret, false, []string{"--log-format", "json", "--batch-size", "1"}},
		{"two tokens", theAppSecret, true, []string{"--log-format", "text", "--batch-size", "7"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, 140, sandbox.Options{Tokens: []string{theToken, otherToken}, AppSecret: test.appSecret})
			p := newParrot(t, r)
			var said strings.Builder
			access := []string{"--token-file", "-"}
			if test.several {
				access = []string{"--credentials", severalTokens(t, r.dir)}
			}
			do := func(args ...string) {
				t.Helper()
				c := r.command(t, args...)
				c.Env = append(c.Env, "ADFERRY_ACCESS_TOKEN=", "ADFERRY_APP_SECRET="+test.appSecret, "ADFERRY_PROGRESS=plain", "ADFERRY_LOG_LEVEL=debug",
					"NORTH="+theToken, "SOUTH="+otherToken, "APP="+test.appSecret)
				c.Stdin, c.Stdout, c.Stderr = strings.NewReader(theToken+"\n"), &said, &said
				_ = c.Run() // what it comes to is another test's matter
			}
			gentle := append([]string{access[0], access[1], "--retry-base", "5ms", "--retry-max", "20ms", "--max-duration", "4s", "--max-failures", "100%"}, test.args...)
			kept := filepath.Join(r.dir, "kept")
			do(append([]string{"run", r.manifest, "--job", r.job, "--yes", "--backup", kept}, gentle...)...)
			for _, name := range []string{"failed.csv", "report.html"} {
				if report, _ := os.ReadFile(filepath.Join(r.job, name)); !bytes.Contains(report, []byte("[redacted]")) {
					t.Errorf("no echo reached %s: the test is void; it ended with %s", name, said.String()[max(0, said.Len()-3500):])
				}
			}
			wantSecretFolder(t, r.job, secrets...)
			if entries, _ := filepath.Glob(filepath.Join(kept, "*", "*.json")); len(entries) == 0 {
				t.Error("nothing was kept: the test is void")
			}
			reading := []string{access[0], access[1], "--retry-base", "5ms", "--retry-max", "20ms", "--max-duration", "4s"}
			do(append([]string{"list", source(0), deniedSource, "--fields", "id,name,url,permalink_url", "--format", "json"}, reading...)...)
			do(append([]string{"verify", r.job, "--json"}, reading...)...)
			p.refuse(190)
			do(append([]string{"retry", r.job}, gentle...)...)
			do(append([]string{"plan", r.manifest, "--check"}, gentle...)...)
			do("status", r.job)
			do("status", r.job, "--json")
			do("report", r.job)
			p.refuse(0)
			do(append([]string{"undo", r.job, "--yes"}, gentle...)...)
			if !strings.Contains(said.String(), "[redacted]") {
				t.Errorf("no echo reached the log: the test is void\n%.500s", said.String())
			}
			wantSecret(t, "what was said", said.String(), secrets...)
			wantSecretFolder(t, r.job, secrets...)
			wantSecretFolder(t, kept, secrets...)
			p.check(t)
			if test.several && !p.heardBoth() {
				t.Error("only one of the tokens was sent: the test is void")
			}
		})
	}
}

// severalTokens is a file that gives one source otherToken, and all other ad accounts theToken.
func severalTokens(t *testing.T, dir string) string {
	t.Helper()
	file := filepath.Join(dir, "credentials.csv")
	writeFile(t, file, "account,token,app_secret\n*,NORTH,APP\n"+source(0)+",SOUTH,APP\n")
	return file
}

// A dump of all goroutines shows no secret, nor does what a killed process
// leaves on disk.
func TestSecretsInCrash(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGABRT, syscall.SIGQUIT, syscall.SIGKILL} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			r := newTrial(t, 140, sandbox.Options{Tokens: []string{theToken, otherToken}, AppSecret: theAppSecret, Latency: sandbox.Latency{Min: 20 * time.Millisecond}})
			p := newParrot(t, r)
			var said strings.Builder
			c := r.command(t, "run", r.manifest, "--job", r.job, "--yes", "--workers", "2", "--batch-size", "1", "--credentials", severalTokens(t, r.dir))
			c.Env = append(c.Env, "NORTH="+theToken, "SOUTH="+otherToken, "APP="+theAppSecret, "GOTRACEBACK=crash")
			c.Stdout, c.Stderr = &said, &said
			start(t, c)
			await(t, "requests are on their way", func() bool { return p.heard() >= 5 && p.heardBoth() })
			_ = c.Process.Signal(signal)
			_ = c.Wait()
			if signal != syscall.SIGKILL && !strings.Contains(said.String(), "goroutine ") {
				t.Errorf("it left no dump:\n%.500s", said.String())
			}
			wantSecret(t, "the dump", said.String(), secrets...)
			wantSecretFolder(t, r.job, secrets...)
		})
	}
}

// parrot stands before the sandbox, repeats what it was sent in every way an
// answer can, and writes down what it saw.
type parrot struct {
	next  http.Handler
	other *httptest.Server // where nothing may go

	mu      sync.Mutex
	n       int
	code    int             // refuse everything
	open    strings.Builder // URLs and headers, the authorization apart
	sent    strings.Builder // bodies
	strayed []string        // requests to the other host
	tokens  map[string]bool // that were sent
	mixed   []string        // requests with two tokens, or for a picture with one
}

func newParrot(t *testing.T, r *trial) *parrot {
	t.Helper()
	p := &parrot{next: r.server, tokens: map[string]bool{}}
	p.other = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, q *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.strayed = append(p.strayed, q.Method+" "+q.URL.Path)
	}))
	web := httptest.NewServer(p)
	t.Cleanup(web.Close)
	t.Cleanup(p.other.Close)
	r.url = web.URL
	return p
}

func (p *parrot) refuse(code int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.code = code
}

// heard counts the requests that came.
func (p *parrot) heard() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.n
}

// heardBoth reports whether both tokens were sent.
func (p *parrot) heardBoth() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.tokens[theToken] && p.tokens[otherToken]
}

func (p *parrot) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	authorization := q.Header.Get("Authorization")
	q.Header.Del("Authorization")
	p.mu.Lock()
	p.n++
	n, code := p.n, p.code
	fmt.Fprintln(&p.open, q.Host, q.RequestURI, q.Header)
	fmt.Fprintf(&p.sent, "%s\n", body)
	form, _ := url.ParseQuery(string(body))
	token := strings.TrimPrefix(authorization, "Bearer ") + form.Get("access_token")
	p.tokens[token] = true
	if picture := strings.HasPrefix(q.URL.Path, "/_image/"); picture && token != "" || !picture && token != theToken && token != otherToken {
		p.mixed = append(p.mixed, q.Method+" "+q.URL.Path)
	}
	p.mu.Unlock()
	q.Header.Set("Authorization", authorization)

	proof := form.Get("appsecret_proof")
	echo := fmt.Sprintf("no: %s %s %s %s %s %s", token, proof, url.QueryEscape(token), authorization, q.RequestURI, body)
	slashes := strings.ReplaceAll(strings.ReplaceAll(echo, `"`, `\"`), "/", `\/`)
	fail := func(status, code int) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{
			"message": echo, "type": token, "code": code, "error_subcode": 1487390, "error_user_title": token, "error_user_msg": echo, "fbtrace_id": token, "error_data": echo,
		}})
	}
	kind := 0 // two of three answers are right
	if n%3 == 0 {
		kind = n / 3 % 9
	}
	switch {
	case code != 0:
		fail(http.StatusBadRequest, code)
	case kind == 1:
		fail(http.StatusBadRequest, 100)
	case kind == 2:
		fail(http.StatusInternalServerError, 2)
	case kind == 3:
		w.WriteHeader(http.StatusBadGateway)
		fmt.Fprintf(w, "<html><title>%s</title><p>%s</p></html>", html.EscapeString(token), html.EscapeString(echo))
	case kind == 4:
		http.Redirect(w, q, p.other.URL+"/away?access_token="+url.QueryEscape(token), http.StatusTemporaryRedirect)
	case kind == 5:
		fmt.Fprintf(w, `["%s","%s"]`, slashes, slashes)
	case kind == 6:
		fmt.Fprintf(w, `{"data":"%s","images":"%s"}`, slashes, slashes)
	case kind == 7: // as much as is shown of an unexpected answer ends within the token
		fmt.Fprintf(w, "%s%s", strings.Repeat(".", 110), token)
	default:
		p.pass(w, q, token, kind == 8)
	}
}

// pictures finds the addresses of pictures in an answer, also within a batch's.
var pictures = regexp.MustCompile(`_image\\*/[0-9]+\\*/[0-9a-f]{32}`)

// pass answers as the sandbox does, but with a next page on another host and a
// warning.
func (p *parrot) pass(w http.ResponseWriter, q *http.Request, token string, lure bool) {
	a := httptest.NewRecorder()
	p.next.ServeHTTP(a, q)
	for name := range a.Header() {
		if name != "Content-Length" {
			w.Header().Set(name, a.Header().Get(name))
		}
	}
	text := pictures.ReplaceAllString(a.Body.String(), "${0}?access_token="+strings.ReplaceAll(token, "$", "$$$$"))
	if lure {
		w.Header().Set("X-Ad-Api-Version-Warning", "soon "+token+" ends")
		w.Header().Set("Facebook-Api-Version", token)
		next := p.other.URL + "/next?access_token=" + url.QueryEscape(token)
		text = strings.Replace(text, `{"data":[`, `{"paging":{"cursors":{"after":"x"},"next":"`+next+`"},"data":[`, 1)
		text = strings.Replace(text, `{\"data\":[`, `{\"paging\":{\"cursors\":{\"after\":\"x\"},\"next\":\"`+next+`\"},\"data\":[`, 1)
	}
	w.WriteHeader(a.Code)
	_, _ = io.WriteString(w, text)
}

// check looks through what the parrot saw.
func (p *parrot) check(t *testing.T) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.n < 30 {
		t.Errorf("only %d requests came: the test is void", p.n)
	}
	if len(p.strayed) > 0 {
		t.Errorf("%d requests went to another host: %s", len(p.strayed), p.strayed[0])
	}
	if len(p.mixed) > 0 {
		t.Errorf("%d requests did not have one token, or none for a picture: %s", len(p.mixed), p.mixed[0])
	}
	wantSecret(t, "the URLs and headers", p.open.String(), secrets...)
	wantSecret(t, "what was sent", p.sent.String(), theAppSecret)
}

// secrets are all that must be shown nowhere.
var secrets = []string{theToken, otherToken, theAppSecret, proofOf(theAppSecret, theToken), proofOf(theAppSecret, otherToken)}

// wantSecretFolder looks for secrets in every file of a job or a backup.
func wantSecretFolder(t *testing.T, dir string, secrets ...string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		raw, err := os.ReadFile(path)
		wantSecret(t, path, string(raw), secrets...)
		return err
	})
	if err != nil || files < 2 {
		t.Fatalf("%s holds %d files: %v", dir, files, err)
	}
}

// wantSecret looks for secrets in a text, in every form they may take in it, and
// for their first and last halves.
func wantSecret(t *testing.T, where, text string, secrets ...string) {
	t.Helper()
	// Slashes may be escaped, and the escapes again, as often as they like.
	text += strings.ReplaceAll(text, `\`, "")
	for _, secret := range secrets {
		half := len(secret) / 2
		for _, part := range []string{secret, secret[:half], secret[half:]} {
			for name, form := range formsOf(part) {
				if i := strings.Index(text, form); i >= 0 {
					t.Errorf("%s: holds %q, %s: %q", where, part, name, text[max(0, i-100):min(len(text), i+len(form)+20)])
					break
				}
			}
		}
	}
}

func formsOf(secret string) map[string]string {
	quoted, _ := json.Marshal(secret)
	forms := map[string]string{
		"as it is": secret, "as a query": url.QueryEscape(secret), "as a path": url.PathEscape(secret),
		"as JSON": strings.Trim(string(quoted), `"`),
		"as HTML": strings.ReplaceAll(html.EscapeString(secret), "+", "&#43;"), "in hex": hex.EncodeToString([]byte(secret)),
	}
	// Base64 of a text that holds the secret, at each of three offsets, without
	// the digits that its neighbours have a share in.
	for offset := range 3 {
		for name, e := range map[string]*base64.Encoding{"std": base64.RawStdEncoding, "url": base64.RawURLEncoding} {
			digits := e.EncodeToString([]byte(strings.Repeat("x", offset) + secret))
			forms[fmt.Sprintf("in base64 (%s, offset %d)", name, offset)] = digits[(offset*8+5)/6 : len(digits)-1]
		}
	}
	return forms
}

// proofOf is appsecret_proof (Graph API guide, "Secure requests").
func proofOf(appSecret, token string) string {
	m := hmac.New(sha256.New, []byte(appSecret))
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil))
}

//go:build !windows

package cli

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is a headless Chromium that is driven over its debugging pipe: messages of
// JSON, each ended by a NUL.
type browser struct {
	t       *testing.T
	to      io.Writer
	session string

	mu      sync.Mutex
	last    int
	answers map[int]chan answer
	loaded  chan struct{}
	trouble []string // errors, warnings of the policy, dialogs
}

type answer struct {
	Result json.RawMessage
	Error  *struct{ Message string }
}

// openBrowser starts Chromium, or skips the test where there is none.
func openBrowser(t *testing.T) *browser {
	t.Helper()
	path := browserPath()
	if path == "" {
		t.Skip("no Chromium here: on Debian, apt-get install chromium")
	}
	args := []string{"--headless=new", "--remote-debugging-pipe", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-dev-shm-usage", "--user-data-dir=" + browserProfile(t), "about:blank"}
	if os.Getuid() == 0 { // its sandbox refuses root
		args = append([]string{"--no-sandbox"}, args...)
	}
	fromUs, toBrowser, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromBrowser, toUs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, args...)
	cmd.ExtraFiles = []*os.File{fromUs, toUs}
	start(t, cmd)
	fromUs.Close()
	toUs.Close()
	b := &browser{t: t, to: toBrowser, answers: map[int]chan answer{}, loaded: make(chan struct{}, 16)}
	go b.listen(fromBrowser)
	t.Cleanup(func() {
		_, _ = b.try("Browser.close", nil)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		toBrowser.Close()
		fromBrowser.Close()
	})
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
	return b
}

// listen hands out answers and notes what goes wrong on a page.
func (b *browser) listen(from io.Reader) {
	r := bufio.NewReader(from)
	for {
		raw, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m struct {
			answer
			ID     int
			Method string
			Params json.RawMessage
		}
		if json.Unmarshal(raw[:len(raw)-1], &m) != nil {
			continue
		}
		b.mu.Lock()
		switch {
		case m.ID != 0:
			b.answers[m.ID] <- m.answer
			delete(b.answers, m.ID)
		case m.Method == "Page.loadEventFired":
			b.loaded <- struct{}{}
		case m.Method == "Log.entryAdded", m.Method == "Runtime.exceptionThrown", m.Method == "Runtime.consoleAPICalled", m.Method == "Page.javascriptDialogOpening":
			b.trouble = append(b.trouble, fmt.Sprintf("%s %.300s", m.Method, m.Params))
		}
		b.mu.Unlock()
	}
}

func (b *browser) try(method string, params any) (answer, error) {
	b.mu.Lock()
	b.last++
	id, reply := b.last, make(chan answer, 1)
	b.answers[id] = reply
	b.mu.Unlock()
	m := map[string]any{"id": id, "method": method}
	if params != nil {
		m["params"] = params
	}
	if b.session != "" {
		m["sessionId"] = b.session
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return answer{}, err
	}
	if _, err := b.to.Write(append(raw, 0)); err != nil {
		return answer{}, err
	}
	select {
	case a := <-reply:
		if a.Error != nil {
			return a, fmt.Errorf("%s: %s", method, a.Error.Message)
		}
		return a, nil
	case <-time.After(time.Minute):
		return answer{}, fmt.Errorf("%s: no answer from the browser", method)
	}
}

func (b *browser) call(method string, params, result any) {
	b.t.Helper()
	a, err := b.try(method, params)
	if err == nil && result != nil {
		err = json.Unmarshal(a.Result, result)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// open loads a file and returns how long it took until all but lazy pictures was there.
func (b *browser) open(path string) time.Duration {
	b.t.Helper()
	began := time.Now()
	b.call("Page.navigate", map[string]any{"url": "file://" + absolute(path)}, nil)
	select {
	case <-b.loaded:
	case <-time.After(time.Minute):
		b.t.Fatalf("%s did not load within a minute", path)
	}
	return time.Since(began)
}

// eval is the value of an expression, or of the promise that it gives.
func (b *browser) eval(expression string) string {
	b.t.Helper()
	var result struct {
		Result           struct{ Value any }
		ExceptionDetails json.RawMessage
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true}, &result)
	if result.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, result.ExceptionDetails)
	}
	return fmt.Sprint(result.Result.Value)
}

// look sets the width of the window, in pixels, and the theme: light or dark.
func (b *browser) look(width int, theme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": theme}}}, nil)
}

// screenshot keeps what is seen, if ADFERRY_TEST_SHOTS names a folder.
func (b *browser) screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("ADFERRY_TEST_SHOTS")
	if dir == "" {
		return
	}
	var shot struct{ Data string }
	b.call("Page.captureScreenshot", nil, &shot)
	raw, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

// quiet fails the test if a page had anything to complain about.
func (b *browser) quiet() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.trouble) > 0 {
		b.t.Errorf("the browser says:\n%s", strings.Join(b.trouble, "\n"))
	}
}

package cli

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"adferry/graph/sandbox"
)

// slowPictures sends the first half of each picture and then nothing, until it is
// told to send them whole.
type slowPictures struct {
	*sandbox.Server
	whole atomic.Bool
}

func (s *slowPictures) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.HasPrefix(r.URL.Path, "/_image/") || s.whole.Load() {
		s.Server.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	s.Server.ServeHTTP(answer, r)
	_, _ = io.CopyN(w, answer.Body, int64(answer.Body.Len()/2))
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// A run that is killed while pictures are on their way leaves nothing of them once the
// job goes on: neither in the job's folder nor in the backup's nor among the system's
// temporary files.
func TestKilledWhileFetching(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ row, option, value, folder string }{
		{"move,77,%s,88\n", "--on-denied", "upload", "job/pictures/new"},
		{"delete,77,%s,\n", "--backup", "kept", "kept/new"},
	} {
		t.Run(test.option, func(t *testing.T) {
			t.Parallel()
			dir, temp := t.TempDir(), t.TempDir()
			s := &slowPictures{Server: sandbox.New(sandbox.Options{})}
			r := &trial{server: s.Server, url: urlOf(t, s), manifest: filepath.Join(dir, "rows.csv")}
			s.AddAccount("77", sandbox.AccountOptions{NoCopies: "200"})
			s.AddAccount("88", sandbox.AccountOptions{})
			rows := "operation,source_account,hash,target_account\n"
			for i := range 5 {
				hash := fmt.Sprintf("%032x", i+1)
				s.AddImage("77", sandbox.Image{Hash: hash, Width: 120, Height: 90})
				rows += fmt.Sprintf(test.row, hash)
			}
			writeFile(t, r.manifest, rows)
			job, value := filepath.Join(dir, "job"), test.value
			if test.option == "--backup" {
				value = filepath.Join(dir, value)
			}
			begun := func() int {
				files, err := filepath.Glob(filepath.Join(dir, test.folder, "*"))
				if err != nil {
					t.Fatal(err)
				}
				return len(files)
			}

			c := r.command(t, "run", r.manifest, "--job", job, "--yes", test.option, value)
			c.Env = append(c.Env, "TMPDIR="+temp)
			start(t, c)
			for range 3000 {
				if begun() > 0 {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			_ = c.Process.Kill()
			_ = c.Wait()
			if begun() == 0 {
				t.Fatal("no picture was on its way")
			}
			s.whole.Store(true)
			c = r.command(t, "resume", job)
			c.Env = append(c.Env, "TMPDIR="+temp)
			if code, _, stderr := ran(t, c); code != exitDone {
				t.Fatalf("resume: got exit code %d\n%s", code, stderr)
			}
			if n := begun(); n > 0 {
				t.Errorf("%d pictures were left", n)
			}
			if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
				t.Errorf("temporary files: %v, %v", left, err)
			}
		})
	}
}

package cli

import (
	"bytes"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"adferry/graph/sandbox"
)

const day = 24 * time.Hour

// The examples for timers are well-formed, and the command in each does what it
// says: it is run as it stands, paths apart, against a sandbox.

func TestServiceExample(t *testing.T) {
	service := unit(t, "../testdata/cleanup/adferry-cleanup.service")
	if got := service["Service"]["Type"]; got != "oneshot" {
		t.Errorf("Type is %q: a timer's service runs once", got)
	}
	timer := unit(t, "../testdata/cleanup/adferry-cleanup.timer")
	if timer["Timer"]["OnCalendar"] == "" || timer["Install"]["WantedBy"] != "timers.target" {
		t.Errorf("the timer is never started: %v", timer)
	}
	args := strings.Fields(service["Service"]["ExecStart"])
	if args[0] != "/usr/local/bin/adferry" {
		t.Fatalf("ExecStart is %s", args[0])
	}
	credential, _, _ := strings.Cut(service["Service"]["LoadCredential"], ":")
	if !slices.Contains(args, "%d/"+credential) {
		t.Errorf("no argument names the credential %q: %v", credential, args)
	}
	runExample(t, args[1:], strings.NewReplacer("%S/"+service["Service"]["StateDirectory"], "STATE", "%d", "ETC"))
}

// systemd's own checker has nothing to say of the units.
func TestServiceVerified(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed: the units are checked by this test's own parser alone")
	}
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"adferry-cleanup.service", "adferry-cleanup.timer"} {
		raw, err := os.ReadFile(filepath.Join("../testdata/cleanup", name))
		if err != nil {
			t.Fatal(err)
		}
		raw = bytes.ReplaceAll(raw, []byte("/usr/local/bin/adferry"), []byte(buildBinary(t))) // it looks for it
		paths = append(paths, filepath.Join(dir, name))
		if err := os.WriteFile(paths[len(paths)-1], raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(analyze, append([]string{"verify"}, paths...)...).CombinedOutput(); err != nil || bytes.Contains(out, []byte(dir)) {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
}

func TestCrontabExample(t *testing.T) {
	raw, err := os.ReadFile("../testdata/cleanup/crontab")
	if err != nil {
		t.Fatal(err)
	}
	entries := 0
	for n, line := range strings.Split(string(raw), "\n") {
		if line == "" || strings.HasPrefix(line, "#") || regexp.MustCompile(`^[A-Z_]+=\S*$`).MatchString(line) {
			continue
		}
		command, err := cronCommand(line)
		if err != nil {
			t.Errorf("line %d: %v", n+1, err)
			continue
		}
		entries++
		args := strings.Fields(command)
		if args[0] != "/usr/local/bin/adferry" {
			t.Fatalf("line %d runs %s", n+1, args[0])
		}
		runExample(t, args[1:], strings.NewReplacer("/var/lib/adferry", "STATE", "/etc/adferry", "ETC"))
	}
	if entries == 0 {
		t.Error("the crontab has no entry")
	}
}

func TestCronJobExample(t *testing.T) {
	raw, err := os.ReadFile("../testdata/cleanup/cronjob.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var job cronJob
	if err := yaml.Unmarshal(raw, &job); err != nil {
		t.Fatal(err)
	}
	pod := job.Spec.JobTemplate.Spec.Template.Spec
	for _, tt := range []struct{ field, got, want string }{
		{"apiVersion", job.APIVersion, "batch/v1"},
		{"kind", job.Kind, "CronJob"},
		{"concurrencyPolicy", job.Spec.ConcurrencyPolicy, "Forbid"},
		{"restartPolicy", pod.RestartPolicy, "Never"},
		{"backoffLimit", fmt.Sprint(job.Spec.JobTemplate.Spec.BackoffLimit), "0"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %q, want %q", tt.field, tt.got, tt.want)
		}
	}
	if _, err := cronCommand(job.Spec.Schedule + " run"); err != nil {
		t.Errorf("schedule: %v", err)
	}
	if job.Metadata.Name == "" || len(pod.Containers) != 1 {
		t.Fatalf("got name %q and %d containers", job.Metadata.Name, len(pod.Containers))
	}
	c := pod.Containers[0]
	secret := false
	for _, e := range c.Env {
		secret = secret || e.Name == "ADFERRY_ACCESS_TOKEN" && e.Value == "" && e.ValueFrom.SecretKeyRef.Name != "" && e.ValueFrom.SecretKeyRef.Key != ""
	}
	if !secret {
		t.Error("the access token does not come from a secret")
	}
	var mounts []string
	for _, m := range c.VolumeMounts {
		mounts = append(mounts, m.Name)
	}
	for _, v := range pod.Volumes {
		if !slices.Contains(mounts, v.Name) {
			t.Errorf("volume %q is mounted nowhere", v.Name)
		}
	}
	if len(mounts) != len(pod.Volumes) {
		t.Errorf("got %d mounts of %d volumes", len(mounts), len(pod.Volumes))
	}
	t.Setenv("ADFERRY_ACCESS_TOKEN", "token")
	runExample(t, c.Args, strings.NewReplacer("/var/lib/adferry", "STATE", "/etc/adferry", "ETC"))
}

// cronJob is what is looked at of a CronJob (Kubernetes API, batch/v1).
type cronJob struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		Schedule          string
		ConcurrencyPolicy string `yaml:"concurrencyPolicy"`
		JobTemplate       struct {
			Spec struct {
				BackoffLimit int `yaml:"backoffLimit"`
				Template     struct{ Spec podSpec }
			}
		} `yaml:"jobTemplate"`
	}
}

type podSpec struct {
	RestartPolicy string `yaml:"restartPolicy"`
	Volumes       []struct{ Name string }
	Containers    []struct {
		Args []string
		Env  []struct {
			Name, Value string
			ValueFrom   struct {
				SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
			} `yaml:"valueFrom"`
		}
		VolumeMounts []struct{ Name string } `yaml:"volumeMounts"`
	}
}

// runExample runs the arguments of an example as adferry's, first with --dry-run,
// against a sandbox where each account has one image in ten that nothing uses.
func runExample(t *testing.T, args []string, paths *strings.Replacer) {
	t.Helper()
	dir := t.TempDir()
	places := strings.NewReplacer("STATE", filepath.Join(dir, "state"), "ETC", dir, "/etc/adferry", dir)
	server := sandbox.New(sandbox.Options{})
	accounts := 0
	for i, arg := range args {
		args[i] = places.Replace(paths.Replace(arg))
		if !strings.HasPrefix(arg, "act_") {
			continue
		}
		accounts++
		server.AddAccount(arg, sandbox.AccountOptions{})
		for n := range 10 {
			server.AddImage(arg, sandbox.Image{Hash: fmt.Sprintf("%032x", n+1), Created: time.Now().Add(-200 * day), Associated: n > 0})
		}
	}
	web := httptest.NewServer(server)
	defer web.Close()
	t.Setenv("ADFERRY_ENDPOINT", web.URL)
	for name, text := range map[string]string{"keep.txt": "0123456789abcdef0123456789abcdef\n", "token": "token\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out, errs strings.Builder
	if code := Run(t.Context(), append(slices.Clone(args), "--dry-run"), nil, &out, &errs); code != exitDone || strings.Count(out.String(), "\ndelete,") != accounts || accounts == 0 {
		t.Fatalf("%s --dry-run: got exit code %d and\n%s%s", strings.Join(args, " "), code, out.String(), errs.String())
	}
	out.Reset()
	if code := Run(t.Context(), args, nil, &out, &errs); code != exitDone || out.String() != "" {
		t.Fatalf("%s: got exit code %d and\n%s%s", strings.Join(args, " "), code, out.String(), errs.String())
	}
	if s := server.Stats(); s.Calls[sandbox.Delete] != accounts {
		t.Errorf("%d images were deleted, want %d", s.Calls[sandbox.Delete], accounts)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "state", "cleanup", "cleanup-*", "results.csv")); len(left) != 1 || err != nil {
		t.Errorf("got job folders %v, want one under the state's folder", left)
	}
}

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The examples for Kubernetes hold together, and the command in each does what it says.

func TestCronJobExample(t *testing.T) {
	t.Parallel()
	var job manifestObject
	documents(t, "../docs/examples/cleanup-cronjob.yaml", &job)
	for _, tt := range []struct{ field, got, want string }{
		{"apiVersion", job.APIVersion, "batch/v1"},
		{"kind", job.Kind, "CronJob"},
		{"concurrencyPolicy", job.Spec.ConcurrencyPolicy, "Forbid"},
		{"backoffLimit", fmt.Sprint(job.Spec.JobTemplate.Spec.BackoffLimit), "0"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s is %q, want %q", tt.field, tt.got, tt.want)
		}
	}
	if _, err := cronCommand(job.Spec.Schedule + " run"); err != nil {
		t.Errorf("schedule: %v", err)
	}
	args := checkPod(t, job.Metadata.Name, job.Spec.JobTemplate.Spec.Template.Spec)
	runExample(t, args, strings.NewReplacer("/var/lib/adferry", "STATE", "/etc/adferry", "ETC"))
}

// The job is started again after the exit codes that say that this goes on with it, and
// after no other.
func TestJobExample(t *testing.T) {
	t.Parallel()
	var job manifestObject
	documents(t, "../docs/examples/consolidation-job.yaml", &job)
	if job.APIVersion != "batch/v1" || job.Kind != "Job" {
		t.Errorf("it is a %s of %s", job.Kind, job.APIVersion)
	}
	rules := job.Spec.PodFailurePolicy.Rules
	if len(rules) == 0 || rules[0].Action != "FailJob" || rules[0].OnExitCodes.Operator != "In" || rules[0].OnExitCodes.ContainerName != "adferry" {
		t.Fatalf("the first rule is %+v", rules)
	}
	if got, want := rules[0].OnExitCodes.Values, []int{exitFailures, exitUsage, exitRefused, exitGuard, exitUnusable}; !slices.Equal(got, want) {
		t.Errorf("the job fails for good with exit codes %v, want %v", got, want)
	}
	if job.Spec.BackoffLimit == 0 {
		t.Error("the job is never started again")
	}
	args := checkPod(t, job.Metadata.Name, job.Spec.Template.Spec)

	dir := t.TempDir()
	places := strings.NewReplacer("/var/lib/adferry", filepath.Join(dir, "state"), "/etc/adferry", dir, ":9464", "127.0.0.1:0")
	for i, arg := range args {
		args[i] = places.Replace(arg)
	}
	const manifest = "../testdata/consolidation.csv"
	writeFile(t, filepath.Join(dir, "manifest.csv"), readFile(t, manifest))
	url := docServer(t, manifest, "")
	stopped := append(at(url), "ADFERRY_MAX_DURATION=1ns") // the first pod is stopped at once
	ends(t, exitStopped, stopped, args...)
	ends(t, exitDone, at(url), args...)
	for _, name := range []string{"state/consolidation/report.html", "state/kept/restore.csv"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

// checkPod checks what a pod of adferry has to have, and returns the arguments.
func checkPod(t *testing.T, name string, pod podSpec) (args []string) {
	t.Helper()
	if name == "" || pod.RestartPolicy != "Never" {
		t.Fatalf("got the name %q and restartPolicy %q", name, pod.RestartPolicy)
	}
	checkConfined(t, pod)
	c := pod.Containers[0]
	secret, state := false, false
	for _, e := range c.Env {
		secret = secret || e.Name == "ADFERRY_ACCESS_TOKEN" && e.Value == "" && e.ValueFrom.SecretKeyRef.Name != "" && e.ValueFrom.SecretKeyRef.Key != ""
		state = state || e.Name == "ADFERRY_STATE_DIR" && strings.HasPrefix(e.Value, "/var/lib/adferry/")
	}
	if !secret || !state {
		t.Errorf("the access token comes from a secret: %v; the list of unfinished jobs is on the volume: %v", secret, state)
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
	return c.Args
}

// checkConfined checks that a pod has one container, which may do no more than it needs.
func checkConfined(t *testing.T, pod podSpec) {
	t.Helper()
	if s := pod.SecurityContext; len(pod.Containers) != 1 || !s.RunAsNonRoot || s.RunAsUser != imageUser || !pod.Containers[0].SecurityContext.ReadOnlyRootFilesystem {
		t.Fatalf("it may do more than it needs: %+v", pod)
	}
}

// manifestObject is what is looked at of an object (Kubernetes API: batch/v1, apps/v1, policy/v1).
type manifestObject struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		jobSpec `yaml:",inline"`

		// of a CronJob
		Schedule          string
		ConcurrencyPolicy string                 `yaml:"concurrencyPolicy"`
		JobTemplate       struct{ Spec jobSpec } `yaml:"jobTemplate"`

		// of a Deployment and its PodDisruptionBudget
		Replicas     int
		MinAvailable int `yaml:"minAvailable"`
		Selector     struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		}
	}
}

type jobSpec struct {
	BackoffLimit     int `yaml:"backoffLimit"`
	PodFailurePolicy struct {
		Rules []struct {
			Action      string
			OnExitCodes struct {
				ContainerName string `yaml:"containerName"`
				Operator      string
				Values        []int
			} `yaml:"onExitCodes"`
		}
	} `yaml:"podFailurePolicy"`
	Template struct {
		Metadata struct{ Labels map[string]string }
		Spec     podSpec
	}
}

type podSpec struct {
	Grace           int    `yaml:"terminationGracePeriodSeconds"`
	RestartPolicy   string `yaml:"restartPolicy"`
	SecurityContext struct {
		RunAsNonRoot bool `yaml:"runAsNonRoot"`
		RunAsUser    int  `yaml:"runAsUser"`
	} `yaml:"securityContext"`
	Volumes    []struct{ Name string }
	Containers []struct {
		Args []string
		Env  []struct {
			Name, Value string
			ValueFrom   struct {
				SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
			} `yaml:"valueFrom"`
		}
		SecurityContext struct {
			ReadOnlyRootFilesystem bool `yaml:"readOnlyRootFilesystem"`
		} `yaml:"securityContext"`
		VolumeMounts []struct{ Name string } `yaml:"volumeMounts"`
	}
}

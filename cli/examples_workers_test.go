package cli

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"adferry/graph"
)

// The examples for several workers name commands that exist, hold no secret, and give a worker the
// time to end its requests.

// grace is more than a worker needs to end.
const grace = graph.DefaultTimeout + 15*time.Second

func TestComposeExample(t *testing.T) {
	t.Parallel()
	var compose struct {
		Services map[string]struct {
			Image, Build string
			Command      []string
			Environment  map[string]string
			EnvFile      any `yaml:"env_file"`
			Deploy       struct{ Replicas int }
			Grace        string `yaml:"stop_grace_period"`
			Volumes      []string
		}
		Volumes map[string]any
	}
	documents(t, "../docs/examples/compose.yaml", &compose)
	app := newApp(&streams{})
	for name, s := range compose.Services {
		if s.Build == "" != (s.Image == "postgres:17") {
			t.Errorf("%s has the image %q and is built of %q", name, s.Image, s.Build)
		}
		if s.Build != "" {
			if what := unknown(app, s.Command); what != "" {
				t.Errorf("%s: %s", name, what)
			}
		}
		for variable, value := range s.Environment {
			if value != "adferry" { // the user and the database
				t.Errorf("%s has %s in the file", name, variable)
			}
		}
		if s.EnvFile == nil {
			t.Errorf("%s has no env_file", name)
		}
		for _, v := range s.Volumes {
			volume, _, _ := strings.Cut(v, ":")
			if _, ok := compose.Volumes[volume]; !ok {
				t.Errorf("%s has a volume %s, which there is not", name, volume)
			}
		}
	}
	worker := compose.Services["worker"]
	if time, err := time.ParseDuration(worker.Grace); err != nil || time < grace || worker.Deploy.Replicas != 2 || worker.Command[0] != "worker" {
		t.Errorf("the worker is %+v", worker)
	}
}

func TestWorkersExample(t *testing.T) {
	t.Parallel()
	var migrate, workers, budget manifestObject
	documents(t, "../docs/examples/kubernetes.yaml", &migrate, &workers, &budget)
	if migrate.Kind != "Job" || workers.Kind != "Deployment" || budget.Kind != "PodDisruptionBudget" {
		t.Fatalf("got %s, %s, %s", migrate.Kind, workers.Kind, budget.Kind)
	}
	app := newApp(&streams{})
	for command, o := range map[string]manifestObject{"migrate": migrate, "worker": workers} {
		pod := o.Spec.Template.Spec
		checkConfined(t, pod)
		c := pod.Containers[0]
		if what := unknown(app, c.Args); what != "" || c.Args[0] != command {
			t.Errorf("%s: %s", command, what)
		}
		var secrets []string
		for _, e := range c.Env {
			if ref := e.ValueFrom.SecretKeyRef; ref.Name != "" && ref.Key != "" && e.Value == "" {
				secrets = append(secrets, e.Name)
			} else if slices.Contains(secretVariables, e.Name) {
				t.Errorf("%s has %s in the file", command, e.Name)
			}
		}
		if !slices.Contains(secrets, databaseVariable) || command == "worker" && !slices.Contains(secrets, tokenVariable) {
			t.Errorf("%s has the secrets %v", command, secrets)
		}
	}
	s := workers.Spec
	if s.Template.Spec.Grace < int(grace.Seconds()) || s.Replicas != 2 || budget.Spec.MinAvailable != 1 {
		t.Errorf("got %d s, %d workers, of which %d are kept", s.Template.Spec.Grace, s.Replicas, budget.Spec.MinAvailable)
	}
	app1, app2, app3 := s.Selector.MatchLabels["app"], s.Template.Metadata.Labels["app"], budget.Spec.Selector.MatchLabels["app"]
	if app1 == "" || app1 != app2 || app1 != app3 {
		t.Errorf("selectors and labels differ: %s, %s, %s", app1, app2, app3)
	}
}

// documents reads a file with as many documents.
func documents(t *testing.T, path string, into ...any) {
	t.Helper()
	raw := readFile(t, path)
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	for _, d := range into {
		if err := decoder.Decode(d); err != nil {
			t.Fatal(err)
		}
	}
	if err := decoder.Decode(new(any)); err != io.EOF {
		t.Errorf("%s has more than %d documents: %v", path, len(into), err)
	}
}

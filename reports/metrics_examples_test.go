package reports

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The examples of alerts and of a dashboard ask for metrics that there are, with labels
// and statuses that these have.

func TestAlertRules(t *testing.T) {
	text := exampleFile(t, "prometheus-alerts.yaml")
	if strings.Contains(text, "\t") {
		t.Error("YAML takes no tabs")
	}
	rules := strings.Split(text, "- alert: ")[1:]
	if len(rules) < 5 {
		t.Fatalf("got %d rules: the test is void", len(rules))
	}
	names := map[string]bool{}
	for _, rule := range rules {
		name, body, _ := strings.Cut(rule, "\n")
		if names[name] {
			t.Errorf("two rules are named %s", name)
		}
		names[name] = true
		for _, key := range []string{"expr: ", "severity: ", "summary: ", "description: "} {
			if strings.Count(body, key) != 1 {
				t.Errorf("%s: got %d of %q, want one", name, strings.Count(body, key), key)
			}
		}
		_, expression, _ := strings.Cut(body, "expr: ")
		expression, _, _ = strings.Cut(expression, "labels:")
		checkExpression(t, name, expression)
	}
}

func TestDashboard(t *testing.T) {
	var board struct {
		Panels []struct {
			ID      int
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr, RefID string }
		}
		Templating struct{ List []struct{ Name string } }
	}
	if err := json.Unmarshal([]byte(exampleFile(t, "grafana-dashboard.json")), &board); err != nil {
		t.Fatal(err)
	}
	if len(board.Panels) < 6 {
		t.Fatalf("got %d panels: the test is void", len(board.Panels))
	}
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("%s: another panel has the id %d", p.Title, p.ID)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other := taken[cell]; other != "" || cell[0] >= 24 {
					t.Fatalf("%s is in the place of %q, or beside the grid", p.Title, other)
				}
				taken[cell] = p.Title
			}
		}
		if len(p.Targets) == 0 {
			t.Errorf("%s shows nothing", p.Title)
		}
		for _, target := range p.Targets {
			checkExpression(t, p.Title, target.Expr)
		}
	}
}

// checkExpression looks at the metrics that a PromQL expression names.
func checkExpression(t *testing.T, what, expression string) {
	t.Helper()
	labels := map[string][]string{}
	for _, f := range metricFamilies {
		m := regexp.MustCompile(`fqName: "([^"]+)".*variableLabels: \{([^}]*)\}`).FindStringSubmatch(f.desc.String())
		labels[m[1]] = append(strings.Split(m[2], ","), "instance", "job")
	}
	found := regexp.MustCompile(`(adferry_\w+)(\{[^}]*\})?`).FindAllStringSubmatch(expression, -1)
	if len(found) == 0 {
		t.Errorf("%s names no metric: %s", what, expression)
	}
	for _, m := range found {
		has, known := labels[m[1]]
		if !known {
			t.Errorf("%s asks for %s, which there is not", what, m[1])
		}
		for _, label := range regexp.MustCompile(`(\w+)(=~|=)"([^"]*)"`).FindAllStringSubmatch(m[2], -1) {
			if !slices.Contains(has, label[1]) {
				t.Errorf("%s: %s has no label %s", what, m[1], label[1])
			}
			if label[1] != "status" {
				continue
			}
			for _, status := range strings.Split(label[3], "|") {
				if !slices.Contains([]string{"done", "skipped", "failed", "pending", "unknown"}, status) {
					t.Errorf("%s: there is no status %s", what, status)
				}
			}
		}
	}
	for _, pair := range []string{"()", "{}", "[]"} {
		if strings.Count(expression, pair[:1]) != strings.Count(expression, pair[1:]) {
			t.Errorf("%s: %s do not match in %s", what, pair, expression)
		}
	}
}

func exampleFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "docs", "examples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

package reports

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Prometheus takes the alert rules, and they fire when they should; it takes the dashboard's
// queries, too.
func TestWithPromtool(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("no promtool here: on Debian, apt-get install prometheus")
	}
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	run := func(args ...string) {
		t.Helper()
		if out, err := exec.Command(promtool, args...).CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	write("alerts.yaml", exampleFile(t, "prometheus-alerts.yaml"))
	run("check", "rules", filepath.Join(dir, "alerts.yaml"))
	run("check", "rules", write("dashboard.yaml", dashboardRules(t)))
	run("test", "rules", write("alerts_test.yaml", alertTests))
}

// dashboardRules has the dashboard's queries as rules, which promtool can check.
func dashboardRules(t *testing.T) string {
	t.Helper()
	var board struct {
		Panels []struct{ Targets []struct{ Expr string } }
	}
	if err := json.Unmarshal([]byte(exampleFile(t, "grafana-dashboard.json")), &board); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	n := 0
	for _, p := range board.Panels {
		for _, target := range p.Targets {
			n++
			fmt.Fprintf(&b, "      - record: query_%d\n        expr: %q\n", n, target.Expr)
		}
	}
	return b.String()
}

// alertTests plays half a day, in minutes from 0:
//
//	a  fails a fifth of its rows from the beginning
//	b  ends no row and waits for nothing
//	c  ends no row while an ad account waits
//	d  has no network from minute 10 on
//	e  is paused
//	f  waits for the app's limit, until minute 100
const alertTests = `
rule_files: [alerts.yaml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: adferry_rows{instance="a",operation="copy",status="failed"}
        values: 20+2x800
      - series: adferry_rows{instance="a",operation="copy",status="done"}
        values: 80+1x800
      - series: adferry_paused{instance="a"}
        values: 0x800
      - series: adferry_rows{instance="b",operation="copy",status="done"}
        values: 80x800
      - series: adferry_paused{instance="b"}
        values: 0x800
      - series: adferry_rows{instance="c",operation="copy",status="done"}
        values: 80x800
      - series: adferry_paused{instance="c"}
        values: 0x800
      - series: adferry_account_parked_until_timestamp_seconds{instance="c",account="22"}
        values: 100000x800
      - series: adferry_network_down_since_timestamp_seconds{instance="d"}
        values: _x10 600x790
      - series: adferry_paused{instance="e"}
        values: 1x800
      - series: adferry_app_parked_until_timestamp_seconds{instance="f"}
        values: 6000x100
    alert_rule_test:
      - {eval_time: 4m, alertname: AdferryRowsFailed}
      - eval_time: 6m
        alertname: AdferryRowsFailed
        exp_alerts:
          - exp_labels: {severity: warning, instance: a}
            exp_annotations:
              summary: 32 rows of an adferry job on a have failed
              description: The run goes on. ` + "`adferry report DIR`" + ` writes report.html with the causes so far, and what to do about each.
      - eval_time: 6m
        alertname: AdferryManyRowsFail
        exp_alerts:
          - exp_labels: {severity: critical, instance: a}
            exp_annotations:
              summary: More than a tenth of the rows of an adferry job on a have failed
              description: '` + "`adferry pause DIR`" + ` stops it from sending while you look into the causes.'
      - {eval_time: 10m, alertname: AdferryNetworkDown}
      - eval_time: 12m
        alertname: AdferryNetworkDown
        exp_alerts:
          - exp_labels: {severity: warning, instance: d}
            exp_annotations:
              summary: adferry on d has not reached the Graph API for 2m 0s
              description: It tries again for about three minutes, then stops with exit code 3; ` + "`adferry resume DIR`" + ` goes on.
      - eval_time: 10m
        alertname: AdferryAppLimited
        exp_alerts:
          - exp_labels: {severity: warning, instance: f}
            exp_annotations:
              summary: The app's limit keeps all ad accounts of an adferry job on f waiting for 1h 30m 0s
              description: Another program may be using the app's quota. Waiting fails no row.
      - {eval_time: 80m, alertname: AdferryAppLimited}
      - eval_time: 60m
        alertname: AdferryNoProgress
        exp_alerts:
          - exp_labels: {severity: warning, instance: b}
            exp_annotations:
              summary: An adferry job on b ended no row for half an hour, and nothing waits
              description: '` + "`adferry status DIR`" + ` shows what it does; its log has more, see --log-file.'
      - eval_time: 13h
        alertname: AdferryPausedLong
        exp_alerts:
          - exp_labels: {severity: info, instance: e}
            exp_annotations:
              summary: An adferry job on e is paused for half a day
              description: '` + "`adferry unpause DIR`" + ` lets it go on.'
`

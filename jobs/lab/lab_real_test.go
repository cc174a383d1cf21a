package lab_test

import (
	"flag"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"

	"adferry/jobs/jobtest"
)

var labReal = flag.Bool("lab.real", false, "play a model of the quota lab in real time, too, over loopback; takes a minute")

// The lab does not flatter: a run in real time against a server over loopback takes as
// long as the lab says for the same model, within 5 %.
func TestRealTime(t *testing.T) {
	if !*labReal {
		t.Skip("run with -lab.real")
	}
	models := labModels(true)
	m := models[slices.IndexFunc(models, func(m model) bool { return m.targets["21"] == quickCopies })]
	virtual := labRun(t, m)
	s := labServer(m)
	web := httptest.NewServer(s)
	defer web.Close()
	at, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	real := labPlay(t, m, s, jobtest.ClientOver(t, loopback{at.Host}))
	t.Logf("%s, %v: ideal %v, in the lab %v, in real time %v", m.name, m.tier, m.ideal, virtual.took, real.took)
	if off := (real.took - virtual.took).Abs(); off > virtual.took/20 {
		t.Errorf("took %v in real time and %v in the lab, want them 5 %% apart at most", real.took, virtual.took)
	}
	if real.lost > 0 || real.rejected > virtual.rejected+m.unforeseen {
		t.Errorf("%d rows were lost and %d calls rejected, want none and %d at most", real.lost, real.rejected, virtual.rejected+m.unforeseen)
	}
}

// loopback sends every request to a server on this machine.
type loopback struct{ host string }

func (l loopback) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", l.host
	return http.DefaultTransport.RoundTrip(r)
}

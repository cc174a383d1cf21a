package sandbox_test

import (
	"fmt"
	"net/http"
	"net/url"

	"adferry/graph/sandbox"
)

// A copy between two accounts, without a socket.
func Example() {
	s := sandbox.New(sandbox.Options{})
	s.AddAccount("222", sandbox.AccountOptions{Name: "Target"})
	s.AddImage("111", sandbox.Image{Hash: "d8fc613662fb5ef6cf5fb9d1fe779315", Name: "shoe.jpg"})

	client := &http.Client{Transport: sandbox.Transport(s)}
	resp, err := client.PostForm("http://graph.test/v25.0/act_222/adimages", url.Values{
		"access_token": {"any"},
		"copy_from":    {`{"source_account_id":"111","hash":"d8fc613662fb5ef6cf5fb9d1fe779315"}`},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()

	fmt.Println(resp.StatusCode, resp.Header.Get("X-Business-Use-Case-Usage"))
	for _, e := range s.Log() {
		fmt.Println(e.Kind, e.Source, "->", e.Account, e.Result, e.Changed)
	}
	// Output:
	// 200 {"222":[{"type":"ads_management","call_count":0,"total_cputime":0,"total_time":0,"estimated_time_to_regain_access":0,"ads_api_access_tier":"standard_access"}]}
	// copy 111 -> 222 d8fc613662fb5ef6cf5fb9d1fe779315 true
}

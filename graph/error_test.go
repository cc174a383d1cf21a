package graph

import (
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
)

func TestParseError(t *testing.T) {
	const none = ""
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   string // Error() of it, or none
		class  Class
	}{
		{"success", 200, `{"success":true}`, none, ""},
		{"an error that is null", 200, `{"error":null,"data":[]}`, none, ""},
		{"all fields", 400, `{"error":{"message":"(#100) bad","type":"OAuthException","code":100,"error_subcode":1487212,"error_user_title":"Missing Image",
			"error_user_msg":"Please specify an image.","is_transient":false,"error_data":{"blame_field_specs":[["field"]]},"fbtrace_id":"A3z"}}`,
			"(#100) bad: Missing Image: Please specify an image. (code 100/1487212)", RefusedItem},
		{"error_data as a string", 400, `{"error":{"message":"m","code":190,"error_data":"{\"blame_field_specs\":[[\"dsa_payor\"]]}"}}`, "m (code 190)", RefusedRun},
		{"HTTP 200 with an error", 200, `{"error":{"message":"m","code":80004}}`, "m (code 80004)", ThrottledAccount},
		{"codes as strings", 400, `{"error":{"message":"m","code":"17","error_subcode":"2446079"}}`, "m (code 17/2446079)", ThrottledAccount},
		{"fields of other types", 400, `{"error":{"message":5,"type":[],"code":190,"is_transient":"no","fbtrace_id":{}}}`, "the API gave no message (code 190)", RefusedRun},
		{"a code beyond every number", 400, `{"error":{"message":"m","code":1e300}}`, "m (code 2147483647)", RefusedItem},
		{"escaped slashes", 400, `{"error":{"message":"see https:\/\/developers.facebook.com\/docs","code":100}}`, "see https://developers.facebook.com/docs (code 100)", RefusedItem},
		{"the user message repeats the message", 400, `{"error":{"message":"m","error_user_msg":"m","code":100}}`, "m (code 100)", RefusedItem},
		{"empty error", 500, `{"error":{}}`, "the API gave no message (HTTP 500)", Transient},
		{"error as a string", 503, `{"error":"Service Unavailable"}`, `the error cannot be parsed: "\"Service Unavailable\"" (HTTP 503)`, Transient},
		{"error as a list", 400, `{"error":[{"code":190}]}`, `the error cannot be parsed: "[{\"code\":190}]" (HTTP 400)`, Transient},
		{"HTML", 502, "<html>\n<body>\tBad   Gateway</body>", `the answer is not a JSON object: "<html> <body> Bad Gateway</body>" (HTTP 502)`, Transient},
		{"HTML with HTTP 200", 200, "<html>", `the answer is not a JSON object: "<html>" (HTTP 200)`, Transient},
		{"nothing", 503, "", "the answer is not a JSON object: it is empty (HTTP 503)", Transient},
		{"white space", 200, " \n", "the answer is not a JSON object: it is empty (HTTP 200)", Transient},
		{"truncated", 200, `{"error":{"message":"m","co`, `the answer is not a JSON object: "{\"error\":{\"message\":\"m\",\"co" (HTTP 200)`, Transient},
		{"true", 200, "true", `the answer is not a JSON object: "true" (HTTP 200)`, Transient},
		{"HTTP 500 without an error", 500, `{"data":[]}`, "the API answered HTTP 500 without an error (HTTP 500)", Transient},
		{"a redirect", 302, `{}`, "the API answered HTTP 302 without an error (HTTP 302)", Transient},
		{"bytes that are no text", 500, "\xff\xfe\x00", `the answer is not a JSON object: "?\x00" (HTTP 500)`, Transient},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := finished(Reply{Err: parseError(test.status, []byte(test.body))}).Err
			if got == nil {
				if test.want != none {
					t.Fatalf("got no error, want %q", test.want)
				}
				return
			}
			if got.Error() != test.want || got.Class != test.class || got.Lost != (got.Class == Transient) {
				t.Errorf("got %q, %v, lost %v, want %q, %v", got, got.Class, got.Lost, test.want, test.class)
			}
		})
	}
}

func TestErrorDetail(t *testing.T) {
	for _, test := range []struct {
		err  Error
		want string
	}{
		{Error{Message: "(#17) limit"}, "(#17) limit"},
		{Error{UserTitle: "Too many calls", UserMessage: "Wait a bit. ", Message: "(#17) limit"}, "Too many calls: Wait a bit.: (#17) limit"},
		{Error{UserMessage: "limit", Message: "limit"}, "limit"},
		{Error{}, ""},
	} {
		if got := test.err.Detail(); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestErrorUnwraps(t *testing.T) {
	err := transportError(io.ErrUnexpectedEOF, &url.URL{})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want it to wrap its cause", err)
	}
}

func TestExcerptIsShort(t *testing.T) {
	got := excerpt(strings.Repeat("é ", 4000))
	if n := len([]rune(got)); n > 130 || !strings.HasSuffix(got, `..."`) {
		t.Errorf("got %d characters, %s", n, got)
	}
}

// finished is the reply as Do returns it.
func finished(r Reply) Reply {
	c := Client{redact: Redactor()}
	c.scrub(&r)
	return r
}

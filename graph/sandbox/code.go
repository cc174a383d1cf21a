package sandbox

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Code is a Graph error code, with or without a subcode: "4", "100/33".
type Code string

const (
	codeHourly  Code = "80004/2446079"
	codeScore   Code = "17/2446079"
	codeBurst   Code = "613/5044001"
	codeApp     Code = "4"
	codeExpired Code = "190/463"
	codeMissing Code = "100/33"
)

func (c Code) split() (code, sub int, ok bool) {
	first, second, both := strings.Cut(string(c), "/")
	code, err := strconv.Atoi(first)
	if err != nil || code < 0 {
		return 0, 0, false
	}
	if both {
		if sub, err = strconv.Atoi(second); err != nil || sub < 0 {
			return 0, 0, false
		}
	}
	return code, sub, true
}

// class is the code without its subcode.
func (c Code) class() int {
	code, _, _ := c.split()
	return code
}

// throttles reports whether the code asks the caller to slow down.
func (c Code) throttles() bool {
	switch n := c.class(); n {
	case 4, 17, 32, 341, 368, 613:
		return true
	case 200:
		return c == "200/4841013"
	default:
		return n >= 80000 && n <= 80014
	}
}

// appWide reports whether a throttle with this code stops every account of the app.
func (c Code) appWide() bool {
	return slices.Contains([]Code{"4", "17", "32", "341", "613", "613/1996"}, c)
}

// failure is an error answer. Code 0 is left out of the body.
type failure struct {
	status    int
	kind      string
	code, sub int
	message   string
	title     string
	detail    string
	transient bool
}

// fail returns the failure with a code. A code that is not in the catalogue gets a
// general message.
func fail(c Code) *failure {
	f, known := catalogue[c]
	f.code, f.sub, _ = c.split()
	if !known {
		f.message = fmt.Sprintf("(#%d) The sandbox was told to fail here", f.code)
	}
	f.status, f.kind = cmp.Or(f.status, 400), cmp.Or(f.kind, "OAuthException")
	return &f
}

// invalid is an error 100 with this message.
func invalid(format string, args ...any) *failure {
	f := &failure{status: 400, kind: "OAuthException", code: 100}
	f.message = "(#100) " + fmt.Sprintf(format, args...)
	return f
}

// unsupported is 100/33, naming the object as Graph does.
func unsupported(method, object string) *failure {
	f := fail(codeMissing)
	f.message = fmt.Sprintf("Unsupported %s request. Object with ID '%s' does not exist, cannot be loaded due to "+
		"missing permissions, or does not support this operation. Please read the Graph API documentation at "+
		"https://developers.facebook.com/docs/graph-api", strings.ToLower(method), object)
	return f
}

// refusal is the failure with a code that an option gives for an object.
func refusal(c Code, method, object string) *failure {
	if c == codeMissing {
		return unsupported(method, object)
	}
	return fail(c)
}

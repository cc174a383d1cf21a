package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// ParseTokens parses a JSON object of tokens, which the package comment describes, for
// Options.Access and Options.Apps. A token with expires_in ends that long after now.
func ParseTokens(r io.Reader, now time.Time) (access map[string]Token, apps map[string]App, err error) {
	var wire map[string]struct {
		Accounts []string `json:"accounts"`
		App      string   `json:"app"`
		AppCalls int      `json:"app_calls"`
		Expires  string   `json:"expires_in"`
		Scopes   []string `json:"scopes"`
		Secret   string   `json:"secret"`
	}
	if err := decodeFile(r, &wire); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok { // whose text has Go types
			err = fmt.Errorf("a JSON %s is not expected at byte %d; write an object such as {\"TOKEN\": {\"accounts\": [\"123\"]}}", wrong.Value, wrong.Offset)
		}
		return nil, nil, fmt.Errorf("read tokens: %w", err)
	}
	if len(wire) == 0 {
		return nil, nil, errors.New("read tokens: there is none; without such a file every token is taken")
	}
	access, apps = map[string]Token{}, map[string]App{}
	for token, w := range wire {
		for _, id := range w.Accounts {
			if id = withoutAct(id); id == "" || strings.Trim(id, "0123456789") != "" {
				return nil, nil, fmt.Errorf("read tokens: accounts has %q, which is no ad account id", id)
			}
		}
		t := Token{App: w.App, Accounts: w.Accounts, Scopes: w.Scopes, Secret: w.Secret}
		if w.Expires != "" {
			life, err := time.ParseDuration(w.Expires)
			if err != nil {
				return nil, nil, fmt.Errorf("read tokens: expires_in must be a time such as 90s, not %q", w.Expires)
			}
			t.Expires = now.Add(life)
		}
		if w.AppCalls > 0 {
			if other, known := apps[w.App]; known && other.HourlyCalls != w.AppCalls {
				return nil, nil, fmt.Errorf("read tokens: app %q has two values of app_calls: %d and %d", w.App, other.HourlyCalls, w.AppCalls)
			}
			apps[w.App] = App{HourlyCalls: w.AppCalls}
		}
		access[token] = t
	}
	return access, apps, nil
}

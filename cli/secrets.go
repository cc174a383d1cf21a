package cli

import (
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"adferry/graph"
	"adferry/jobs/store/postgres"
)

// secretVariables are the environment variables in which a secret belongs; a database
// address may hold a password.
var secretVariables = []string{"ADFERRY_ACCESS_TOKEN", "ADFERRY_APP_SECRET", databaseVariable}

// checkSecrets refuses a call that has a secret where another value belongs: on the
// command line, where every process on the machine can read it, or in a variable
// that is shown. The error does not repeat it.
func checkSecrets(args []string) error {
	const hint = "renew the token if others may have seen it; it belongs in ADFERRY_ACCESS_TOKEN, or in a file for --token-file FILE"
	known := knownSecrets()
	holds := func(value string) bool {
		return graph.LooksLikeToken(value) || slices.ContainsFunc(known, func(s string) bool { return strings.Contains(value, s) })
	}
	option := ""
	for i, arg := range args {
		name, value, joined := strings.Cut(arg, "=")
		if !joined && i+1 < len(args) {
			value = args[i+1]
		}
		if strings.TrimLeft(name, "-") == "database" && postgres.HasPassword(value) {
			return usagef("change the password if others may have seen it; it belongs in "+databaseVariable+", PGPASSFILE or a service file",
				"--database holds a password, which every process on this machine can read")
		}
		isOption := strings.HasPrefix(arg, "-") && !holds(name)
		switch {
		case isOption && joined && holds(value):
			return usagef(hint, "%s was given an access token; no option takes one", name)
		case isOption:
			option = arg
			continue
		case holds(arg) && option != "":
			return usagef(hint, "the value of %s is an access token; no option takes one", option)
		case holds(arg):
			return usagef(hint, "argument %d is or holds an access token; none takes one", i+1)
		}
		option = ""
	}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		if strings.HasPrefix(name, "ADFERRY_") && !slices.Contains(secretVariables, name) && holds(value) {
			return usagef(hint+"; a variable that --credentials names must not begin with ADFERRY_", "%s holds an access token; only ADFERRY_ACCESS_TOKEN may", name)
		}
	}
	return nil
}

// knownSecrets are those of the environment that are long enough not to be a word.
func knownSecrets() (known []string) {
	for _, name := range []string{"ADFERRY_ACCESS_TOKEN", "ADFERRY_APP_SECRET"} {
		if s := strings.TrimSpace(os.Getenv(name)); len(s) >= leastSecret {
			known = append(known, s)
		}
	}
	return known
}

const leastSecret = 12

// leastPassword is from which length on a database's password is no word that a message may
// hold for another reason.
const leastPassword = 6

// leastToken is from which length on a value that looks like nothing else may be a
// token.
const leastToken = 20

// couldBeToken recognises a value that may be a token although nothing in it says
// so: a long run of letters and digits, as no file or command is named and no
// number or hash is written.
func couldBeToken(value string) bool {
	return len(value) >= leastToken && letterDigits.MatchString(value) && !hexDigits.MatchString(value)
}

var (
	letterDigits = regexp.MustCompile(`^[0-9A-Za-z|]*[0-9|][0-9A-Za-z|]*$`)
	hexDigits    = regexp.MustCompile(`^[0-9A-Fa-f]*$`)
)

// shown is a value as a message may repeat it where a token is easily given in its
// place. What is long and has no mark of a path is left out.
func shown(value string) string {
	if len(value) >= leastToken && !strings.ContainsAny(value, `./\`) {
		return `"..." (not shown: it could be a token)`
	}
	return strconv.Quote(value)
}

// hidden takes secrets out of what is written: those that are known when the program starts,
// and those of credentials that are read later.
type hidden struct {
	first func(string) string

	mu    sync.Mutex
	later []func(string) string
}

// add has the secrets removed that remove knows.
func (h *hidden) add(remove func(string) string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.later = append(h.later, remove)
}

func (h *hidden) remove(text string) string {
	h.mu.Lock()
	later := h.later
	h.mu.Unlock()
	text = h.first(text)
	for _, remove := range later {
		text = remove(text)
	}
	return text
}

// hideSecrets makes a function that takes out of a message what must not be shown:
// the secrets of the environment, and whatever on the command line, or in a variable
// that is an option, could be one.
func hideSecrets(args []string) func(string) string {
	secrets := knownSecrets()
	if d, err := postgres.New(os.Getenv(databaseVariable)); err == nil && len(d.Password()) >= leastPassword {
		secrets = append(secrets, d.Password())
	}
	for _, entry := range os.Environ() {
		if strings.HasPrefix(entry, "ADFERRY_") {
			args = append(slices.Clip(args), entry)
		}
	}
	for _, arg := range args {
		for _, part := range append(strings.SplitN(arg, "=", 2), strings.TrimLeft(arg, "-")) {
			if couldBeToken(part) {
				secrets = append(secrets, part)
			}
		}
	}
	var hidden []graph.Secret
	for _, s := range secrets {
		if secret, err := graph.NewSecret(s); err == nil {
			hidden = append(hidden, secret)
		}
	}
	redact := graph.Redactor(hidden...)
	return func(text string) string { return redact(graph.HideTokens(text)) }
}

package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"adferry/graph"
	"adferry/jobs/credentials"
	"adferry/plan"
	"adferry/reports"
)

// credentials reads with which token each ad account is read and written.
func (o connection) credentials(s *streams) (*credentials.Set, error) {
	if o.file == "" {
		one, err := o.credential(s.in)
		if err != nil {
			return nil, err
		}
		return credentials.Only(*one), nil
	}
	file, err := o.credentialsFile()
	if err != nil {
		return nil, err
	}
	var rest *credentials.Credential
	if o.namesToken() {
		if rest, err = o.credential(s.in); err != nil {
			return nil, err
		}
	}
	set, err := file.Open(o.file, credentials.Environment{Folder: filepath.Dir(o.file), Some: o.some}, rest)
	if err != nil {
		return nil, credentialsError(err)
	}
	s.secrets.add(set.Redact)
	return set, nil
}

// credentialsFile reads the file of credentials, and no secret.
func (o connection) credentialsFile() (*credentials.File, error) {
	f, err := os.Open(o.file)
	if err != nil {
		return nil, usagef("--credentials takes the name of a CSV file with the columns account, token and app_secret", "--credentials: %s cannot be read: %w", shown(o.file), graph.WithoutPath(err))
	}
	defer f.Close()
	file, err := credentials.Parse(o.file, f)
	if err != nil {
		return nil, credentialsError(err)
	}
	return file, nil
}

// checkCredentials checks what the file of credentials, if there is one, says of ad accounts
// for which nothing is sent to the API, and reads no secret.
func (o connection) checkCredentials(sandboxed bool, accounts []plan.Account) error {
	switch {
	case o.file == "":
		return nil
	case sandboxed:
		return usagef("leave --credentials and ADFERRY_CREDENTIALS out; to rehearse with several tokens, start adferry sandbox --tokens FILE, and set ADFERRY_ENDPOINT to its address",
			"--credentials has no use on the embedded sandbox, which takes no token")
	}
	file, err := o.credentialsFile()
	if err != nil || o.namesToken() {
		return err
	}
	if missing := file.Missing(accounts); len(missing) > 0 {
		return withoutCredential(o.file, missing)
	}
	return nil
}

// namesToken reports whether there is a token for ad accounts that no file of credentials
// names.
func (o connection) namesToken() bool {
	return o.tokenFile != "" || strings.TrimSpace(os.Getenv(tokenVariable)) != ""
}

func credentialsError(err error) error {
	return usagef("nothing was sent; adferry writes down no token: the file has the names of variables and files", "--credentials: %w", err)
}

// withoutCredential is the error of ad accounts that the file gives no credential.
func withoutCredential(file string, missing []plan.Account) error {
	return usagef("add a line for each to the file, or one for * (all that are not named); nothing was sent",
		"--credentials: %s has no token for %s", file, reports.NamedAccounts(missing))
}

// tokenVariable is the environment variable of the token of all ad accounts that no file of
// credentials names.
const tokenVariable = "ADFERRY_ACCESS_TOKEN"

// credential is the one credential of all ad accounts, or of those that a file does not name.
func (o connection) credential(stdin io.Reader) (*credentials.Credential, error) {
	token, err := o.token(stdin)
	if err != nil {
		return nil, err
	}
	secret, err := graph.NewSecret(os.Getenv("ADFERRY_APP_SECRET"))
	if err != nil {
		return nil, usagef("", "ADFERRY_APP_SECRET: %w", err)
	}
	c := &credentials.Credential{Label: tokenVariable, Credential: graph.Credential{Token: token, AppSecret: secret}}
	switch o.tokenFile {
	case "":
	case "-":
		c.Label = "--token-file"
	default:
		c.Label = "file:" + o.tokenFile
		c.Read = func() (graph.Secret, error) { return o.token(nil) } // it may have been renewed
	}
	return c, nil
}

// token reads the access token from where it may be: never from an option's value, which
// every process on the machine can see.
func (o connection) token(stdin io.Reader) (graph.Secret, error) {
	text, from := os.Getenv(tokenVariable), tokenVariable
	if file := o.tokenFile; file != "" {
		raw, err := readToken(file, stdin)
		if err != nil {
			return graph.Secret{}, usagef("--token-file takes the name of a file that holds the token, or - for standard input", "--token-file: %s cannot be read: %w", shown(file), graph.WithoutPath(err))
		}
		text, from = raw, "--token-file"
	}
	switch {
	case strings.TrimSpace(text) != "":
	case from == "--token-file":
		return graph.Secret{}, usagef("put the token into the file, and nothing else", "--token-file: %s is empty", shown(o.tokenFile))
	default:
		hint := []string{"set ADFERRY_ACCESS_TOKEN, or name a file with --token-file FILE (- is standard input)"}
		switch {
		case len(o.labels) > 0:
			hint = append(hint, reports.EarlierCredentials(o.labels))
		case o.sandbox:
			hint = append(hint, "to rehearse without one, add --sandbox")
		}
		return graph.Secret{}, &usageError{err: errors.New("no access token is set"), hint: hint}
	}
	token, err := graph.NewSecret(text)
	if err != nil {
		return graph.Secret{}, usagef("", "the access token from %s is invalid: %w", from, err)
	}
	return token, nil
}

func readToken(file string, stdin io.Reader) (string, error) {
	r := stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		r = f
	}
	raw, err := io.ReadAll(io.LimitReader(r, 64<<10))
	return string(raw), err
}

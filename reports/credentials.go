package reports

import (
	"fmt"
	"io"

	"adferry/jobs/preflight"
)

// OtherCredentials tells that a job goes on with other credentials than it ran with so far.
func OtherCredentials(before, now []string) string {
	return "the job ran with " + list(before) + " so far, and goes on with " + list(now)
}

// EarlierCredentials tells with which credentials a job ran that has none now.
func EarlierCredentials(before []string) string {
	return "the job ran with " + list(before) + " so far: name its file with --credentials FILE"
}

// credentialsText shows what the API told of the credentials, and what is wrong with them.
func credentialsText(w io.Writer, all []preflight.CredentialFinding) {
	if len(all) > 1 {
		credentialsTable(w, all)
	}
	for _, c := range all {
		for _, warning := range c.Warnings {
			labelled(w, "warning", OneLine(c.Label)+" "+OneLine(warning))
		}
	}
}

func credentialsTable(w io.Writer, all []preflight.CredentialFinding) {
	fmt.Fprintln(w)
	t := newTable(1)
	t.add("credential", "ad accounts", "app", "ends")
	for _, c := range all {
		t.add(OneLine(c.Label), count(c.Accounts), pick(c.App == "", "-", OneLine(c.App)), ends(c))
	}
	t.write(w)
}

func ends(c preflight.CredentialFinding) string {
	switch {
	case c.Ends != nil:
		return c.Ends.UTC().Format(clockLayout)
	case c.Told:
		return "never"
	}
	return "-"
}

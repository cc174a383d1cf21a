package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"adferry/reports"
)

// Run is the program: it returns the exit code. args are without the program's
// name.
func Run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	// A reader that goes away must not take the run with it: without this, the
	// first write to a closed pipe would end the process.
	signal.Ignore(syscall.SIGPIPE)
	unsetEmptyVariables()
	collectLess()
	s := &streams{
		in: stdin, out: &outlet{w: &plainWriter{w: stdout}},
		secrets: &hidden{first: hideSecrets(args)}, screen: stdout, terminal: stderr,
	}
	s.err = &plainWriter{w: stderr, hide: s.secrets.remove}
	app := newApp(s)
	err := checkSecrets(args)
	if err == nil {
		args, err = reorder(app, args)
	}
	if err == nil {
		err = app.RunContext(ctx, args)
	}
	err = s.outcome(err)
	if err != nil && !errors.As(err, new(*endedError)) {
		report(s.err, err)
	}
	return exitCode(err)
}

// unsetEmptyVariables unsets our environment variables that are empty, as a script's unset
// variable leaves them: they say nothing, and an option would take that for its value.
func unsetEmptyVariables() {
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); value == "" && strings.HasPrefix(name, "ADFERRY_") {
			_ = os.Unsetenv(name)
		}
	}
}

// streams are where a command reads and writes.
type streams struct {
	in  io.Reader
	out *outlet
	err io.Writer

	secrets  *hidden   // what must not be written
	screen   io.Writer // out as it is, to clear it
	terminal io.Writer // err as it is, for progress, which draws
}

// report prints an error as one line and its hints below.
func report(w io.Writer, err error) { complain(w, err.Error(), hints(err)...) }

// complain prints what is wrong as one line, and what to do about it below.
func complain(w io.Writer, what string, hints ...string) {
	fmt.Fprintf(w, "adferry: %s\n", reports.OneLine(what))
	for _, hint := range hints {
		fmt.Fprintf(w, "  hint: %s\n", reports.OneLine(hint))
	}
}

// outcome is what a command ends with. Output that was lost is an error, unless its
// reader has left; but it takes the place of no other outcome.
func (s *streams) outcome(err error) error {
	if err == nil || errors.Is(err, errOutput) {
		return ignoreBrokenPipe(s.out.err)
	}
	s.out.warnLost(s.err)
	return err
}

// say writes a line to standard output.
func (s *streams) say(line string) error {
	_, err := fmt.Fprintln(s.out, line)
	return err
}

// print writes text to standard output as it is.
func (s *streams) print(text string) error {
	_, err := io.WriteString(s.out, text)
	return err
}

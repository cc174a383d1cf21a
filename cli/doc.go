// Package cli is the command line of adferry: arguments, environment, streams,
// signals and exit codes meet the other packages here and nowhere else.
//
// Each command has a file that reads in four steps: the options and arguments become a
// typed request, and with that the CLI library's context is left behind; the request is
// checked; a use case below jobs (cleanup, undo, verify, ...) or the engine, or the engine, carries it out; package reports shows
// what it found. The rest is shared:
//
//	app.go, flags.go, usage_errors.go   the command tree, and the library's errors in our words
//	describe.go, examples.go            the command tree for package manual: help, man, completion
//	options.go                          options that several commands share, as values
//	session.go, connect.go, server.go   what a run needs besides its job
//	runner.go, follow.go, signals.go    a job's run, and who steers or stops it
//	reading.go, output.go               commands that only read, and where output goes
//	manifest.go, manifest_input.go      the manifest: a file, or a pipe
//	errors.go, exit.go                  errors, and the table of their exit codes and hints
//	secrets.go, plain_writer.go         what is kept out of messages
package cli

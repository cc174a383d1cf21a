// Package cli is the command line of adferry: arguments, environment, streams,
// signals and exit codes meet the other packages here and nowhere else.
package cli

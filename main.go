// Command adferry moves ad images between Meta ad accounts in bulk: it reads a
// CSV manifest, copies and deletes images through the Graph API as fast as the
// quotas allow, and can be stopped and resumed at any moment.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"adferry/cli"
)

func main() {
	// What a job needs at a time is about 30 MiB, so that garbage twice as large does little harm;
	// with the default of Go, a tenth of the CPU time goes into collecting it.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Command adferry moves ad images between Meta ad accounts in bulk: it reads a
// CSV manifest, copies and deletes images through the Graph API as fast as the
// quotas allow, and can be stopped and resumed at any moment.
package main

import (
	"context"
	"os"

	"adferry/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

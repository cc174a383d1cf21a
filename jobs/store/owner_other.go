//go:build !unix

package store

// mayWrite leaves it to the write itself.
func mayWrite(string) bool { return true }

func ownerOf(string) string { return "another user" }

//go:build !crashpoints

package engine

// crashPoint marks an instant of an operation's life at which the crash tests
// kill the process. In a normal build it is nothing.
func crashPoint(string) {}

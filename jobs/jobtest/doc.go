// Package jobtest helps tests that run a job against the sandbox: a [World] is a job,
// the server it runs against, and what was seen on the way.
package jobtest

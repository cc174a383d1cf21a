// Package storetest is the conformance suite of the databases that keep jobs: what a state
// means, what is refused, who waits for whom and in which order all of it is read is the same in
// each of them.
//
// [Run] tests one database. [Play] carries out the same history in any, and [Transcript] is all
// that can be read of a job after it, so that the transcripts of two databases can be compared.
package storetest

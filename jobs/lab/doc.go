// Package lab measures how close a run comes to the best possible time under quotas
// that it has to discover, against several models of a server and in virtual time.
// There is nothing in it but tests:
//
//	go test ./jobs/lab -run TestQuotaLab -lab -v
package lab

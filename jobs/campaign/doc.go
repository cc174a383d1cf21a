// Package campaign gives the tests that try many cases of one kind a budget of time
// each: small by default, so that go test ./... stays short, larger in .ci/run, and none
// for whoever looks for what is rare.
//
//	ADFERRY_TEST_BUDGET=10 go test ./cli                # ten times the usual budgets
//	ADFERRY_TEST_BUDGET=unlimited go test ./jobs/engine # every case there is
//
// A test names some cases that are always tried, one of each kind; what it left out of
// the others is in its log (go test -v).
package campaign

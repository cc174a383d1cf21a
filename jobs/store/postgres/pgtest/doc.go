// Package pgtest starts PostgreSQL for tests, from the programs that the system's packages
// installed. A test is skipped, with the reason, where there are none.
package pgtest

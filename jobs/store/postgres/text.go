package postgres

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"adferry/jobs/store"
)

// texts makes queries of package store into those for one job, and remembers them.
type texts struct {
	job   int32
	known sync.Map // of strings by strings
}

func (t *texts) text(query string) string {
	if known, ok := t.known.Load(query); ok {
		return known.(string)
	}
	made := text(query, t.job)
	t.known.Store(query, made)
	return made
}

var (
	// lookup is a join of a table by one of its keys.
	lookup       = regexp.MustCompile(`\b(?:CROSS )?JOIN (rows|ops|needs|outcomes) ([a-z])(?: INDEXED BY \w+)? ON [a-z]\.(\w+) = ([\w.]+)`)
	hints        = regexp.MustCompile(` INDEXED BY \w+| WITHOUT ROWID|\bCROSS (JOIN)`)
	list         = regexp.MustCompile(`json_each\(\?\)`)
	placeholders = regexp.MustCompile(`\?`)
)

// text makes a query of package store into one for PostgreSQL and a job.
func text(query string, job int32) string {
	query = lookup.ReplaceAllString(query, fmt.Sprintf("JOIN LATERAL (SELECT * FROM adferry.$1 WHERE job = %d AND $3 = $4 OFFSET 0) AS $2 ON TRUE", job))
	query = store.TableReference.ReplaceAllStringFunc(query, func(reference string) string {
		parts := store.TableReference.FindStringSubmatch(reference)
		keyword, table, alias := parts[1], parts[2], parts[3]
		if alias == "" {
			alias = table
		}
		return fmt.Sprintf("%s (SELECT * FROM adferry.%s WHERE job = %d) AS %s", keyword, table, job, alias)
	})
	query = hints.ReplaceAllString(query, "$1")
	query = list.ReplaceAllString(query, "(SELECT value::bigint AS value FROM json_array_elements_text(?::json))")
	n := 0
	return placeholders.ReplaceAllStringFunc(strings.TrimSpace(query), func(string) string {
		n++
		return "$" + strconv.Itoa(n)
	})
}

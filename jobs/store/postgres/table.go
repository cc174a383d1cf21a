package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
)

// table is a table of jobs, into which rows are written with one statement, whatever their number: what
// is written goes there as one JSON array.
type table struct {
	name    string
	columns []string // but for the number of the job
	put     string   // the statement: $1 is the job, $2 the array
}

// The tables, and what becomes of a row that is there already.
var (
	rowsTable     = newTable("rows", `line bigint, verb text, first bigint, del bigint, record bytea`, 1, ``)
	opsTable      = newTable("ops", `id bigint, kind text, source text, hash text, target text, file text, lane text, needs smallint, needed smallint, guard text`, 1, ``)
	needsTable    = newTable("needs", `op bigint, need bigint`, 2, ``)
	metaTable     = newTable("meta", `key text, value text`, 1, ``)
	outcomesTable = newTable("outcomes", `op bigint, state text, reason text, target_hash text, created smallint, seen bigint, tried smallint, attempts integer, code integer, subcode integer,
		message text, trace text, started bigint, finished bigint, last_sent bigint, creatives text`, 1, replaced)
	lanesTable     = newTable("lanes", `account text, tier integer, parked_until bigint, parked_for text, calls bigint, throttles bigint, parked bigint`, 1, replaced)
	samplesTable   = newTable("samples", `at bigint, settled bigint, failed bigint, parked bigint`, 1, replaced)
	parksTable     = newTable("parks", `account text, since bigint, until bigint, code integer, subcode integer`, 0, ``)
	rowCountsTable = newTable("row_counts", `verb text, account text, first text, first_reason text, del text, del_reason text, n bigint`, 6, `n = t.n + excluded.n`)
	opCountsTable  = newTable("op_counts", `kind text, lane text, others text, state text, blames smallint, n bigint, finished bigint`, 5, `n = t.n + excluded.n, finished = greatest(t.finished, excluded.finished)`)
)

// replaced says that a row replaces the one that is there.
const replaced = "replaced"

// newTable is a table with so many columns in its key, besides the job. A row that is there is changed as
// update says; "": there is none.
func newTable(name, columns string, key int, update string) table {
	t := table{name: name}
	for column := range strings.SplitSeq(columns, ",") {
		t.columns = append(t.columns, strings.Fields(column)[0])
	}
	t.put = fmt.Sprintf(`INSERT INTO adferry.%s AS t (job, %s) SELECT $1, x.* FROM json_to_recordset($2::json) AS x(%s)`, name, strings.Join(t.columns, ", "), columns)
	if update == replaced {
		rest := t.columns[key:]
		update = `(` + strings.Join(rest, ", ") + `) = ROW(excluded.` + strings.Join(rest, ", excluded.") + `)`
	}
	if update != "" {
		t.put += ` ON CONFLICT (job, ` + strings.Join(t.columns[:key], ", ") + `) DO UPDATE SET ` + update
	}
	return t
}

// write writes rows; values are those of one.
func write[T any](tx *sql.Tx, job int32, t table, all []T, values func(T) []any) error {
	if len(all) == 0 {
		return nil
	}
	array := []byte{'['}
	for i, row := range all {
		if i > 0 {
			array = append(array, ',')
		}
		array = t.appendObject(array, values(row))
	}
	_, err := tx.Exec(t.put, job, string(append(array, ']')))
	return err
}

// appendObject appends a row as a JSON object whose names are those of the columns.
func (t table) appendObject(b []byte, row []any) []byte {
	b = append(b, '{')
	for i, value := range row {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, '"'), t.columns[i]...), `":`...)
		switch v := value.(type) {
		case int64:
			b = strconv.AppendInt(b, v, 10)
		case string:
			text, _ := json.Marshal(valid(v)) // of a string there is no error
			b = append(b, text...)
		}
	}
	return append(b, '}')
}

// valid is a text that PostgreSQL can keep: it has no zero bytes.
func valid(text string) string { return strings.ReplaceAll(text, "\x00", "\ufffd") }

// copyInto copies rows into a table of a new job; values are those of one.
func copyInto[T any](ctx context.Context, tx pgx.Tx, job int32, t table, all []T, values func(T) []any) error {
	_, err := tx.CopyFrom(ctx, pgx.Identifier{"adferry", t.name}, append([]string{"job"}, t.columns...), pgx.CopyFromSlice(len(all), func(i int) ([]any, error) {
		return append([]any{job}, values(all[i])...), nil
	}))
	return err
}

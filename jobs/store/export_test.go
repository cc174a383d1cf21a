package store

import (
	"context"
	"strings"
)

// Miscounted lists the counts of the job that differ from its rows and operations, of all that
// there are. Those of nothing are as good as none.
func (j *Job) Miscounted(ctx context.Context) (wrong []string, err error) {
	for table, c := range map[string]struct{ columns, counted string }{
		"row_counts": {`*`, countRows},
		"op_counts":  {`kind, lane, others, state, blames, n`, countOps}, // finished may be a time of one that was reopened
	} {
		kept, counted := `SELECT `+c.columns+` FROM `+table+` WHERE n > 0`, `SELECT `+c.columns+` FROM (`+c.counted+`)`
		for sign, query := range map[string]string{"+": kept + ` EXCEPT ` + counted, "-": counted + ` EXCEPT ` + kept} {
			rows, err := j.read.QueryContext(ctx, query)
			if err != nil {
				return nil, err
			}
			defer rows.Close()
			for rows.Next() {
				columns, err := rows.Columns()
				if err != nil {
					return nil, err
				}
				values := make([]string, len(columns))
				into := make([]any, len(columns))
				for i := range values {
					into[i] = &values[i]
				}
				if err := rows.Scan(into...); err != nil {
					return nil, err
				}
				wrong = append(wrong, table+" "+sign+" "+strings.Join(values, "|"))
			}
			if err := rows.Err(); err != nil {
				return nil, err
			}
		}
	}
	return wrong, nil
}

package plan_test

import (
	"errors"
	"fmt"
	"strings"

	"adferry/plan"
)

func Example() {
	manifest := `operation,source_account,hash,target_account,campaign
move,act_111,0123456789abcdef0123456789abcdef,222,Spring
copy,222,0123456789abcdef0123456789abcdef,333,Spring
`
	p, err := plan.Read(strings.NewReader(manifest), func(r plan.Row) error {
		cells, err := plan.Cells(r.Record)
		fmt.Printf("line %d: %v, campaign %s\n", r.Line, r.Verb, cells[4])
		return err
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for op := range p.Ops() {
		fmt.Println(op.ID, op.Kind, op.Source, op.Target, "on the account of", op.Lane())
	}
	for op, need := range p.Needs() {
		fmt.Println(op, "waits for", need)
	}
	// Output:
	// line 2: move, campaign Spring
	// line 3: copy, campaign Spring
	// 1 copy 111 222 on the account of 222
	// 2 delete 111  on the account of 111
	// 3 copy 222 333 on the account of 333
	// 2 waits for 1
	// 3 waits for 1
}

func ExampleProblemsError() {
	manifest := `source_account,hash,traget_account
1.23E+15,0123456789abcdef0123456789abcdef,222
`
	_, err := plan.Read(strings.NewReader(manifest), nil)
	var bad *plan.ProblemsError
	if errors.As(err, &bad) {
		for _, p := range bad.Problems {
			fmt.Println(p)
		}
	}
	// Output:
	// line 1, traget_account: no such column; did you mean target_account? otherwise rename it
	// line 2, source_account "1.23E+15": not an account id: a spreadsheet has rounded it and digits are lost; import the original file anew, with the column as text, and export that
}

package fleet

import (
	"context"

	"adferry/graph"
	"adferry/jobs/engine"
	"adferry/jobs/proof"
	"adferry/jobs/store"
	"adferry/plan"
)

// guard has an engine check before each picture that it keeps, and after each file that it cannot read,
// whether it still sees the folders of its job. Else it ends with a [*proof.UnseenError].
func guard(o engine.Options, m store.Meta) engine.Options {
	if o.Backup != nil {
		o.Backup = guardedBackup{o.Backup, m}
	}
	if read := o.File; read != nil {
		o.File = func(op plan.Op) (graph.File, error) {
			file, err := read(op)
			if err != nil {
				if unseen := seen(context.Background(), m); unseen != nil {
					return file, unseen
				}
			}
			return file, err
		}
	}
	return o
}

// guardedBackup is a backup in a folder that may be moved, or no longer be mounted.
type guardedBackup struct {
	engine.Backup
	meta store.Meta
}

func (b guardedBackup) Save(ctx context.Context, account plan.Account, image graph.Image) (graph.Sum, error) {
	if err := proof.Check(ctx, b.meta); err != nil {
		return graph.Sum{}, err
	}
	return b.Backup.Save(ctx, account, image)
}

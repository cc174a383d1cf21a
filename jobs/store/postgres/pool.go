package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
)

// poolSize is how many connections River has, of which it keeps one to listen.
const poolSize = 6

// Pool is a pool of connections for River, whose tables are in the schema adferry. It connects when
// it is used, and again after a connection was lost.
func (d *Database) Pool(ctx context.Context) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(d.config.ConnString())
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	config.ConnConfig, config.MaxConns = d.session(nil), poolSize
	return pgxpool.NewWithConfig(ctx, config)
}

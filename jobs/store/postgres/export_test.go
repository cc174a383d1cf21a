package postgres

import (
	"context"
	"net"
)

// SetDial makes the database dial in another way.
func (d *Database) SetDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	d.config.DialFunc = dial
}

// SetLookup makes each host have this address.
func (d *Database) SetLookup(address string) {
	d.config.LookupFunc = func(context.Context, string) ([]string, error) { return []string{address}, nil }
}

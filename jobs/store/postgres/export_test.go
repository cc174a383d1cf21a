package postgres

import (
	"context"
	"net"
)

// SetDial makes the database dial in another way.
func (d *Database) SetDial(dial func(ctx context.Context, network, address string) (net.Conn, error)) {
	d.config.DialFunc = dial
}

package cleanup

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"adferry/plan"
)

// Keep is a set of images that stay: 16 bytes each. Its zero value and nil are
// empty.
type Keep struct {
	anywhere hashes
	in       map[plan.Account]hashes
}

// hashes are sorted, each there once.
type hashes [][16]byte

// Has reports whether the image stays in the account.
func (k *Keep) Has(account plan.Account, hash plan.Hash) bool {
	if k == nil {
		return false
	}
	h := bytesOf(hash)
	return k.anywhere.has(h) || k.in[account].has(h)
}

// Len is how many entries the set has.
func (k *Keep) Len() int {
	if k == nil {
		return 0
	}
	n := len(k.anywhere)
	for _, h := range k.in {
		n += len(h)
	}
	return n
}

// Read adds a keep list, of one of the forms in the package comment. The error
// names the line. After one the set is not to be used.
func (k *Keep) Read(r io.Reader) error {
	buf := bufio.NewReader(r)
	if mark, _ := buf.Peek(3); bytes.Equal(mark, []byte("\xef\xbb\xbf")) {
		_, _ = buf.Discard(3)
	}
	rows := csv.NewReader(buf)
	rows.Comment = '#'
	rows.FieldsPerRecord = -1
	rows.ReuseRecord = true
	record, err := rows.Read()
	if errors.Is(err, io.EOF) {
		return errors.New("it is empty; a keep list that keeps nothing is taken for a mistake")
	}
	if err != nil {
		return err
	}
	l := newLayout(record)
	if !l.header {
		if _, err := plan.ParseHash(strings.TrimSpace(record[0])); err != nil || len(record) > 1 {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("line %d: neither an image hash nor a header that names target_hash or hash", line)
		}
		err = k.add(l, record)
	}
	for err == nil {
		if record, err = rows.Read(); err == nil {
			err = k.add(l, record)
		}
		if err != nil && !errors.Is(err, io.EOF) && !errors.As(err, new(*csv.ParseError)) {
			line, _ := rows.FieldPos(0)
			err = fmt.Errorf("line %d: %w", line, err)
		}
	}
	if !errors.Is(err, io.EOF) {
		return err
	}
	k.sort()
	return nil
}

// layout says where a keep list has what; -1 is nowhere.
type layout struct {
	header                bool
	hash, target, account int
	width                 int
}

func newLayout(record []string) layout {
	at := func(name string) int {
		return slices.IndexFunc(record, func(cell string) bool { return strings.EqualFold(strings.TrimSpace(cell), name) })
	}
	l := layout{hash: at("hash"), target: at("target_hash"), account: at("target_account"), width: len(record)}
	if l.header = l.hash >= 0 || l.target >= 0; !l.header {
		l.hash = 0
	}
	return l
}

// add keeps what a record names.
func (k *Keep) add(l layout, record []string) error {
	if len(record) != l.width {
		return fmt.Errorf("it has %d cells, and the first line %d", len(record), l.width)
	}
	named := false
	for _, at := range []int{l.hash, l.target} {
		if at < 0 || strings.TrimSpace(record[at]) == "" {
			continue
		}
		named = true
		hash, err := plan.ParseHash(strings.TrimSpace(record[at]))
		if err != nil {
			return err
		}
		if at == l.hash || l.account < 0 {
			k.anywhere = append(k.anywhere, bytesOf(hash))
			continue
		}
		account, err := plan.ParseAccount(strings.TrimSpace(record[l.account]))
		if err != nil {
			return err
		}
		if k.in == nil {
			k.in = map[plan.Account]hashes{}
		}
		k.in[account] = append(k.in[account], bytesOf(hash))
	}
	if !named {
		return errors.New("it names no image hash")
	}
	return nil
}

func (k *Keep) sort() {
	k.anywhere = k.anywhere.sorted()
	for account, h := range k.in {
		k.in[account] = h.sorted()
	}
}

func (h hashes) sorted() hashes {
	slices.SortFunc(h, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
	return slices.Clip(slices.Compact(h))
}

func (h hashes) has(one [16]byte) bool {
	_, found := slices.BinarySearchFunc(h, one, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
	return found
}

// bytesOf is a hash in half the room. A plan.Hash is 32 hex digits.
func bytesOf(h plan.Hash) (b [16]byte) {
	_, _ = hex.Decode(b[:], []byte(h))
	return b
}

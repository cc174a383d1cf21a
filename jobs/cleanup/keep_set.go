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

// KeepSet is the set of images that keep lists name: 16 bytes each. Its zero value
// and nil are empty.
type KeepSet struct {
	anywhere hashes
	in       map[plan.Account]hashes
}

// hashes are sorted, each there once.
type hashes [][16]byte

// Has reports whether a keep list names the image in the account.
func (k *KeepSet) Has(account plan.Account, hash plan.Hash) bool {
	if k == nil {
		return false
	}
	h := bytesOf(hash)
	return k.anywhere.has(h) || k.in[account].has(h)
}

// Len is the number of entries; an image that is kept everywhere is one.
func (k *KeepSet) Len() int {
	if k == nil {
		return 0
	}
	n := len(k.anywhere)
	for _, h := range k.in {
		n += len(h)
	}
	return n
}

// Read adds a keep list, in one of the formats of the package documentation. The
// error names the line; after one, do not use the set.
func (k *KeepSet) Read(r io.Reader) error {
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
		return errors.New("the keep list is empty, which is most likely a mistake")
	}
	if err != nil {
		return err
	}
	l := newColumns(record)
	if !l.header {
		if _, err := plan.ParseHash(strings.TrimSpace(record[0])); err != nil || len(record) > 1 {
			line, _ := rows.FieldPos(0)
			return fmt.Errorf("line %d is neither an image hash nor a header with the column target_hash or hash", line)
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

// columns are the positions of a keep list's columns; -1 is a column that it lacks.
type columns struct {
	header                bool
	hash, target, account int
	width                 int
}

func newColumns(record []string) columns {
	at := func(name string) int {
		return slices.IndexFunc(record, func(cell string) bool { return strings.EqualFold(strings.TrimSpace(cell), name) })
	}
	l := columns{hash: at("hash"), target: at("target_hash"), account: at("target_account"), width: len(record)}
	if l.header = l.hash >= 0 || l.target >= 0; !l.header {
		l.hash = 0
	}
	return l
}

// add adds the images that a record names.
func (k *KeepSet) add(l columns, record []string) error {
	if len(record) != l.width {
		return fmt.Errorf("the number of cells is %d, but %d in the first line", len(record), l.width)
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
		return errors.New("no image hash")
	}
	return nil
}

func (k *KeepSet) sort() {
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

// bytesOf decodes a hash, which as a plan.Hash is 32 hex digits.
func bytesOf(h plan.Hash) (b [16]byte) {
	_, _ = hex.Decode(b[:], []byte(h))
	return b
}

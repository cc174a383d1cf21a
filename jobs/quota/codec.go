package quota

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"time"
)

// What is saved of a [Lane] begins with a byte for its layout, and ends with a checksum of all
// before (CRC-32, IEEE, little-endian). Between them are the fields in the order of the methods
// named fields, which read them, too: integers and times (Unix, in nanoseconds; 0: none) as signed
// varints, floating-point numbers as unsigned varints of their reversed bits, which are short for
// whole numbers.

// layout is the number of the layout. Any change of a method named fields takes the next one.
const layout = 1

// errDamaged is why something saved is not loaded.
var errDamaged = errors.New("what was saved of a quota is damaged")

// codec writes fields, or reads them.
type codec struct {
	reads bool
	bytes []byte // written so far, or left to read
	err   error
}

// save is what fields writes.
func save(fields func(*codec)) []byte {
	c := codec{bytes: []byte{layout}}
	fields(&c)
	return binary.LittleEndian.AppendUint32(c.bytes, crc32.ChecksumIEEE(c.bytes))
}

// load has fields read what save returned.
func load(saved []byte, fields func(*codec)) error {
	end := len(saved) - crc32.Size
	switch {
	case end < 1 || crc32.ChecksumIEEE(saved[:end]) != binary.LittleEndian.Uint32(saved[end:]):
		return errDamaged
	case saved[0] != layout:
		return fmt.Errorf("what was saved of a quota has layout %d, and this version of adferry reads %d", saved[1], layout)
	}
	c := codec{reads: true, bytes: saved[1:end]}
	fields(&c)
	if c.err == nil && len(c.bytes) > 0 {
		return errDamaged
	}
	return c.err
}

// signed is a signed varint.
func (c *codec) signed(v int64) int64 {
	if !c.reads {
		c.bytes = binary.AppendVarint(c.bytes, v)
		return v
	}
	v, n := binary.Varint(c.bytes)
	return took(c, v, n)
}

// unsigned is an unsigned varint.
func (c *codec) unsigned(v uint64) uint64 {
	if !c.reads {
		c.bytes = binary.AppendUvarint(c.bytes, v)
		return v
	}
	v, n := binary.Uvarint(c.bytes)
	return took(c, v, n)
}

// took is a value that was read from the first n bytes, or 0 if they are damaged.
func took[T int64 | uint64](c *codec, v T, n int) T {
	if n <= 0 {
		c.bytes, c.err = nil, errDamaged
		return 0
	}
	c.bytes = c.bytes[n:]
	return v
}

// integer is an integer, an enumeration or a duration.
func integer[T ~int | ~int32 | ~int64 | ~uint8](c *codec, v *T) { *v = T(c.signed(int64(*v))) }

func (c *codec) flag(v *bool) {
	n := int64(0)
	if *v {
		n = 1
	}
	*v = c.signed(n) != 0
}

func (c *codec) number(v *float64) {
	*v = math.Float64frombits(bits.Reverse64(c.unsigned(bits.Reverse64(math.Float64bits(*v)))))
	if math.IsNaN(*v) || math.IsInf(*v, 0) {
		*v, c.err = 0, errDamaged
	}
}

func (c *codec) time(v *time.Time) {
	n := int64(0)
	if !v.IsZero() {
		n = v.UnixNano()
	}
	if n = c.signed(n); c.reads {
		if *v = (time.Time{}); n != 0 {
			*v = time.Unix(0, n)
		}
	}
}

package cli

import (
	"strings"
	"testing"
)

func TestPlainWriter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"plain\ttext\n", "plain\ttext\n"},
		{"größer, 画像, \u200e", "größer, 画像, \u200e"},
		{"\x1b[2Jgone\r\x07\x7f", "\ufffd[2Jgone\ufffd\ufffd\ufffd"},
		{"\u009b31m", "\ufffd31m"},
		{"\x9b31m", "\ufffd31m"},
		{"a\x00b", "a\ufffdb"},
	} {
		for _, size := range []int{1, 2, 3, 100} { // characters may come in parts
			var out strings.Builder
			w := &plainWriter{w: &out}
			for rest := tt.in; rest != ""; {
				n := min(size, len(rest))
				if written, err := w.Write([]byte(rest[:n])); written != n || err != nil {
					t.Errorf("%q: wrote %d of %d, %v", tt.in, written, n, err)
				}
				rest = rest[n:]
			}
			if out.String() != tt.want {
				t.Errorf("%q in parts of %d: got %q, want %q", tt.in, size, out.String(), tt.want)
			}
		}
	}
}

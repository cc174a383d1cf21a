package dispatch

import (
	"fmt"
	"strings"
	"testing"
)

func TestWidth(t *testing.T) {
	for _, test := range []struct{ name, answers, want string }{
		{"never failed", "++", "500 500 500"},
		{"fails and recovers", "-++++", "500 250 250 500 500 500"},
		{"fails down to one", "----------", "500 250 125 62 31 15 7 3 1 1 1"},
		{"now and then", "-++++++-++", "500 250 250 500 500 500 500 500 250 250 500"},
		{"a limit in between costs ever less", "-++-++++-++++++++-", "500 250 250 500 250 250 250 250 500 250 250 250 250 250 250 250 250 500 250"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWidth(500)
			got := []string{fmt.Sprint(w.Now)}
			for _, answer := range test.answers {
				if answer == '+' {
					w = w.Passed()
				} else {
					w = w.Failed(w.Now)
				}
				got = append(got, fmt.Sprint(w.Now))
			}
			if s := strings.Join(got, " "); s != test.want {
				t.Errorf("got %s, want %s", s, test.want)
			}
		})
	}
	w := newWidth(50)
	for range 8 {
		w = w.Failed(50)
	}
	if w.Now != 25 {
		t.Errorf("got %d after eight reads of 50 failed together, want 25", w.Now)
	}
}

package manual_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"adferry/cli/manual"
)

// TestMain lets the shells call this test binary as the program whose lines they complete.
func TestMain(m *testing.M) {
	if args := os.Args[1:]; len(args) > 0 && args[0] == manual.CompleteCommand {
		_, _ = os.Stdout.WriteString(sample.Complete(args[1:]).String())
		return
	}
	os.Exit(m.Run())
}

// The lines end at the cursor, and want is all that can stand in the place of their last
// word, in the order of the alphabet. The folder has list.csv, kept.txt and the folder kept.
var shellCases = []struct{ line, want string }{
	{"ferry ", "completion go help stop"},
	{"ferry g", "go"},
	{"./ferry g", "go"},
	{"ferry go --qu", "--quiet --quota"},
	{"ferry go --quiet --qu", "--quota"},
	{"ferry go --quota ", "auto full off"},
	{"ferry go list.csv --quota a", "auto"},
	{"ferry go l", "list.csv"},
	{"ferry go list.csv --out k", "kept"},
	{"ferry go --keep k", "kept kept.txt"},
	{"ferry help s", "stop"},
	{"ferry completion z", "zsh"},
	{"ferry go list.csv k", "k"},
	{"ferry stop k", "k"},
	{"ferry fly k", "k"},
}

// joinedCases have an option and its value in one word, which bash makes three of.
var joinedCases = []struct{ line, want string }{
	{"ferry go --quota=", "auto full off"},
	{"ferry go --quota=f", "full"},
	{"ferry go --out=k", "kept"},
	{"ferry go --quota=full l", "list.csv"},
}

// Bash and zsh are asked on a terminal, with the key that puts all that fits into the line;
// another key shows the line.

func TestBash(t *testing.T) {
	dir, script := shellFolder(t, "bash")
	rc := filepath.Join(t.TempDir(), "rc")
	writeFile(t, rc, "PS1=ready:\nset +o history\nsource "+script+`
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
bind '"\C-g": insert-completions'
show() { echo "<$READLINE_LINE>"; READLINE_LINE=; }
bind -x '"\C-t": show'
`)
	sh := startShell(t, dir, "bash", "--noprofile", "--rcfile", rc, "-i")
	for _, tt := range slices.Concat(shellCases, joinedCases) {
		before := tt.line[:strings.LastIndexAny(tt.line, " =")+1]
		if got := fitting(sh.lineAfter(t, tt.line), before); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.line, got, tt.want)
		}
	}
}

func TestZsh(t *testing.T) {
	dir, script := shellFolder(t, "zsh")
	home := t.TempDir()
	writeFile(t, filepath.Join(home, ".zshrc"), `PS1=ready:
autoload -Uz compinit && compinit -u -D
source `+script+`
zle -C all complete-word _generic
bindkey '^g' all
zstyle ':completion:all:*' completer _all_matches _complete
zstyle ':completion:all:*' insert true
show() { zle -I; print -r -- "<$BUFFER>"; BUFFER= }
zle -N show
bindkey '^t' show
`)
	t.Setenv("ZDOTDIR", home)
	sh := startShell(t, dir, "zsh", "-i")
	for _, tt := range slices.Concat(shellCases, joinedCases) {
		before := tt.line[:strings.LastIndexAny(tt.line, " ")+1]
		if got := strings.ReplaceAll(fitting(sh.lineAfter(t, tt.line), before), "--quota=", ""); strings.TrimPrefix(got, "--out=") != tt.want {
			t.Errorf("%q: got %q, want %q", tt.line, got, tt.want)
		}
	}
}

// Fish answers without a terminal.
func TestFish(t *testing.T) {
	dir, script := shellFolder(t, "fish")
	for _, tt := range slices.Concat(shellCases, joinedCases) {
		cmd := exec.Command("fish", "--no-config", "-c", "source $argv[1]; complete -C $argv[2]", script, tt.line)
		cmd.Dir = dir
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%q: %v", tt.line, err)
		}
		var words []string
		for line := range strings.Lines(string(out)) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), "\t")
			words = append(words, strings.TrimPrefix(strings.TrimPrefix(word, "--quota="), "--out="))
		}
		want := tt.want
		if want == "k" { // nothing fits, and the word stays
			want = ""
		}
		if got := sorted(words); got != want {
			t.Errorf("%q: got %q, want %q", tt.line, got, want)
		}
	}
}

// fitting is what stands in a line behind what was there before.
func fitting(line, before string) string {
	rest, ok := strings.CutPrefix(line, before)
	if !ok {
		return "changed to " + line
	}
	return sorted(strings.Fields(rest))
}

// sorted joins words in the order of the alphabet, folders without the mark that some
// shells give them.
func sorted(words []string) string {
	for i := range words {
		words[i] = strings.TrimSuffix(words[i], "/")
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// shellFolder makes the folder of the cases, with the program in it and on the PATH, and
// the shell's script.
func shellFolder(t *testing.T, shell string) (dir, script string) {
	t.Helper()
	if _, err := exec.LookPath(shell); err != nil {
		t.Skip(shell, "is not installed")
	}
	text, err := sample.Script(shell)
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	script = filepath.Join(t.TempDir(), "script")
	writeFile(t, script, text)
	for _, name := range []string{"list.csv", "kept.txt"} {
		writeFile(t, filepath.Join(dir, name), "")
	}
	if err := os.Mkdir(filepath.Join(dir, "kept"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(dir, "ferry")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return dir, script
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// shell is an interactive shell on a terminal.
type shell struct {
	terminal *os.File
	seen     chan string
	text     string // seen and not looked at yet
}

func startShell(t *testing.T, dir, name string, args ...string) *shell {
	t.Helper()
	master, slave := terminal(t)
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, slave, slave, slave
	cmd.Env = append(os.Environ(), "TERM=dumb")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	s := &shell{terminal: master, seen: make(chan string)}
	go func() {
		defer close(s.seen)
		buffer := make([]byte, 4096)
		for {
			n, err := master.Read(buffer)
			if err != nil {
				return
			}
			s.seen <- string(buffer[:n])
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		master.Close()
		for range s.seen {
		}
	})
	s.until(t, regexp.MustCompile(`ready:()`))
	return s
}

// lineAfter types a line and the two keys, and returns the line as the shell has it then.
func (s *shell) lineAfter(t *testing.T, line string) string {
	t.Helper()
	fmt.Fprint(s.terminal, line+"\x07\x14")
	return s.until(t, regexp.MustCompile(`<([^>\r\n]*)>`))
}

// until waits until something was seen, and returns the part of it in parentheses.
func (s *shell) until(t *testing.T, what *regexp.Regexp) string {
	t.Helper()
	timeout := time.After(20 * time.Second)
	for {
		if m := what.FindStringSubmatchIndex(s.text); m != nil {
			found := s.text[m[2]:m[3]]
			s.text = s.text[m[1]:]
			return found
		}
		select {
		case more, ok := <-s.seen:
			if !ok {
				t.Fatalf("the shell ended after %q", s.text)
			}
			s.text += more
		case <-timeout:
			t.Fatalf("the shell shows no %v, but %q", what, s.text)
		}
	}
}

// terminal opens a pseudo terminal.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(slave.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 200})
	}
	if err != nil {
		t.Skip("no pseudo terminals here:", err)
	}
	return master, slave
}

package credentials

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"adferry/graph"
	"adferry/plan"
)

// everyAccount is the account of a row that stands for all accounts that are not named.
const everyAccount = "*"

// mostBytes bounds the file: a hundred thousand accounts are less.
const mostBytes = 16 << 20

// File is what a credentials file says. It has no secrets.
type File struct {
	SHA256   string // of the file's bytes, in hex
	sources  []source
	accounts map[plan.Account]int // index of the account's source
	rest     int                  // index of the source of accounts that are not named; -1: none
}

// Missing lists the accounts for which the file has no credential.
func (f *File) Missing(accounts []plan.Account) []plan.Account {
	if f.rest >= 0 {
		return nil
	}
	return unnamed(accounts, f.accounts)
}

// unnamed lists the accounts that are not among those that are named.
func unnamed[V any](accounts []plan.Account, named map[plan.Account]V) []plan.Account {
	return slices.DeleteFunc(slices.Clone(accounts), func(a plan.Account) bool {
		_, ok := named[a]
		return ok
	})
}

// source is where the secrets of a credential are.
type source struct {
	token     string
	appSecret string // "" for none
	line      int    // that named it first
}

// Problem is what is wrong in a line of the file.
type Problem struct {
	Line   int // 1 is the header; 0: the file as a whole
	What   string
	Advice string // what to do
}

// ProblemsError lists everything that is wrong with a credentials file.
type ProblemsError struct {
	Name     string // of the file
	Problems []Problem
}

func (e *ProblemsError) Error() string {
	var lines []string
	for _, p := range e.Problems {
		where := e.Name
		if p.Line > 0 {
			where = fmt.Sprintf("%s line %d", e.Name, p.Line)
		}
		text := where + ": " + p.What
		if p.Advice != "" {
			text += "; " + p.Advice
		}
		lines = append(lines, text)
	}
	return strings.Join(lines, "\n")
}

// Parse reads a credentials file, whose name is for messages. Its error is a *ProblemsError,
// or that of r. No error repeats a value that may be a secret.
func Parse(name string, r io.Reader) (*File, error) {
	raw, err := io.ReadAll(io.LimitReader(r, mostBytes+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > mostBytes {
		return nil, &ProblemsError{name, []Problem{{0, "it has more than 16 MiB", "is it the wrong file?"}}}
	}
	sum := sha256.Sum256(raw)
	p := &parser{File: File{SHA256: hex.EncodeToString(sum[:]), accounts: map[plan.Account]int{}, rest: -1}, lines: map[string]int{}}
	p.read(csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte("\ufeff")))))
	if len(p.problems) > 0 {
		return nil, &ProblemsError{name, p.problems}
	}
	return &p.File, nil
}

// parser collects what is in a file and what is wrong with it.
type parser struct {
	File
	columns  [3]int // of account, token, app_secret; -1: there is none
	lines    map[string]int
	problems []Problem
}

var columnNames = [3]string{"account", "token", "app_secret"}

func (p *parser) wrong(line int, what, advice string) {
	p.problems = append(p.problems, Problem{line, what, advice})
}

func (p *parser) read(r *csv.Reader) {
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	header, err := r.Read()
	if err != nil {
		p.wrong(0, "it is empty or no CSV file", "its first line is account,token,app_secret")
		return
	}
	if !p.header(header) {
		return
	}
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if parse := (*csv.ParseError)(nil); errors.As(err, &parse) {
			p.wrong(parse.Line, "it is no CSV: "+parse.Err.Error(), "check its quotes")
			return
		}
		line, _ := r.FieldPos(0)
		p.row(row, len(header), line)
	}
	if len(p.sources) == 0 && len(p.problems) == 0 {
		p.wrong(0, "it names no account", "add a line such as act_123,NORTH_TOKEN,")
	}
}

// header finds the columns, and reports whether rows can be read.
func (p *parser) header(header []string) bool {
	p.columns = [3]int{-1, -1, -1}
	for i, cell := range header {
		name := strings.ToLower(strings.TrimSpace(cell))
		at := slices.Index(columnNames[:], name)
		switch {
		case graph.LooksLikeToken(cell):
			p.wrong(1, secretInside, renewAdvice)
		case at < 0 && len(name) > 20:
			p.wrong(1, fmt.Sprintf("column %d is not one of account, token, app_secret", i+1), "its first line is account,token,app_secret")
		case at < 0:
			p.wrong(1, fmt.Sprintf("the column %q is not one of account, token, app_secret", cell), "remove or rename it")
		case p.columns[at] >= 0:
			p.wrong(1, fmt.Sprintf("the column %s comes twice", name), "remove one of them")
		default:
			p.columns[at] = i
		}
	}
	for i, name := range columnNames[:2] {
		if p.columns[i] < 0 && len(p.problems) == 0 {
			p.wrong(1, "there is no column "+name, "its first line is account,token,app_secret")
		}
	}
	return len(p.problems) == 0
}

func (p *parser) row(row []string, width, line int) {
	if len(row) != width {
		p.wrong(line, fmt.Sprintf("it has %d cells, and the header has %d", len(row), width), "separate cells by commas")
		return
	}
	var cells [3]string
	for i, at := range p.columns {
		if at >= 0 {
			cells[i] = strings.TrimSpace(row[at])
		}
	}
	before := len(p.problems)
	account := p.account(cells[0], line)
	p.place("token", cells[1], line)
	if cells[1] == "" && len(p.problems) == before {
		p.wrong(line, "it names no token", "write the name of an environment variable, or file:PATH")
	}
	p.place("app_secret", cells[2], line)
	if len(p.problems) > before {
		return
	}
	i := p.source(cells[1], cells[2], line)
	if cells[0] == everyAccount {
		p.rest = i
	} else {
		p.accounts[account] = i
	}
}

// account reads the account of a row, which no other row may have.
func (p *parser) account(cell string, line int) (a plan.Account) {
	if graph.LooksLikeToken(cell) {
		p.wrong(line, secretInside, renewAdvice)
		return ""
	}
	if cell != everyAccount {
		var err error
		if a, err = plan.ParseAccount(cell); err != nil {
			if len(cell) > 24 { // it may be a secret
				p.wrong(line, "its account is no ad account id", "write act_ and digits, or * for all accounts that are not named")
			} else {
				p.wrong(line, err.Error(), "")
			}
			return ""
		}
		cell = a.Act()
	}
	if first, twice := p.lines[cell]; twice {
		p.wrong(line, fmt.Sprintf("%s is in line %d already", cell, first), "remove one of the lines")
		return ""
	}
	p.lines[cell] = line
	return a
}

// source is the index of a credential, which is added if it is new.
func (p *parser) source(token, appSecret string, line int) int {
	for i, s := range p.sources {
		if s.token != token {
			continue
		}
		if s.appSecret != appSecret {
			p.wrong(line, fmt.Sprintf("%s has another app_secret than in line %d", token, s.line), "a token belongs to one app: write the same in both lines")
		}
		return i
	}
	p.sources = append(p.sources, source{token, appSecret, line})
	return len(p.sources) - 1
}

package manual

import (
	"fmt"
	"strings"
)

// Man is the manual page in section 1, in the macros of man(7).
func (p Program) Man() string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 %q %q\n", strings.ToUpper(p.Name), p.Date, p.Name+" "+p.Version)
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", p.Name, roff(p.Usage))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\nCOMMAND [OPTIONS] [ARGUMENTS]\n", p.Name)
	b.WriteString(".SH DESCRIPTION\n")
	manAbout(&b, p.About, true)
	for _, g := range inGroups(p.Commands, nil, func(c Command) string { return c.Group }) {
		fmt.Fprintf(&b, ".SH %s\n", roff(strings.ToUpper(g.heading)))
		for _, c := range g.members {
			p.manCommand(&b, c)
		}
	}
	b.WriteString(".SH EXIT STATUS\n")
	for _, e := range p.Exits {
		fmt.Fprintf(&b, ".TP\n.B %d\n%s\n", e.Code, roff(e.Meaning))
	}
	return b.String()
}

func (p Program) manCommand(b *strings.Builder, c Command) {
	fmt.Fprintf(b, ".SS %s\n%s.\n", roff(p.synopsis(c)), roff(c.Usage))
	manAbout(b, c.About, false)
	for _, g := range inGroups(c.Options, p.Groups, func(o Option) string { return o.Group }) {
		if g.heading != "" {
			fmt.Fprintf(b, ".PP\n.I %s\n", roff(g.heading))
		}
		for _, o := range g.members {
			fmt.Fprintf(b, ".TP\n.B \\-\\-%s", roff(o.Name))
			if o.Value != "" {
				fmt.Fprintf(b, " \\fI%s\\fR", roff(o.Value))
			}
			fmt.Fprintf(b, "\n%s\n", roff(o.does()))
		}
	}
	for _, l := range c.Lists {
		fmt.Fprintf(b, ".PP\n.I %s\n", roff(l.Heading))
		for _, w := range l.Words {
			fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(w.Text), roff(w.About))
		}
	}
	for _, e := range c.Examples {
		fmt.Fprintf(b, ".PP\n%s:\n.PP\n.nf\n.RS\n%s\n.RE\n.fi\n", roff(e.Does), roff(e.Line))
	}
}

// manAbout writes paragraphs, each but one that begins a section behind the macro that
// separates it; lines that stand as they are follow each other in one.
func manAbout(b *strings.Builder, text string, beginsSection bool) {
	verbatim := false
	for i, p := range paragraphs(text) {
		if asItIs(p) != verbatim {
			verbatim = !verbatim
			if verbatim {
				b.WriteString(".PP\n.nf\n")
			} else {
				b.WriteString(".fi\n")
			}
		}
		if !verbatim && (i > 0 || !beginsSection) {
			b.WriteString(".PP\n")
		}
		b.WriteString(roff(p) + "\n")
	}
	if verbatim {
		b.WriteString(".fi\n")
	}
}

// roff protects text from being read as requests, escapes and typographic dashes.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`).Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}

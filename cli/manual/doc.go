// Package manual is what the command line says of itself: help, the manual page and
// completion, all made from one description of the commands and their options. It knows
// nothing of what the commands do, nor of the library that parses them.
//
//	program.go      the description
//	help.go         help on a terminal, at most 80 columns wide
//	wrap.go         text in lines
//	man.go          the manual page, adferry(1)
//	complete.go     which words can follow on a command line
//	scripts.go      what a shell runs to complete a line: completion.bash, .zsh, .fish
//
// # Completion
//
// A shell's script runs the hidden command [CompleteCommand] with the words of the line up
// to the cursor, without the program's name; the last of them is the one to complete, and
// may be empty. The answer is a line for each word that fits,
//
//	word, tab, what it is
//
// and a last line that says what else fits: ":files", ":folders" or ":nothing". So what is
// offered is what the installed binary takes, also after an update.
package manual

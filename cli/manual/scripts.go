package manual

import (
	_ "embed"
	"fmt"
	"strings"
)

var (
	//go:embed completion.bash
	bash string
	//go:embed completion.zsh
	zsh string
	//go:embed completion.fish
	fish string
)

// Shells are those that there is a script for: what SHELL stands for.
const Shells = "bash|zsh|fish"

// Script is what a shell has to read in order to complete the program's lines.
func (p Program) Script(shell string) (string, error) {
	text, ok := map[string]string{"bash": bash, "zsh": zsh, "fish": fish}[shell]
	if !ok {
		return "", fmt.Errorf("must be bash, zsh or fish, not %q", shell)
	}
	return strings.NewReplacer("PROGRAM", p.Name, "COMPLETE", CompleteCommand).Replace(text), nil
}

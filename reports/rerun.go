package reports

import (
	"fmt"

	"pastur/internal/shell"
)

// Rerun is the command line that runs claims of a suite again (all of them, if
// none is named), as a shell reads it.
func Rerun(suite string, seed uint64, ids ...string) string {
	return fmt.Sprintf("%s --seed %d", verifyCommand(suite, ids...), seed)
}

func verifyCommand(suite string, ids ...string) string {
	line := "pastur verify"
	for _, id := range ids {
		line += " " + shell.Word(id)
	}
	return line + " --suite " + shell.Word(suite)
}

package main

import (
	"bytes"
	"io"
	"os"
	"regexp"

	"golang.org/x/term"
)

// wantsColour reports whether w is a terminal that may be coloured: never under
// NO_COLOR (https://no-color.org: set and not empty) or TERM=dumb.
func wantsColour(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb" && term.IsTerminal(int(file.Fd()))
}

// coloured wraps what renders text so that verdicts have a colour on a terminal.
func coloured(w io.Writer, render func(io.Writer) error) func(io.Writer) error {
	if !wantsColour(w) {
		return render
	}
	return func(w io.Writer) error {
		var plain bytes.Buffer
		if err := render(&plain); err != nil {
			return err
		}
		_, err := w.Write(colourVerdicts(plain.Bytes()))
		return err
	}
}

var (
	// A verdict stands in a column, or begins a note.
	verdictWord = regexp.MustCompile(`(?m)(^|  )(PASS|FAIL|INCONCLUSIVE|ERROR|DRIFT)( )`)
	summaryLine = regexp.MustCompile(`(?m)^\d+ claims?: .*$`)
	inSummary   = regexp.MustCompile(`(?:\d+|all) (PASS|FAIL|INCONCLUSIVE|ERROR)`)
)

// colours are bold green, red, yellow and magenta: the word itself says it too.
var colours = map[string]string{"PASS": "\x1b[1;32m", "FAIL": "\x1b[1;31m", "DRIFT": "\x1b[1;31m", "INCONCLUSIVE": "\x1b[1;33m", "ERROR": "\x1b[1;35m"}

const resetColour = "\x1b[0m"

func colourVerdicts(text []byte) []byte {
	text = verdictWord.ReplaceAllFunc(text, func(m []byte) []byte {
		p := verdictWord.FindSubmatch(m)
		return []byte(string(p[1]) + colours[string(p[2])] + string(p[2]) + resetColour + string(p[3]))
	})
	return summaryLine.ReplaceAllFunc(text, func(line []byte) []byte {
		return inSummary.ReplaceAllFunc(line, func(m []byte) []byte {
			return []byte(colours[string(inSummary.FindSubmatch(m)[1])] + string(m) + resetColour)
		})
	})
}

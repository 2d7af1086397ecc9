package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal opens a pseudo-terminal: what is written to the second is read from
// the first.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	return master, slave
}

// Verdicts are coloured on a terminal, and never under NO_COLOR, TERM=dumb, into
// a pipe or in another format.
func TestColourOnATerminal(t *testing.T) {
	on := func(args ...string) string {
		master, slave := terminal(t)
		read := make(chan string)
		go func() {
			var all []byte
			buffer := make([]byte, 4096)
			for {
				n, err := master.Read(buffer)
				all = append(all, buffer[:n]...)
				if err != nil {
					read <- string(all)
					return
				}
			}
		}()
		if code := run(context.Background(), slave, io.Discard, append([]string{"verify", "linear-ce-c2"}, args...)); code != 0 {
			t.Fatalf("exit %d", code)
		}
		slave.Close()
		select {
		case text := <-read:
			return text
		case <-time.After(10 * time.Second):
			t.Fatal("the terminal does not end")
			return ""
		}
	}
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if got := on(); !strings.Contains(got, "\x1b[1;32mPASS\x1b[0m") {
		t.Errorf("no colour on a terminal: %q", got)
	}
	if got := on("--format", "markdown"); strings.Contains(got, "\x1b") {
		t.Errorf("colour in Markdown: %q", got)
	}
	t.Setenv("NO_COLOR", "1")
	if got := on(); strings.Contains(got, "\x1b") || !strings.Contains(got, "PASS") {
		t.Errorf("colour under NO_COLOR: %q", got)
	}
	t.Setenv("NO_COLOR", "")
	t.Setenv("TERM", "dumb")
	if got := on(); strings.Contains(got, "\x1b") {
		t.Errorf("colour on a dumb terminal: %q", got)
	}
}

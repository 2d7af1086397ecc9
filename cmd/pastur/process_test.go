package main

import (
	"os"
	"os/exec"
	"runtime/debug"
	"testing"
)

const isCommand = "PASTUR_TEST_IS_COMMAND"

// TestMain makes the binary of the tests the command where process asks for it:
// what tests of signals stop is a process, and building one takes seconds.
func TestMain(m *testing.M) {
	if os.Getenv(isCommand) != "" {
		main()
	}
	debug.SetGCPercent(400) // hundreds of commands in one process hold little and leave much behind
	os.Exit(m.Run())
}

// process is the command in a process of its own, not started.
func process(args ...string) *exec.Cmd {
	binary, err := os.Executable()
	if err != nil {
		panic(err)
	}
	c := exec.Command(binary, args...)
	c.Env = append(os.Environ(), isCommand+"=1")
	return c
}

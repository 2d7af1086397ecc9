//go:build unix

package main

import (
	"os"
	"syscall"
)

// checkpointSignals end `pastur run` so that it can be resumed: SIGUSR1 is the
// warning that schedulers can be asked for, SIGTERM the one they give unasked.
var checkpointSignals = []os.Signal{syscall.SIGUSR1, syscall.SIGTERM}

//go:build !unix

package main

import (
	"os"
	"syscall"
)

// checkpointSignals end `pastur run` so that it can be resumed.
var checkpointSignals = []os.Signal{syscall.SIGTERM}

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// hesitation is how long a command may take to end before it says why.
const hesitation = time.Second

// interruptible runs a command under a context that control-C and SIGTERM end.
// Once one of them did, the next ends the process at once; if the command takes
// longer than a moment to stop, that is said.
func interruptible(stderr io.Writer, command func(ctx context.Context) int) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ended := make(chan struct{})
	defer close(ended)
	go func() {
		select {
		case <-ended:
			return
		case <-ctx.Done():
		}
		stop() // signals do again what they do by default
		select {
		case <-ended:
		case <-time.After(hesitation):
			fmt.Fprintln(stderr, "pastur: interrupted: finishing the step under way; interrupt again to stop at once")
		}
	}()
	return command(ctx)
}

//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// deaf makes this test program a command that does not heed its context.
const deaf = "PASTUR_TEST_DEAF"

// The first signal asks, and what takes longer than a moment says so; the second
// ends the process.
func TestSecondInterrupt(t *testing.T) {
	if how := os.Getenv(deaf); how != "" {
		os.Exit(interruptible(os.Stderr, func(ctx context.Context) int {
			fmt.Fprintln(os.Stderr, "ready")
			<-ctx.Done()
			if how == "deaf" {
				time.Sleep(time.Minute)
			}
			return exitInterrupted
		}))
	}
	for _, c := range []struct {
		how  string
		with syscall.Signal
	}{{"deaf", syscall.SIGINT}, {"deaf", syscall.SIGTERM}, {"heedful", syscall.SIGINT}} {
		if c.how == "deaf" && signal.Ignored(c.with) {
			t.Logf("%v is ignored here, as in a shell's background: nothing ends by it", c.with)
			continue
		}
		cmd := exec.Command(os.Args[0], "-test.run", "^TestSecondInterrupt$")
		cmd.Env = append(os.Environ(), deaf+"="+c.how)
		pipe, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		watchdog := time.AfterFunc(40*time.Second, func() { cmd.Process.Kill() })
		lines, said := bufio.NewScanner(pipe), []string{}
		for lines.Scan() {
			said = append(said, lines.Text())
			if lines.Text() == "ready" || strings.Contains(lines.Text(), "interrupt again") {
				if err := cmd.Process.Signal(c.with); err != nil {
					t.Error(err)
				}
			}
		}
		err = cmd.Wait()
		watchdog.Stop()
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Fatalf("%s, %v: ended with %v", c.how, c.with, err)
		}
		status := exit.Sys().(syscall.WaitStatus)
		if c.how == "heedful" {
			if status.ExitStatus() != exitInterrupted || len(said) != 1 {
				t.Errorf("%s: exit %d, said %q", c.how, status.ExitStatus(), said)
			}
			continue
		}
		if !status.Signaled() || status.Signal() != c.with || len(said) != 2 ||
			said[1] != "pastur: interrupted: finishing the step under way; interrupt again to stop at once" {
			t.Errorf("%s, %v: status %v, said %q; want it to be ended by the second signal", c.how, c.with, status, said)
		}
	}
}

// One long replicate ends with its context, and says what a state folder kept.
func TestInterruptOneReplicate(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	for args, want := range map[string]string{
		"ratio --method gram --dim 1500 --classes 100":                 "pastur: interrupted\n",
		"ratio --classes 1000000000 --dim 1000000000 --state " + state: "pastur: interrupted; what was finished is kept in " + state + ", and the same command goes on from there\n",
	} {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		var stdout, stderr bytes.Buffer
		ended := make(chan int, 1)
		go func() { ended <- run(ctx, &stdout, &stderr, strings.Fields(args)) }()
		select {
		case code := <-ended:
			if code != exitInterrupted || stderr.String() != want || stdout.Len() != 0 {
				t.Errorf("pastur %s: exit %d, stdout %q, stderr %q; want exit 130 and %q", args, code, stdout.String(), stderr.String(), want)
			}
		case <-time.After(30 * time.Second):
			t.Fatalf("pastur %s goes on", args)
		}
		cancel()
	}
}

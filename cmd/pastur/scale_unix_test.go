//go:build unix

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Signals: USR1 and TERM checkpoint with 75, INT ends with 130; SIGKILL takes
// nothing that was finished. scripts/crash-test does the same many times.
func TestSignals(t *testing.T) {
	noScheduler(t)
	inSweepFolder(t)
	stopped := 0
	for i, s := range []struct {
		signal os.Signal
		want   int
	}{{syscall.SIGUSR1, 75}, {syscall.SIGTERM, 75}, {os.Interrupt, 130}, {os.Kill, -1}} {
		var stderr bytes.Buffer
		c := process("run", "plan.json", "--out", "dir", "--shard", "0/2", "--workers", "1")
		c.Stderr = &stderr
		before := recorded()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		for running := true; running && recorded() < before+5; {
			select {
			case <-ended:
				running = false
				ended <- nil
			case <-time.After(5 * time.Millisecond):
			}
		}
		c.Process.Signal(s.signal)
		<-ended
		if code := c.ProcessState.ExitCode(); code == 0 {
			continue // it had finished
		} else if code != s.want {
			t.Errorf("%v: exit %d, want %d: %s", s.signal, code, s.want, stderr.String())
		}
		stopped++
		if parts, _ := filepath.Glob("dir/*.part"); (len(parts) > 0) != (s.want == -1) {
			t.Errorf("signal %d: open files %v", i, parts)
		}
		if after := recorded(); after < before+5 {
			t.Errorf("signal %d: %d chunks before, %d after", i, before, after)
		}
	}
	if stopped < 3 {
		t.Errorf("only %d runs were stopped", stopped)
	}
	for _, part := range []string{"0/2", "1/2"} {
		if out, err := process("run", "plan.json", "--out", "dir", "--shard", part).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	want, err := process("verify", "--suite", "sweep.toml", "--format", "json").Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := process("merge", "dir", "--format", "json").Output()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%v: %s", err, difference(string(want), string(got)))
	}
}

// recorded counts the complete lines of the chunk files in dir.
func recorded() int {
	files, _ := filepath.Glob("dir/shard-*")
	lines := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil { // renamed in between
			text, _ = os.ReadFile(strings.TrimSuffix(file, ".part") + ".jsonl")
		}
		lines += bytes.Count(text, []byte("\n"))
	}
	return lines
}

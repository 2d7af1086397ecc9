//go:build unix

package shard

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The plan is as readable as the umask lets new files be.
func TestPlanFileMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), PlanFile)
	defer syscall.Umask(syscall.Umask(0o027))
	if err := newPlan(t, 1).writeFile(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v under umask 027, want 0640", info.Mode().Perm(), err)
	}
}

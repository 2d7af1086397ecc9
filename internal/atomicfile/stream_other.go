//go:build !unix

package atomicfile

import (
	"errors"
	"os"
)

// Descriptors have no names here.
func descriptor(string) (int, bool) { return 0, false }

func duplicate(int) (*os.File, error) { return nil, errors.ErrUnsupported }

func writable(string) bool { return true }

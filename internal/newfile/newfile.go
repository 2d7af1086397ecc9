// Package newfile creates files of unique names, as [os.CreateTemp] does, but
// with the permissions that any other new file has: CreateTemp gives 0600, and
// a Chmod afterwards would ignore the umask.
package newfile

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// attempts bounds the search for a free name. Names have 64 random bits: it ends
// where a file system calls everything existing.
const attempts = 100

// Create creates a file in dir that did not exist, for reading and writing. Its
// name is prefix, a number and suffix; its permissions are perm less the umask,
// where 0666 is what any other new file has.
func Create(dir, prefix, suffix string, perm fs.FileMode) (file *os.File, err error) {
	for range attempts {
		name := filepath.Join(dir, prefix+strconv.FormatUint(rand.Uint64(), 10)+suffix)
		file, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, perm)
		if !errors.Is(err, fs.ErrExist) {
			return file, err
		}
	}
	return nil, err
}

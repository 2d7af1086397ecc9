//go:build unix

package atomicfile

import (
	"os"
	"regexp"
	"strconv"

	"golang.org/x/sys/unix"
)

var descriptorName = regexp.MustCompile(`^(?:/proc/(self|[0-9]+)|/dev)/fd/([0-9]+)$`)

// descriptor returns the number of the descriptor of this process that a path
// names. Opening the path would give another one: of a file on a disk, one that
// begins at its beginning.
func descriptor(path string) (fd int, ok bool) {
	parts := descriptorName.FindStringSubmatch(path)
	if parts == nil || parts[1] != "" && parts[1] != "self" && parts[1] != strconv.Itoa(os.Getpid()) {
		return 0, false
	}
	fd, err := strconv.Atoi(parts[2])
	return fd, err == nil
}

// duplicate returns the open file of a descriptor, to be closed on its own.
func duplicate(fd int) (*os.File, error) {
	again, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(again), "descriptor "+strconv.Itoa(fd)), nil
}

// writable asks without opening: a FIFO would wait for its reader.
func writable(path string) bool { return unix.Access(path, unix.W_OK) == nil }

package reports

import (
	"io"

	"pastur/internal/atomicfile"
)

// File is a file to be written.
type File = atomicfile.File

// CheckWritable reports, before any work is done, why a file could not be
// written at path: a missing folder, a folder in its place, a read-only file, a
// folder in which nothing can be created. Nothing is left behind.
func CheckWritable(path string) error { return atomicfile.Check(path) }

// WriteFile writes a file whole or not at all: what write produces goes to a
// temporary file in the same folder, which is synced and renamed. A symbolic
// link stays one, and the file it leads to is replaced; what is no file on a disk,
// such as /dev/null or a FIFO, is written through.
func WriteFile(path string, write func(io.Writer) error) error { return atomicfile.Write(path, write) }

// WriteFiles writes files that belong together, all of them or none: only when
// all are on the disk are they given their names.
func WriteFiles(files []File) error { return atomicfile.WriteAll(files) }

package reports

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// CheckWritable reports, before any work is done, why a file could not be
// written at path: a missing folder, a folder in its place, a read-only file, a
// folder in which nothing can be created. Nothing is left behind.
func CheckWritable(path string) error {
	if info, err := os.Stat(path); err == nil {
		if info.IsDir() {
			return fmt.Errorf("%s is a folder: want the name of a file", path)
		}
		if info.Mode().Perm()&0o222 == 0 {
			return fmt.Errorf("%s is read-only: want another file, or make it writable", path)
		}
	}
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: the folder %s does not exist: create it first", path, dir)
	}
	probe, err := os.CreateTemp(dir, ".pastur-*")
	if err != nil {
		return fmt.Errorf("%s: nothing can be created in %s: %w", path, dir, reason(err))
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// reason strips the temporary file's name from an error.
func reason(err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		return at.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}

// WriteFile writes a file whole or not at all: what write produces goes to a
// temporary file in the same folder, which is synced and renamed.
func WriteFile(path string, write func(io.Writer) error) (err error) {
	var content bytes.Buffer
	if err := CheckWritable(path); err != nil {
		return err
	}
	if err := write(&content); err != nil {
		return err
	}
	return WriteFiles([]File{{path, content.Bytes()}})
}

// File is a file to be written.
type File struct {
	Path    string
	Content []byte
}

// WriteFiles writes files that belong together: each goes to a temporary file in
// its folder, and only when all of them are on the disk are they given their
// names. On an error before that no file has changed and nothing is left behind.
func WriteFiles(files []File) (err error) {
	var temporary []string
	defer func() {
		for _, name := range temporary {
			os.Remove(name)
		}
	}()
	for _, f := range files {
		if err := CheckWritable(f.Path); err != nil {
			return err
		}
		name, err := writeTemporary(f)
		if err != nil {
			return fmt.Errorf("%s: %w", f.Path, reason(err))
		}
		temporary = append(temporary, name)
	}
	for _, f := range files {
		if err := os.Rename(temporary[0], f.Path); err != nil {
			return fmt.Errorf("%s: %w", f.Path, reason(err))
		}
		temporary = temporary[1:]
	}
	return nil
}

// writeTemporary writes the content beside the file it is to become.
func writeTemporary(f File) (name string, err error) {
	temporary, err := os.CreateTemp(filepath.Dir(f.Path), ".pastur-*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			temporary.Close()
			os.Remove(temporary.Name())
		}
	}()
	if _, err := temporary.Write(f.Content); err != nil {
		return "", err
	}
	// The mode a plain os.Create would have given, under the usual umask; an
	// existing file keeps its own.
	mode := fs.FileMode(0o644)
	if info, err := os.Stat(f.Path); err == nil {
		mode = info.Mode().Perm()
	}
	if err := temporary.Chmod(mode); err != nil {
		return "", err
	}
	if err := temporary.Sync(); err != nil {
		return "", err
	}
	return temporary.Name(), temporary.Close()
}

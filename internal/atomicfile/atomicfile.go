// Package atomicfile writes files whole or not at all. What is no file on a disk
// - a device, a FIFO, a descriptor that is open already - is written through and
// never replaced, and neither is a symbolic link: the file it leads to is.
package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"pastur/internal/newfile"
)

// File is a file to be written.
type File struct {
	Path    string
	Content []byte
	Flag    string // that names it: begins errors, if it is not empty
}

func (f *File) fail(err error) error {
	if f.Flag != "" {
		err = fmt.Errorf("%s %w", f.Flag, err)
	}
	return err
}

// place is where a name leads.
type place struct {
	path string      // the file itself, behind all links
	info fs.FileInfo // nil if nothing is there
	fd   int         // a descriptor of this process, or -1
}

// stream says that there is nothing to replace: what is written goes through.
func (p *place) stream() bool {
	return p.fd >= 0 || p.info != nil && !p.info.Mode().IsRegular()
}

// mostLinks is how many links in a row are followed: Linux follows 40.
const mostLinks = 40

// locate follows the links that a name is, one at a time: what a dangling one
// names is where the file is to be, and /dev/stdout ends at a descriptor, which
// is no place.
func locate(name string) (place, error) {
	p := place{path: name, fd: -1}
	for range mostLinks {
		folder, err := filepath.EvalSymlinks(filepath.Dir(p.path))
		if errors.Is(err, fs.ErrNotExist) {
			return p, fmt.Errorf("%s: the folder %s does not exist: create it first", name, filepath.Dir(p.path))
		}
		if err != nil {
			return p, fmt.Errorf("%s: %w", name, Reason(err))
		}
		p.path = filepath.Join(folder, filepath.Base(p.path))
		if fd, ok := descriptor(p.path); ok {
			p.fd = fd
			return p, nil
		}
		info, err := os.Lstat(p.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return p, nil
		case err != nil:
			return p, fmt.Errorf("%s: %w", name, Reason(err))
		case info.Mode()&fs.ModeSymlink == 0:
			p.info = info
			return p, nil
		}
		target, err := os.Readlink(p.path)
		if err != nil {
			return p, fmt.Errorf("%s: %w", name, Reason(err))
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(folder, target)
		}
		p.path = target
	}
	return p, fmt.Errorf("%s: more than %d links in a row: want a file", name, mostLinks)
}

// Real returns the name of the file that writing to name would write, all links
// followed. Two names of one file give the same.
func Real(name string) string {
	path, err := filepath.Abs(name)
	if err != nil {
		path = filepath.Clean(name)
	}
	if p, err := locate(path); err == nil {
		return p.path
	}
	return path
}

// Check reports, before any work is done, why a file could not be written: a
// missing folder, a folder in its place, a read-only file, a folder in which
// nothing can be created. Nothing is left behind, and nothing is waited for: a
// FIFO need not have a reader yet.
func Check(name string) error {
	_, err := check(name)
	return err
}

func check(name string) (place, error) {
	p, err := locate(name)
	if err == nil && p.fd >= 0 {
		if p.info, err = os.Stat(p.path); err != nil {
			err = fmt.Errorf("%s: %w", name, Reason(err)) // it is not open
		}
	}
	switch {
	case err != nil:
		return p, err
	case p.info != nil && p.info.IsDir():
		return p, fmt.Errorf("%s is a folder: want the name of a file", name)
	case p.info != nil && p.info.Mode()&fs.ModeSocket != 0 && p.fd < 0:
		return p, fmt.Errorf("%s is a socket: want the name of a file", name)
	case p.fd >= 0:
		return p, nil
	case p.info != nil && p.info.Mode().Perm()&0o222 == 0, p.stream() && !writable(p.path):
		return p, fmt.Errorf("%s is read-only: want another file, or make it writable", name)
	case p.stream():
		return p, nil
	}
	probe, err := create(&p)
	if err != nil {
		return p, fmt.Errorf("%s: nothing can be created in %s: %w", name, filepath.Dir(p.path), Reason(err))
	}
	return p, errors.Join(probe.Close(), os.Remove(probe.Name()))
}

// Reason strips the name of the file, which may be the temporary one's, from an
// error.
func Reason(err error) error {
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

// Write writes a file whole or not at all: what write produces goes to a
// temporary file in the same folder, which is synced and renamed.
func Write(path string, write func(io.Writer) error) error {
	if err := Check(path); err != nil {
		return err
	}
	var content bytes.Buffer
	if err := write(&content); err != nil {
		return err
	}
	return WriteAll([]File{{Path: path, Content: content.Bytes()}})
}

// WriteAll writes files that belong together: each goes to a temporary file in
// its folder, and only when all of them are on the disk are they given their
// names. On an error before that no file has changed and nothing is left behind.
// What cannot be taken back, into a device or a FIFO, is written just before.
func WriteAll(files []File) (err error) {
	type step struct {
		file      *File
		place     place
		temporary string // "" once it has its name, or for a stream
	}
	steps := make([]step, 0, len(files))
	defer func() {
		for _, s := range steps {
			if s.temporary != "" {
				os.Remove(s.temporary)
			}
		}
	}()
	for i := range files {
		f := &files[i]
		s := step{file: f}
		if s.place, err = check(f.Path); err != nil {
			return f.fail(err)
		}
		if !s.place.stream() {
			if s.temporary, err = writeTemporary(&s.place, f.Content); err != nil {
				return f.fail(fmt.Errorf("%s: %w", f.Path, Reason(err)))
			}
		}
		steps = append(steps, s)
	}
	for i := range steps {
		if s := &steps[i]; s.place.stream() {
			if err := writeThrough(&s.place, s.file.Content); err != nil {
				return s.file.fail(fmt.Errorf("%s: %w", s.file.Path, Reason(err)))
			}
		}
	}
	for i := range steps {
		s := &steps[i]
		if s.temporary == "" {
			continue
		}
		if err := os.Rename(s.temporary, s.place.path); err != nil {
			return s.file.fail(fmt.Errorf("%s: %w", s.file.Path, Reason(err)))
		}
		s.temporary = ""
	}
	return nil
}

// create makes a new file beside the one it is to become, of the mode that this
// one has, or else of the one that the umask decides.
func create(p *place) (*os.File, error) {
	mode := fs.FileMode(0o666)
	if p.info != nil {
		mode = p.info.Mode().Perm()
	}
	return newfile.Create(filepath.Dir(p.path), ".pastur-", "", mode)
}

// writeTemporary writes the content beside the file it is to become.
func writeTemporary(p *place, content []byte) (name string, err error) {
	temporary, err := create(p)
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			temporary.Close()
			os.Remove(temporary.Name())
		}
	}()
	if _, err := temporary.Write(content); err != nil {
		return "", err
	}
	if p.info != nil { // the umask may have taken some of its mode
		if err := temporary.Chmod(p.info.Mode().Perm()); err != nil {
			return "", err
		}
	}
	if err := temporary.Sync(); err != nil {
		return "", err
	}
	return temporary.Name(), temporary.Close()
}

// writeThrough writes into what is there. A FIFO waits for its reader.
func writeThrough(p *place, content []byte) error {
	var file *os.File
	var err error
	if p.fd >= 0 {
		file, err = duplicate(p.fd)
	} else {
		file, err = os.OpenFile(p.path, os.O_WRONLY, 0)
	}
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Close())
}

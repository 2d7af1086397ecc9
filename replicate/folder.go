package replicate

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// Folder keeps finished chunks on disk, so that a run can be killed at any
// moment and resumed, and so that several processes, on several machines, can
// share the work of one run. Every process appends to a file of its own, which
// nobody else writes: two processes that compute the same chunks do no harm,
// and files gathered from several folders into one are one folder.
//
// A file being written is named NAME-UNIQUE.part; [Folder.Close] closes it with
// a footer, syncs it and renames it to NAME-UNIQUE.jsonl. A kill leaves a .part
// file whose complete lines are all good, and tears at most the last line.
type Folder struct {
	dir string
	opt FolderOptions

	mu      sync.Mutex
	loaded  error // of load, if done
	done    bool
	chunks  map[Cell]map[int]stored
	builds  map[string]string // build: the first file of it
	journal *journal          // nil before the first record
}

// FolderOptions says whose files a folder holds.
type FolderOptions struct {
	// Run is the identity of the run, a plan's hash. Files of another run are
	// refused. Empty: any settings' chunks, kept apart by seed, key and chunk
	// size.
	Run string
	// Build is stamped on every file written: what computes the chunks, as
	// JSON. If it is not nil, files with another stamp are refused.
	Build json.RawMessage
	// Name begins the names of the files written; "chunks" if empty.
	Name string
}

// Cell names the draws of one cell of one run.
type Cell struct {
	Seed      uint64
	Key       string
	ChunkSize int
}

// stored is a chunk's record as it was read or written.
type stored struct {
	record  json.RawMessage
	seconds float64
	file    string
}

// OpenFolder opens dir, creating it if need be, for the chunks of any run and
// any build.
func OpenFolder(dir string) (*Folder, error) { return CreateFolder(dir, FolderOptions{}) }

// CreateFolder opens dir, creating it if need be, for the chunks that opt
// describes.
func CreateFolder(dir string, opt FolderOptions) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return NewFolder(dir, opt), nil
}

// NewFolder returns the folder dir, which must exist before it is used, for
// the chunks that opt describes.
func NewFolder(dir string, opt FolderOptions) *Folder {
	if opt.Name == "" {
		opt.Name = "chunks"
	}
	return &Folder{dir: dir, opt: opt, chunks: make(map[Cell]map[int]stored), builds: make(map[string]string)}
}

// Dir returns the folder's name.
func (f *Folder) Dir() string { return f.dir }

// FolderError says that chunks could not be written into a folder: no fault of
// what computes them.
type FolderError struct{ Err error }

func (e *FolderError) Error() string { return e.Err.Error() }

func (e *FolderError) Unwrap() error { return e.Err }

// mostProblems is how many bad files one error names.
const mostProblems = 10

// Load reads the folder's files, once. It is an error if a file belongs to
// another run, if a complete line has been altered, if a closed file has been
// cut, or if two files differ on a chunk; the error names each such file.
func (f *Folder) Load() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.load()
}

func (f *Folder) load() error {
	if f.done {
		return f.loaded
	}
	f.done = true
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		f.loaded = fmt.Errorf("folder of chunks: %w", err)
		return f.loaded
	}
	var problems []error
	for _, e := range entries {
		path := filepath.Join(f.dir, e.Name())
		if !strings.HasSuffix(path, partSuffix) && !strings.HasSuffix(path, closedSuffix) {
			continue
		}
		err := f.read(path)
		if errors.Is(err, os.ErrNotExist) && strings.HasSuffix(path, partSuffix) {
			// Its process has closed it since the folder was listed.
			err = f.read(strings.TrimSuffix(path, partSuffix) + closedSuffix)
		}
		if err != nil {
			problems = append(problems, err)
		}
	}
	if len(problems) > mostProblems {
		problems = append(problems[:mostProblems], fmt.Errorf("and %d more files", len(problems)-mostProblems))
	}
	f.loaded = errors.Join(problems...)
	return f.loaded
}

// add stores a record that was read or written.
func (f *Folder) add(cell Cell, chunk int, s stored) error {
	of := f.chunks[cell]
	if of == nil {
		of = make(map[int]stored)
		f.chunks[cell] = of
	}
	if earlier, ok := of[chunk]; ok {
		if !slices.Equal(earlier.record, s.record) {
			return fmt.Errorf("chunk file %s: chunk %d of %q differs from that in %s: one of them is wrong; remove both files to compute their chunks again",
				s.file, chunk, cell.Key, earlier.file)
		}
		if earlier.seconds > 0 {
			return nil
		}
	}
	of[chunk] = s
	return nil
}

// Builds lists the stamps of the files read, each with a file that bears it,
// in the order of the stamps.
func (f *Folder) Builds() (stamps []json.RawMessage, files []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []string
	for build := range f.builds {
		all = append(all, build)
	}
	slices.Sort(all)
	for _, build := range all {
		stamps, files = append(stamps, json.RawMessage(build)), append(files, f.builds[build])
	}
	return stamps, files
}

// Writable creates the file of this process, to find out before any work is
// done that it cannot be.
func (f *Folder) Writable() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.begin()
}

func (f *Folder) begin() (err error) {
	if f.journal != nil {
		return nil
	}
	if f.journal, err = newJournal(f.dir, f.opt); err != nil {
		return &FolderError{fmt.Errorf("%w: want a folder that can be written", err)}
	}
	return nil
}

// Close closes the file of this process, if it wrote any. The folder must not
// be written afterwards. A nil folder may be closed.
func (f *Folder) Close() error {
	if f == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.journal == nil {
		return nil
	}
	j := f.journal
	f.journal = nil
	return j.close()
}

// Cell opens the log of a cell, reading the folder if it has not been read.
func (f *Folder) Cell(seed uint64, key string, chunkSize int) (*Log, error) {
	if err := f.Load(); err != nil {
		return nil, err
	}
	return &Log{f, Cell{seed, key, chunkSize}}, nil
}

// Log is one cell's chunks in a folder. Its methods may be called concurrently.
type Log struct {
	folder *Folder
	cell   Cell
}

// Record returns the stored record of a chunk, if there is one.
func (l *Log) Record(chunk int) (json.RawMessage, bool) {
	l.folder.mu.Lock()
	defer l.folder.mu.Unlock()
	s, ok := l.folder.chunks[l.cell][chunk]
	return s.record, ok
}

// Seconds returns how long a chunk took to compute; 0 if that is not known.
func (l *Log) Seconds(chunk int) float64 {
	l.folder.mu.Lock()
	defer l.folder.mu.Unlock()
	return l.folder.chunks[l.cell][chunk].seconds
}

// File returns the file that holds a chunk, or the folder if none does.
func (l *Log) File(chunk int) string {
	l.folder.mu.Lock()
	defer l.folder.mu.Unlock()
	if s, ok := l.folder.chunks[l.cell][chunk]; ok {
		return s.file
	}
	return l.folder.dir
}

// Append stores the record of a chunk that took so many seconds to compute (0:
// not known). It returns once the record would survive the end of the process;
// the disk has it within a second or so.
func (l *Log) Append(chunk int, record any, seconds float64) error {
	f := l.folder
	f.mu.Lock()
	defer f.mu.Unlock()
	raw, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("folder %s: chunk %d: %w", f.dir, chunk, err)
	}
	if err := f.begin(); err != nil {
		return err
	}
	if err := f.journal.append(l.cell, chunk, raw, seconds); err != nil {
		return &FolderError{err}
	}
	return f.add(l.cell, chunk, stored{raw, seconds, f.journal.path})
}

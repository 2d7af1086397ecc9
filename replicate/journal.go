package replicate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"pastur/internal/newfile"
)

const (
	partSuffix   = ".part"  // being written, or left by a kill
	closedSuffix = ".jsonl" // closed: must end with its footer
)

// A chunk file is JSON lines: a header, a line a chunk, and in a closed file a
// footer.
type fileHeader struct {
	Format  string          `json:"format"`
	Version int             `json:"version"`
	Run     string          `json:"run"`
	Build   json.RawMessage `json:"build"`
}

// fileVersion is that of the chunk files' format; Version is that of what the
// records mean.
const fileVersion = 2

func newHeader(opt FolderOptions) fileHeader {
	build := opt.Build
	if build == nil {
		build = json.RawMessage("null")
	}
	return fileHeader{"pastur chunks", fileVersion<<16 | Version, opt.Run, build}
}

type fileLine struct {
	Seed      uint64          `json:"seed"`
	Cell      string          `json:"cell"`
	ChunkSize int             `json:"chunk_size"`
	Chunk     int             `json:"chunk"`
	Sum       string          `json:"sum"` // of the fields above and the record
	Record    json.RawMessage `json:"record"`
	Seconds   float64         `json:"seconds,omitempty"` // to compute; no part of any result
}

type fileFooter struct {
	Chunks int    `json:"chunks"`
	SHA256 string `json:"sha256"` // of all bytes before the footer
}

func (l *fileLine) sum() string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%d\n%d\n%d\n%s\n", l.Seed, l.ChunkSize, l.Chunk, len(l.Cell), l.Cell)
	h.Write(l.Record)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// read adds the chunks of a file to the folder.
func (f *Folder) read(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("chunk file: %w", err)
	}
	fail := func(line int, format string, args ...any) error {
		return fmt.Errorf("chunk file %s: line %d: %s", path, line, fmt.Sprintf(format, args...))
	}
	const again = "remove the file to compute its chunks again"
	closed := strings.HasSuffix(path, closedSuffix)
	rest, chunks := data, 0
	for line := 1; ; line++ {
		text, after, complete := bytes.Cut(rest, []byte("\n"))
		if !complete {
			if closed {
				return fail(line, "the file has been cut: it ends without its footer; %s", again)
			}
			return nil // the line that a kill tore, or nothing
		}
		before := data[:len(data)-len(rest)]
		rest = after
		if line == 1 {
			if err := f.readHeader(path, text); err != nil {
				return err
			}
			continue
		}
		if closed && len(rest) == 0 {
			var footer fileFooter
			sum := sha256.Sum256(before)
			if strictUnmarshal(text, &footer) != nil {
				return fail(line, "the file has been cut: it ends without its footer; %s", again)
			}
			if footer.Chunks != chunks || footer.SHA256 != hex.EncodeToString(sum[:]) {
				return fail(line, "the file has been altered since it was closed; %s", again)
			}
			return nil
		}
		var l fileLine
		if strictUnmarshal(text, &l) != nil {
			if !closed && len(rest) == 0 && strictUnmarshal(text, new(fileFooter)) == nil {
				return nil // killed between the footer and the new name
			}
			return fail(line, "altered or damaged; %s", again)
		}
		if l.Sum != l.sum() {
			return fail(line, "chunk %d of %q has been altered or damaged; %s", l.Chunk, l.Cell, again)
		}
		if err := f.add(Cell{l.Seed, l.Cell, l.ChunkSize}, l.Chunk, stored{l.Record, l.Seconds, path}); err != nil {
			return err
		}
		chunks++
	}
}

// readHeader checks whose file it is.
func (f *Folder) readHeader(path string, text []byte) error {
	var h fileHeader
	want := newHeader(f.opt)
	switch {
	case strictUnmarshal(text, &h) != nil || h.Format != want.Format:
		return fmt.Errorf("chunk file %s: line 1: not the header of a chunk file; remove the file, or give another folder", path)
	case h.Version != want.Version:
		return fmt.Errorf("chunk file %s: written by another version of pastur; give another folder, or remove the file", path)
	case h.Run != want.Run:
		return fmt.Errorf("chunk file %s: belongs to another plan (%s, this one is %s); move it to its own folder", path, short(h.Run), short(want.Run))
	case f.opt.Build != nil && !bytes.Equal(h.Build, f.opt.Build):
		return fmt.Errorf("chunk file %s: computed by another build (%s, this one is %s): results must come from one; use that build, or remove the file", path, h.Build, f.opt.Build)
	}
	if _, ok := f.builds[string(h.Build)]; !ok {
		f.builds[string(h.Build)] = path
	}
	return nil
}

func short(hash string) string {
	if hash == "" {
		return "none"
	}
	return hash[:min(12, len(hash))]
}

// strictUnmarshal refuses unknown fields and anything after the value.
func strictUnmarshal(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errors.New("more than one value")
	}
	return nil
}

// chunkFile is what a journal does to its file. Tests give it a disk that fills.
type chunkFile interface {
	io.WriteCloser
	Truncate(size int64) error
	Sync() error
}

// journal is the file that this process writes.
type journal struct {
	path   string
	file   chunkFile
	hash   hash.Hash // of what is written
	good   int64     // bytes of complete lines
	chunks int
	broken error // a failed append may have torn a line: no more appends

	dirty   chan struct{} // there is something to sync
	closing chan struct{}
	synced  sync.WaitGroup
}

func newJournal(dir string, opt FolderOptions) (*journal, error) {
	file, err := newfile.Create(dir, opt.Name+"-", partSuffix, 0o666)
	if err != nil {
		return nil, fmt.Errorf("nothing can be created in %s: %w", dir, cause(err))
	}
	return startJournal(file.Name(), file, opt)
}

// startJournal writes the header to a new file, which it removes if it cannot.
func startJournal(path string, file chunkFile, opt FolderOptions) (*journal, error) {
	j := &journal{path: path, file: file, hash: sha256.New(), dirty: make(chan struct{}, 1), closing: make(chan struct{})}
	header, err := json.Marshal(newHeader(opt))
	if err == nil {
		err = j.write(header)
	}
	if err != nil {
		file.Close()
		os.Remove(j.path)
		return nil, err
	}
	j.synced.Go(j.syncer)
	return j, nil
}

// cause strips the file's name, which is unique, from an error.
func cause(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// syncInterval bounds how much a machine that dies can lose. The end of the
// process alone loses nothing that was written.
const syncInterval = time.Second

// syncer syncs what has been written, once a syncInterval, without holding up
// the writers.
func (j *journal) syncer() {
	for {
		select {
		case <-j.dirty:
			_ = j.file.Sync() // a failure comes back from the sync in close
		case <-j.closing:
			return
		}
		select {
		case <-time.After(syncInterval):
		case <-j.closing:
			return
		}
	}
}

func (j *journal) append(cell Cell, chunk int, record json.RawMessage, seconds float64) error {
	l := fileLine{Seed: cell.Seed, Cell: cell.Key, ChunkSize: cell.ChunkSize, Chunk: chunk, Record: record, Seconds: seconds}
	l.Sum = l.sum()
	line, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("chunk file %s: chunk %d: %w", j.path, chunk, err)
	}
	if err := j.write(line); err != nil {
		return err
	}
	j.chunks++
	select {
	case j.dirty <- struct{}{}:
	default:
	}
	return nil
}

// write adds a line by a single call, so that a kill tears it or does not.
func (j *journal) write(line []byte) error {
	if j.broken != nil {
		return j.broken
	}
	line = append(line, '\n')
	if _, err := j.file.Write(line); err != nil {
		j.broken = fmt.Errorf("chunk file %s: %w", j.path, cause(err))
		// Best effort: a reader drops the torn line anyway.
		_ = j.file.Truncate(j.good)
		return j.broken
	}
	j.hash.Write(line)
	j.good += int64(len(line))
	return nil
}

// close adds the footer, syncs and renames. A file without chunks is removed.
func (j *journal) close() error {
	close(j.closing)
	j.synced.Wait()
	if j.chunks == 0 {
		return errors.Join(j.file.Close(), os.Remove(j.path))
	}
	fail := func(err error) error {
		return errors.Join(fmt.Errorf("chunk file %s: %w", j.path, cause(err)), j.file.Close())
	}
	if j.broken != nil {
		return j.file.Close() // its lines are good; append has returned the error
	}
	footer, err := json.Marshal(fileFooter{j.chunks, hex.EncodeToString(j.hash.Sum(nil))})
	if err != nil {
		return fail(err)
	}
	if err := j.write(footer); err != nil {
		return errors.Join(err, j.file.Close())
	}
	if err := j.file.Sync(); err != nil {
		return fail(err)
	}
	if err := j.file.Close(); err != nil {
		return fmt.Errorf("chunk file %s: %w", j.path, cause(err))
	}
	if err := os.Rename(j.path, strings.TrimSuffix(j.path, partSuffix)+closedSuffix); err != nil {
		return fmt.Errorf("chunk file %s: %w", j.path, err)
	}
	return syncDir(filepath.Dir(j.path))
}

// syncDir makes a rename durable, where folders can be synced.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = d.Sync() // not every file system can
	return d.Close()
}

package replicate

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// Folder keeps finished chunks on disk, one append-only file a cell, so that a
// run can be killed at any moment and resumed. A file is JSON lines: a header
// that says whose chunks these are, then one record a chunk with its checksum.
// Each line is written by one append, so a kill can tear only the last line,
// which the next run drops.
type Folder struct{ dir string }

// OpenFolder opens dir, creating it if need be.
func OpenFolder(dir string) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	return &Folder{dir}, nil
}

type logHeader struct {
	Format    string `json:"format"`
	Version   int    `json:"version"`
	Seed      uint64 `json:"seed"`
	ChunkSize int    `json:"chunk_size"`
	Cell      string `json:"cell"`
}

type logRecord struct {
	Chunk  int             `json:"chunk"`
	Sum    string          `json:"sum"`
	Record json.RawMessage `json:"record"`
}

// Log is the file of one cell. Its methods may be called concurrently.
type Log struct {
	path    string
	mu      sync.Mutex
	file    *os.File
	records map[int]json.RawMessage
	broken  error // a failed append may have torn a line: no more appends
}

// Cell opens the log of a cell, reading the chunks it holds. It is an error if
// the file belongs to another run or a complete line of it has been altered.
func (f *Folder) Cell(seed uint64, key string, chunkSize int) (*Log, error) {
	header, err := json.Marshal(logHeader{"pastur chunks", Version, seed, chunkSize, key})
	if err != nil {
		return nil, err
	}
	name := sha256.Sum256(header)
	path := filepath.Join(f.dir, hex.EncodeToString(name[:8])+".jsonl")
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, fmt.Errorf("state folder: %w", err)
	}
	l := &Log{path: path, file: file, records: make(map[int]json.RawMessage)}
	if err := l.load(header); err != nil {
		file.Close()
		return nil, err
	}
	return l, nil
}

func (l *Log) load(header []byte) error {
	in := bufio.NewReader(l.file)
	var good int64 // bytes of complete lines
	for line := 1; ; line++ {
		text, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break // text is empty or the torn end of a killed run
		}
		if err != nil {
			return fmt.Errorf("state file %s: %w", l.path, err)
		}
		good += int64(len(text))
		if line == 1 {
			if !bytes.Equal(bytes.TrimSuffix(text, []byte("\n")), header) {
				return fmt.Errorf("state file %s: line 1: not the header of this run; give another --state folder or remove the file", l.path)
			}
			continue
		}
		var r logRecord
		if err := json.Unmarshal(text, &r); err != nil || r.Sum != recordSum(r.Chunk, r.Record) {
			return fmt.Errorf("state file %s: line %d: altered or damaged; remove the file to compute its chunks again", l.path, line)
		}
		l.records[r.Chunk] = r.Record
	}
	if err := l.file.Truncate(good); err != nil {
		return fmt.Errorf("state file %s: %w", l.path, err)
	}
	if good == 0 {
		return l.write(append(header, '\n'))
	}
	return nil
}

func recordSum(chunk int, record []byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n", chunk)
	h.Write(record)
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Path returns the file's name.
func (l *Log) Path() string { return l.path }

// Record returns the stored record of a chunk, if there is one.
func (l *Log) Record(chunk int) (json.RawMessage, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, ok := l.records[chunk]
	return r, ok
}

// Append stores the record of a chunk.
func (l *Log) Append(chunk int, record any) error {
	raw, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("state file %s: chunk %d: %w", l.path, chunk, err)
	}
	line, err := json.Marshal(logRecord{chunk, recordSum(chunk, raw), raw})
	if err != nil {
		return fmt.Errorf("state file %s: chunk %d: %w", l.path, chunk, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.write(append(line, '\n')); err != nil {
		return err
	}
	l.records[chunk] = raw
	return nil
}

func (l *Log) write(line []byte) error {
	if l.broken == nil {
		if _, err := l.file.Write(line); err != nil {
			l.broken = fmt.Errorf("state file %s: %w", l.path, err)
		}
	}
	return l.broken
}

// Close syncs and closes the file.
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.file.Sync(), l.file.Close())
}

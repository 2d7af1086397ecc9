package reports

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pastur/internal/atomicfile"
)

// AppendixItem is one table or figure of a paper's appendix.
type AppendixItem struct {
	ID       string // of its files: lower case letters, digits and hyphens
	Title    string // in the notation of Figure
	Settings any    // everything the result depends on; as JSON it decides whether a finished item is kept
	Command  string // what computes it alone, a line each if it takes several; empty: the appendix with --only ID
	Compute  func(context.Context) (AppendixResult, error)
}

// AppendixResult is a computed item: a table or a picture, or a picture with
// the table of its numbers.
type AppendixResult struct {
	Text    string // a paragraph that says what it shows, in the notation of Figure; [@key] cites
	Table   *Table
	Picture Picture
}

// AppendixOptions says how an appendix is written.
type AppendixOptions struct {
	Title    string
	Preface  string                 // paragraphs before the first item, as in AppendixResult.Text
	Only     []string               // IDs to compute; empty: all
	Force    bool                   // overwrite files that are not the appendix's own
	Plain    bool                   // without siunitx
	Comments []string               // on top of every LaTeX file
	Begin    func(id string, k int) // called before item k of the list is computed; nil: nobody
	Skip     func(id string)        // called for an item kept as it is; nil: nobody
	Rerun    func(id string) string // the command for an item that has none of its own
	Version  string                 // a new version recomputes everything
	Works    []Work                 // cited
}

// Work is something cited.
type Work struct {
	Key    string
	Type   string // of BibTeX: article, misc
	Fields [][2]string
	Line   string // as the list of references prints it, in the notation of Figure
}

// appendixWidth is that of the appendix's text in points: two columns of a
// paper, so that pictures keep their size.
const appendixWidth = 6.75 * 72.27

const manifestName = "manifest.json"

// manifest says which files of a folder are the appendix's own, and from what
// settings they come.
type manifest struct {
	Items map[string]*manifestItem `json:"items"`
	Files map[string]string        `json:"files"` // appendix.tex and what else belongs to no item
}

type manifestItem struct {
	Settings string            `json:"settings"`
	Title    string            `json:"title"`
	Text     string            `json:"text"`
	Command  string            `json:"command"`
	Table    bool              `json:"table"`
	Picture  bool              `json:"picture"`
	Files    map[string]string `json:"files"`
}

// WriteAppendix writes items into a folder: ID.tex, ID.csv and ID.pdf of each
// (and ID-figure.csv where there is a table beside the picture),
// appendix.tex that includes them and compiles as it is, pastur.bib, README.md and
// manifest.json. Every file is written whole or not at all, and the manifest
// after every item, so that an interruption loses at most the item in flight;
// finished items are kept while their settings are the same. A file in the way
// that is not the appendix's own, or was changed since, is an error unless
// Force is set. Other files are left alone.
func WriteAppendix(ctx context.Context, dir string, items []AppendixItem, o AppendixOptions) error {
	chosen, err := chooseItems(items, o.Only)
	if err != nil {
		return err
	}
	if err := appendixFolder(dir); err != nil {
		return err
	}
	m, err := readManifest(dir, o.Force)
	if err != nil {
		return err
	}
	if !o.Force {
		if err := m.foreign(dir, chosen); err != nil {
			return err
		}
	}
	for k, item := range items {
		if !slices.ContainsFunc(chosen, func(c AppendixItem) bool { return c.ID == item.ID }) {
			continue
		}
		settings, err := item.hash(o.Version, o.Plain)
		if err != nil {
			return err
		}
		if done := m.Items[item.ID]; done != nil && done.Settings == settings && done.intact(dir) {
			if o.Skip != nil {
				o.Skip(item.ID)
			}
			continue
		}
		if o.Begin != nil {
			o.Begin(item.ID, k)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		result, err := item.Compute(ctx)
		if err != nil {
			return fmt.Errorf("item %s: %w", item.ID, err)
		}
		done, err := item.write(dir, result, &o)
		if err != nil {
			return fmt.Errorf("item %s: %w", item.ID, err)
		}
		done.Settings = settings
		m.Items[item.ID] = done
		if err := m.write(dir); err != nil {
			return err
		}
	}
	return m.finish(dir, items, &o)
}

func chooseItems(items []AppendixItem, only []string) ([]AppendixItem, error) {
	if len(only) == 0 {
		return items, nil
	}
	var chosen []AppendixItem
	for _, id := range only {
		k := slices.IndexFunc(items, func(i AppendixItem) bool { return i.ID == id })
		if k < 0 {
			var all []string
			for _, i := range items {
				all = append(all, i.ID)
			}
			return nil, fmt.Errorf("unknown item %q: want %s", id, strings.Join(all, ", "))
		}
		chosen = append(chosen, items[k])
	}
	return chosen, nil
}

// appendixFolder makes the folder if only it is missing, and checks that files
// can be created in it.
func appendixFolder(dir string) error {
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Dir(filepath.Clean(dir))); err != nil {
			return fmt.Errorf("%s: the folder %s does not exist: create it first", dir, filepath.Dir(filepath.Clean(dir)))
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			return fmt.Errorf("%s cannot be created: %w", dir, atomicfile.Reason(err))
		}
	case err != nil:
		return fmt.Errorf("%s: %w", dir, atomicfile.Reason(err))
	case !info.IsDir():
		return fmt.Errorf("%s is a file: want a folder", dir)
	}
	return CheckWritable(filepath.Join(dir, manifestName))
}

func readManifest(dir string, force bool) (*manifest, error) {
	m := &manifest{Items: map[string]*manifestItem{}, Files: map[string]string{}}
	data, err := os.ReadFile(filepath.Join(dir, manifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err != nil {
		return nil, err
	}
	var read manifest
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil || read.Items == nil || read.Files == nil {
		if force {
			return m, nil
		}
		return nil, fmt.Errorf("%s is not a manifest of an appendix: want another folder, or --force to overwrite it", filepath.Join(dir, manifestName))
	}
	return &read, nil
}

// names are the files that an item may write.
func (i *AppendixItem) names() []string {
	return []string{i.ID + ".tex", i.ID + ".csv", i.ID + ".pdf", i.ID + "-figure.csv"}
}

var wholeFiles = []string{"appendix.tex", "appendix.bbl", "pastur.bib", "README.md"}

// foreign reports the first file in the way that is not the appendix's own.
func (m *manifest) foreign(dir string, chosen []AppendixItem) error {
	check := func(name, hash string) error {
		path := filepath.Join(dir, name)
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, atomicfile.Reason(err))
		}
		if hash == "" {
			return fmt.Errorf("%s was not written by pastur appendix: want another folder, or --force to overwrite it", path)
		}
		if digest(data) != hash {
			return fmt.Errorf("%s was changed since pastur appendix wrote it: want another folder, or --force to overwrite it", path)
		}
		return nil
	}
	for _, item := range chosen {
		files := map[string]string{}
		if done := m.Items[item.ID]; done != nil {
			files = done.Files
		}
		for _, name := range item.names() {
			if err := check(name, files[name]); err != nil {
				return err
			}
		}
	}
	for _, name := range wholeFiles {
		if err := check(name, m.Files[name]); err != nil {
			return err
		}
	}
	return nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// hash is that of all an item depends on.
func (i *AppendixItem) hash(version string, plain bool) (string, error) {
	data, err := json.Marshal([]any{version, plain, i.ID, i.Title, i.Command, i.Settings})
	if err != nil {
		return "", fmt.Errorf("item %s: settings: %w", i.ID, err)
	}
	return digest(data), nil
}

// intact says whether an item's files are as they were written.
func (d *manifestItem) intact(dir string) bool {
	for name, hash := range d.Files {
		if data, err := os.ReadFile(filepath.Join(dir, name)); err != nil || digest(data) != hash {
			return false
		}
	}
	return len(d.Files) > 0
}

func (m *manifest) write(dir string) error {
	return WriteFile(filepath.Join(dir, manifestName), func(w io.Writer) error {
		data, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return err
		}
		_, err = w.Write(append(data, '\n'))
		return err
	})
}

// put writes a file and returns its hash.
func put(dir, name string, data []byte) (string, error) {
	err := WriteFile(filepath.Join(dir, name), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	return digest(data), err
}

// write writes an item's files.
func (i *AppendixItem) write(dir string, r AppendixResult, o *AppendixOptions) (*manifestItem, error) {
	if r.Table == nil && r.Picture == nil {
		return nil, errors.New("neither a table nor a picture")
	}
	d := &manifestItem{Title: i.Title, Text: r.Text, Command: i.Command, Table: r.Table != nil, Picture: r.Picture != nil, Files: map[string]string{}}
	if d.Command == "" && o.Rerun != nil {
		d.Command = o.Rerun(i.ID)
	}
	comments := slices.Clone(o.Comments)
	for command := range strings.SplitSeq(d.Command, "\n") {
		comments = append(comments, "command: "+command)
	}
	files := map[string][]byte{}
	var tex bytes.Buffer
	if r.Picture != nil {
		bare, caption := r.Picture.Uncaptioned()
		path := filepath.Join(dir, i.ID+".pdf")
		if err := bare.Write(path); err != nil {
			return nil, err
		}
		picture, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		d.Files[i.ID+".pdf"] = digest(picture)
		for _, c := range comments {
			fmt.Fprintf(&tex, "%% %s\n", comment(c))
		}
		fmt.Fprintf(&tex, "\\begin{figure}[htbp]\n\\centering\n\\includegraphics[width=%s]{%s}\n\\caption{%s}\\label{fig:%s}\n\\end{figure}\n",
			includeWidth(r.Picture), i.ID, markupLaTeX(caption), i.ID)
		numbers, err := r.Picture.CSV()
		if err != nil {
			return nil, err
		}
		if r.Table != nil {
			files[i.ID+"-figure.csv"] = numbers
		} else {
			files[i.ID+".csv"] = numbers
		}
	}
	if r.Table != nil {
		if err := r.Table.WriteLaTeX(&tex, LaTeX{Plain: o.Plain, Width: appendixWidth, Label: "tab:" + i.ID, Comments: comments}); err != nil {
			return nil, err
		}
		var data bytes.Buffer
		if err := r.Table.WriteCSV(&data); err != nil {
			return nil, err
		}
		files[i.ID+".csv"] = data.Bytes()
	}
	files[i.ID+".tex"] = tex.Bytes()
	for name, content := range files {
		hash, err := put(dir, name, content)
		if err != nil {
			return nil, err
		}
		d.Files[name] = hash
	}
	return d, nil
}

// includeWidth keeps a picture at its own size where the page allows it.
func includeWidth(p Picture) string {
	size := OneColumn
	switch f := p.(type) {
	case *Figure:
		size = f.Size
	case *HeatMap:
		size = f.Size
	}
	if size == TwoColumn {
		return `\linewidth`
	}
	return "3.25in"
}

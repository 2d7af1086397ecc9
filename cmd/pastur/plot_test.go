package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Pictures are written whole, with their data, and the same for any number of
// workers; what cannot be drawn is refused before anything is sampled.
func TestRatioPlot(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, workers := range []string{"1", "2"} {
		args := strings.Fields("ratio --classes 10,100 --dim inf --rel-error 0.05 --workers " + workers)
		if _, stderr, code := pastur(append(args, "--plot", in(workers+".svg"), "--plot-data", in(workers+".csv"))...); code != 0 {
			t.Fatalf("exit %d: %s", code, stderr)
		}
	}
	for _, extension := range []string{".svg", ".csv"} {
		one, err := os.ReadFile(in("1" + extension))
		if err != nil {
			t.Fatal(err)
		}
		if two, _ := os.ReadFile(in("2" + extension)); string(one) != string(two) {
			t.Errorf("1 and 2 workers give different %s", extension)
		}
		if want := map[string]string{".svg": "<svg", ".csv": "sheet,panel,series,kind,x_axis,y_axis,x,x_end,y,lo,hi\n"}[extension]; !strings.Contains(string(one), want) {
			t.Errorf("%s holds no %q", extension, want)
		}
	}
	before, _ := os.ReadDir(dir)
	for _, c := range []struct{ args, want string }{
		{"--plot " + in("x.jpg"), "--plot: plot file must end in .svg, .png or .pdf, got"},
		{"--plot " + in("missing/x.svg"), "--plot: "},
		{"--plot-data " + in("missing/x.csv"), "--plot-data "},
	} {
		stdout, stderr, code := pastur(append([]string{"ratio"}, strings.Fields(c.args)...)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("ratio %s: exit %d, stdout %q, stderr %q; want exit 2 and one line with %q", c.args, code, stdout, stderr, c.want)
		}
	}
	if after, _ := os.ReadDir(dir); len(after) != len(before) {
		t.Errorf("left behind: %v", after)
	}
}

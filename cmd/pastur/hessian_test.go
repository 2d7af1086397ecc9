package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pastur/internal/dataset"
)

const hessianData = "../../internal/dataset/testdata/"

// hessianJSON is what a program reads of the results.
type hessianJSON struct {
	Results []struct {
		Layers        []int
		Loss          string
		Parameters    int
		Step          int
		LossValue     float64  `json:"loss_value"`
		OptimalityGap float64  `json:"optimality_gap"`
		WVNorm        *float64 `json:"wv_norm"`
		WVBound       *float64 `json:"wv_bound"`
		AllBlocks     bool     `json:"all_blocks"`
		Ratios        []struct {
			LayerPair string `json:"layer_pair"`
			Diag      float64
			Off       *float64
			Ratio     *float64
		}
		Blocks []struct {
			Rows, Cols [2]int
			LayerPair  string `json:"layer_pair"`
			Norm       float64
		}
		Warnings []string
	}
}

func hessianResults(t *testing.T, args string) hessianJSON {
	t.Helper()
	stdout, stderr, code := pastur(strings.Fields("hessian --format json " + args)...)
	if code != 0 {
		t.Fatalf("%s: exit %d: %s", args, code, stderr)
	}
	var document hessianJSON
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// The norms in the JSON are those of the blocks of the matrix that is saved, and
// the same without forming it; the weights that are saved give it again.
func TestHessianSaved(t *testing.T) {
	dir := t.TempDir()
	npy, npz := filepath.Join(dir, "h.npy"), filepath.Join(dir, "net.npz")
	const setting = "--layers 5,4,3 --samples 30 --seed 4"
	result := hessianResults(t, setting+" --hessian "+npy+" --save-weights "+npz).Results[0]
	h, err := dataset.ReadMatrix(npy)
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := h.Dims(); n != 32 || result.Parameters != 32 || len(result.Blocks) != 7*8/2 || !result.AllBlocks {
		t.Fatalf("%d x %d, %d parameters, %d blocks", n, n, result.Parameters, len(result.Blocks))
	}
	cross := 0.0
	for _, b := range result.Blocks {
		sum := 0.0
		for i := b.Rows[0]; i < b.Rows[1]; i++ {
			for k := b.Cols[0]; k < b.Cols[1]; k++ {
				if h.At(i, k) != h.At(k, i) {
					t.Fatalf("not symmetric at %d, %d", i, k)
				}
				sum += h.At(i, k) * h.At(i, k)
			}
		}
		if math.Abs(math.Sqrt(sum)-b.Norm) > 1e-12 {
			t.Errorf("block %v %v has norm %v, want %v", b.Rows, b.Cols, b.Norm, math.Sqrt(sum))
		}
		if b.LayerPair == "w v" {
			cross += sum
		}
	}
	if math.Abs(*result.WVNorm-math.Sqrt(cross)) > 1e-12 || !(*result.WVNorm < *result.WVBound) || !(result.OptimalityGap < result.LossValue) {
		t.Errorf("wv_norm %v, want %v; bound %v; gap %v; loss %v", *result.WVNorm, math.Sqrt(cross), *result.WVBound, result.OptimalityGap, result.LossValue)
	}
	again := hessianResults(t, "--norms-only --samples 30 --seed 4 --weights "+npz).Results[0]
	for k, b := range again.Blocks {
		if math.Abs(b.Norm-result.Blocks[k].Norm) > 1e-12 || b.Rows != result.Blocks[k].Rows {
			t.Errorf("without the matrix block %v has norm %v, want %v", b.Rows, b.Norm, result.Blocks[k].Norm)
		}
	}
}

func TestHessianCSV(t *testing.T) {
	stdout, _, code := pastur(strings.Fields("hessian --layers 4,3,3 --format csv")...)
	records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if code != 0 || err != nil || len(records) != 4 || records[0][0] != "layers" || records[1][0] != "4,3,3" || records[2][6] != "w v" {
		t.Errorf("exit %d, %v: %v", code, err, records)
	}
}

// A single hidden unit has no off-diagonal ww block: null, not a number.
func TestHessianNulls(t *testing.T) {
	r := hessianResults(t, "--layers 3,1,4 --samples 9 --loss mse").Results[0]
	if r.Ratios[0].Off != nil || r.Ratios[0].Ratio != nil || r.WVBound != nil || len(r.Warnings) != 1 {
		t.Errorf("%+v", r)
	}
	if r := hessianResults(t, "--layers 3,4 --samples 9").Results[0]; r.WVNorm != nil {
		t.Errorf("wv_norm %v of a linear model", *r.WVNorm)
	}
}

// Pictures, curves and results are the same bytes for 1 and 2 workers, and every
// snapshot and every C leaves a file of its own.
func TestHessianFiles(t *testing.T) {
	var outputs []string
	for _, workers := range []string{"1", "2"} {
		dir := t.TempDir()
		in := func(name string) string { return filepath.Join(dir, name) }
		args := "hessian --layers 6,3,4 --classes 2,4 --samples 150 --train 20 --lr 0.01 --snapshots 0,100 --show w,v --workers " + workers +
			" --plot " + in("p.svg") + " --hessian " + in("h.npy") + " --save-weights " + in("w.npz") + " --loss-curve " + in("l.csv") + " --format json"
		stdout, stderr, code := pastur(strings.Fields(args)...)
		if code != 0 {
			t.Fatalf("exit %d: %s", code, stderr)
		}
		entries, _ := os.ReadDir(dir)
		var names []string
		for _, e := range entries {
			names = append(names, e.Name())
			content, _ := os.ReadFile(in(e.Name()))
			stdout += string(content)
		}
		outputs = append(outputs, stdout)
		want := "h-c2-step0.npy h-c2-step20.npy h-c4-step0.npy h-c4-step20.npy l-c2.csv l-c4.csv p-v.svg p-w.svg w-c2-step0.npz w-c2-step20.npz w-c4-step0.npz w-c4-step20.npz"
		if got := strings.Join(names, " "); got != want {
			t.Errorf("files %s, want %s", got, want)
		}
		curve, _ := os.ReadFile(in("l-c2.csv"))
		if lines := strings.Split(string(curve), "\n"); lines[0] != "step,loss" || len(lines) != 22 {
			t.Errorf("loss curve of %d lines", len(lines))
		}
		picture := in("curve.png")
		if _, stderr, code := pastur(strings.Fields("hessian --layers 3,2 --train 5 --loss-curve " + picture)...); code != 0 {
			t.Errorf("exit %d: %s", code, stderr)
		}
	}
	if outputs[0] != outputs[1] {
		t.Error("1 and 2 workers give different bytes")
	}
}

// Interrupted in the middle of training: exit 130, the snapshot that was reached is
// there; the same command then goes on and ends with the bytes of one run.
func TestHessianResumes(t *testing.T) {
	dir := t.TempDir()
	args := func(state string) []string {
		return strings.Fields("hessian --layers 10,4,8 --samples 100 --train 3000 --lr 0.01 --snapshots 0,1,100 --format json --state " + filepath.Join(dir, state))
	}
	want, _, code := pastur(args("whole")...)
	if code != 0 {
		t.Fatal(code)
	}
	interrupted := false
	for timeout := 800 * time.Millisecond; timeout > time.Millisecond && !interrupted; timeout /= 2 {
		os.RemoveAll(filepath.Join(dir, "state"))
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		var stdout, stderr bytes.Buffer
		code := run(ctx, &stdout, &stderr, args("state"))
		cancel()
		kept, _ := filepath.Glob(filepath.Join(dir, "state", "*-step30.npz"))
		if interrupted = code == 130 && len(kept) == 1; interrupted && (stdout.Len() != 0 || stderr.String() != "pastur: interrupted\n") {
			t.Errorf("stdout %q, stderr %q", stdout.String(), stderr.String())
		}
	}
	if !interrupted {
		t.Fatal("never interrupted between the snapshots at 1 % and at 100 %")
	}
	got, stderr, code := pastur(args("state")...)
	if code != 0 || got != want {
		t.Errorf("exit %d, other bytes after an interruption: %s", code, stderr)
	}
	// A snapshot that was not kept cannot be looked at any more.
	other := args("state")
	for k, a := range other {
		if a == "0,1,100" {
			other[k] = "0,2,100"
		}
	}
	if _, stderr, code := pastur(other...); code != 2 || !strings.Contains(stderr, "has passed step 60 and kept no snapshot of it") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	// Another build's training is not gone on with.
	stamps, _ := filepath.Glob(filepath.Join(dir, "state", "*.build"))
	if len(stamps) != 1 {
		t.Fatalf("the stamps of the build are %v, want one", stamps)
	}
	stamp := mustRead(t, stamps[0])
	for _, other := range []string{`{"pastur":"0.0.9"}`, ""} {
		mustWrite(t, stamps[0], other)
		if stdout, stderr, code := pastur(args("state")...); code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 ||
			!strings.HasPrefix(stderr, "pastur: --state: ") || !strings.Contains(stderr, "computed by another build ("+other+", this one is {") || !strings.Contains(stderr, "or remove the file") {
			t.Errorf("exit %d, %s", code, stderr)
		}
	}
	mustWrite(t, stamps[0], stamp)
	if got, stderr, code := pastur(args("state")...); code != 0 || got != want {
		t.Errorf("exit %d, %s", code, stderr)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "state", "*.training"))
	if err := os.WriteFile(files[0], []byte("{}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := pastur(args("state")...); code != 2 || !strings.Contains(stderr, "is no state of training") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}

func TestHessianBadInput(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for name, content := range map[string]string{"x.csv": "1,2,3\n4,5,6\n", "y.csv": "0\n1\n2\n", "big.csv": "0\n7\n", "text.npy": "hello"} {
		if err := os.WriteFile(in(name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if _, stderr, code := pastur("hessian", "--layers", "3,4", "--save-weights", in("net.npz")); code != 0 {
		t.Fatal(stderr)
	}
	before, _ := os.ReadDir(dir)
	x := " --data " + in("x.csv")
	for _, c := range []struct{ args, want string }{
		{"--layers 5", `--layers must be d, hidden widths and C, got "5"`},
		{"--layers 5,a", `--layers must be whole numbers from 1 such as 20,8,10, got "a"`},
		{"--layers 5,1", `--layers must end in C, the number of classes, of at least 2, got "1" in "5,1"`},
		{"--layers 20,8,0", `--layers must end in C, the number of classes, of at least 2, got "0" in "20,8,0"`},
		{"--layers 20,0,8", `--layers must be whole numbers from 1 such as 20,8,10, got "0"`},
		{"--classes 0", `--classes must be whole numbers from 2 such as 10,100, got "0"`},
		{"--loss hinge", `unknown loss "hinge": want mse or ce`},
		{"--activation tanh", `unknown activation "tanh": want relu or identity`},
		{"--init zero", `unknown init "zero"`},
		{"--optimizer lion", `unknown optimizer "lion": want adam or sgd`},
		{"--data gauss", `unknown data "gauss": want gaussian or clusters, or a file`},
		{"--data " + in("none.npy"), "none.npy: no such file"},
		{"--data " + in("text.npy"), "want a .npy file, whose first bytes are 93 4e 55 4d 50 59, got 68 65 6c 6c 6f"},
		{"--layers 3,4" + x, "holds no labels: want --labels FILE, or --labels random"},
		{"--layers 3,4 --labels " + in("y.csv") + x, "x.csv holds 2 samples but " + in("y.csv") + " holds 3 labels: want as many"},
		{"--layers 3,4 --labels " + in("big.csv") + x, "big.csv: label of sample 2 is 7, but --layers 3,4 has 4 classes: want 0 to 3"},
		{"--layers 5,4 --labels random" + x, "x.csv holds samples of dimension 3 (2 x 3) but --layers 5,4 takes inputs of dimension 5 (layers 5,4)"},
		{"--labels random" + x, "data from a file needs a network: want --layers 3,..,C or --weights"},
		{"--layers 3,4 --labels random --samples 3" + x, "--samples 3 but " + in("x.csv") + " holds 2"},
		{"--labels " + in("y.csv"), "--data gaussian draws its own labels"},
		{"--normalize l2", `unknown normalization "l2": want none, global or feature`},
		{"--weights " + in("net.npz") + " --layers 3,5", "--layers 3,5 but " + in("net.npz") + " holds a net of layers 3,4"},
		{"--weights " + in("net.npz") + " --init he", "--weights fixes the network"},
		{"--weights " + in("x.csv"), "want a .npz file, whose first bytes are 50 4b 03 04, got 31 2c 32 2c"},
		{"--weights " + hessianData + "two.npz", `two.npz: array "x" is neither a weight nor a bias`},
		{"--samples 0", "--samples must be at least 1, got 0"},
		{"--train -1", "--train must be a number of steps, got -1"},
		{"--snapshots 0,50", "--snapshots is about training: want --train STEPS with it"},
		{"--lr 0.1", "--lr is about training"},
		{"--train 5 --lr 0", "must be a positive number"},
		{"--train 5 --snapshots 0,101", `--snapshots must be percents from 0 to 100, got "101"`},
		{"--train 5 --snapshots 50,0", "--snapshots must rise, got 0 after 50"},
		{"--train 50 --lr 1e300 --optimizer sgd", "want a smaller rate than 1e+300"},
		{"--layers 1000,30,100", "the Hessian of 33000 parameters needs 8.1 GiB, more than the 4 GiB allowed (23170 parameters): want --norms-only"},
		{"--samples 1000000000", "1000000000 samples of dimension 20 need 149.0 GiB, more than the 4 GiB allowed: want --samples 26843545 or fewer"},
		{"--layers 1000000000,10", "--layers: a sample of dimension 1000000000 needs 7.5 GiB"},
		{"--layers 10,10 --norms-only --samples 50000", "--norms-only: 50000 samples need a Gram matrix of 18.6 GiB, more than the 3.0 allowed: want at most 20000 samples (--samples)"},
		{"--norms-only --plot " + in("p.png"), "--norms-only does not form the Hessian"},
		{"--plot " + in("p.jpg"), "--plot: plot file must end in .svg, .png or .pdf"},
		{"--plot " + in("p.png") + " --show x", `--show must be all or some of the layers w,v, got "x"`},
		{"--clip 2", "--clip must be a quantile such as 0.99 or a part of the maximum such as max/100, got \"2\""},
		{"--hessian " + in("missing/h.npy"), "does not exist"},
		{"--hessian " + in("h.txt"), "--hessian must name a .npy file"},
		{"--format tex", "unknown format"},
		{"--workers 0", "--workers must be from 1"},
	} {
		stdout, stderr, code := pastur(append([]string{"hessian"}, strings.Fields(c.args)...)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("hessian %s: exit %d, stdout %q, stderr %q; want exit 2 and one line with %q", c.args, code, stdout, stderr, c.want)
		}
	}
	if after, _ := os.ReadDir(dir); len(after) != len(before) {
		t.Errorf("left behind: %v", after)
	}
}

// Interrupted once the first of several Hessians is written: no picture is left,
// not even a temporary one, and the files that are there are named.
func TestHessianInterruptedPictures(t *testing.T) {
	dir := t.TempDir()
	first := filepath.Join(dir, "h-c4.npy")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(first); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	var stdout, stderr bytes.Buffer
	code := run(ctx, &stdout, &stderr, strings.Fields("hessian --layers 40,40,4 --classes 4,60 --samples 2000 --show all,w,v --plot "+filepath.Join(dir, "p.svg")+" --hessian "+filepath.Join(dir, "h.npy")))
	if want := "pastur: written before the interruption: " + first + "\npastur: interrupted\n"; code != exitInterrupted || stderr.String() != want || stdout.Len() > 0 {
		t.Errorf("exit %d, stdout %q, stderr %q, want %q", code, &stdout, &stderr, want)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 1 || entries[0].Name() != "h-c4.npy" {
		t.Errorf("left behind: %v", entries)
	}
}

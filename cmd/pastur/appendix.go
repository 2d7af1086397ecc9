package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pastur/montecarlo"
	"pastur/replicate"
	"pastur/reports"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

func newAppendix() *cobra.Command {
	var o appendixOptions
	cmd := &cobra.Command{
		Use:   "appendix",
		Short: "Write every table and figure of a paper's appendix into a folder",
		Long: `Write every table and figure of a paper's appendix into a folder: of each item
ID.tex to include, ID.csv with its numbers in full and, of a figure, ID.pdf;
appendix.tex that includes all of them and compiles as it is (pdflatex
appendix.tex, twice), pastur.bib and README.md.

Finished items are kept while their settings are the same: after an interruption
only the item in flight is computed again. --only computes some items and leaves
the others. Files in the way that are not the appendix's own, or were changed
since, are an error unless --force is given; other files are left alone.`,
		Example: `  pastur appendix --out appendix
  pastur appendix --out appendix --quick
  pastur appendix --out appendix --only exact-limits,ratio-classes`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.out, "out", "", "folder to write into, made if only it is missing")
	flags.BoolVar(&o.quick, "quick", false, "fewer samples: under a minute in all")
	flags.StringSliceVar(&o.only, "only", nil, "IDs of the items to compute, separated by commas")
	flags.BoolVar(&o.list, "list", false, "list the items and do nothing")
	flags.StringVar(&o.listing.format, "format", "text", "of --list: "+strings.Join(formats, ", "))
	flags.BoolVar(&o.force, "force", false, "overwrite files that are not the appendix's own")
	flags.BoolVar(&o.plain, "latex-plain", false, "do without siunitx")
	o.register(cmd)
	flags.Lookup("timings").Hidden = true
	return cmd
}

type appendixOptions struct {
	samplingFlags
	out                       string
	quick, list, force, plain bool
	only                      []string
	listing                   output
}

// appendixRun is what items compute with.
type appendixRun struct {
	seed     uint64
	quick    bool
	gamma    float64
	precise  float64 // relative half-width of 95 % intervals
	options  verdict.Options
	progress *progress
}

// families are the items, in the order of the document: a family a file.
var families = []func(*appendixRun) []reports.AppendixItem{appendixExact, appendixRatio, appendixReach, appendixSpectra, appendixLindeberg, appendixNetworks, appendixVerdicts}

func (o *appendixOptions) run(cmd *cobra.Command) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	options := verdict.Options{Seed: o.seed, Workers: o.workers}
	r := &appendixRun{seed: o.seed, quick: o.quick, gamma: 0.5, precise: 0.01, options: options}
	if o.quick {
		r.precise = 0.03
	}
	var items []reports.AppendixItem
	for _, family := range families {
		items = append(items, family(r)...)
	}
	if o.list {
		return o.writeList(cmd, items)
	}
	if cmd.Flags().Changed("format") {
		return errors.New("--format is that of --list: the appendix is LaTeX, CSV and PDF")
	}
	if o.out == "" {
		return errors.New("--out is missing: want the folder to write into")
	}
	opened, err := o.options()
	if err != nil {
		return err
	}
	defer o.closeState(&err)
	r.options = opened
	r.progress = newProgress(cmd.ErrOrStderr())
	defer r.progress.close()
	r.options.Progress = r.progress.update
	settings := fmt.Sprintf("seed %d, intervals of 95 %% with a half-width of at most %v of the estimate", o.seed, r.precise)
	err = reports.WriteAppendix(cmd.Context(), o.out, items, reports.AppendixOptions{
		Title:   "Numerical evidence for the block structure of Hessians",
		Preface: appendixPreface(r),
		Only:    o.only, Force: o.force, Plain: o.plain, Version: reports.Version, Works: works,
		Comments: []string{"pastur " + reports.Version, settings},
		Begin: func(id string, k int) {
			r.progress.start(fmt.Sprintf("%d/%d %s", k+1, len(items), id))
		},
		Rerun: func(id string) string {
			line := fmt.Sprintf("pastur appendix --out DIR --only %s --seed %d", id, o.seed)
			if o.quick {
				line += " --quick"
			}
			return line
		},
	})
	var state *replicate.FolderError
	if err != nil && cmd.Context().Err() == nil && !errors.As(err, &state) {
		if strings.HasPrefix(err.Error(), "unknown item") {
			return fmt.Errorf("--only: %w", err)
		}
		return fmt.Errorf("--out %w", err)
	}
	return err
}

// appendixListing is an item in the JSON of --list.
type appendixListing struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	Warnings []string `json:"warnings"`
}

func (o *appendixOptions) writeList(cmd *cobra.Command, items []reports.AppendixItem) error {
	o.listing.file = "-"
	if err := o.listing.check(); err != nil {
		return err
	}
	table := &reports.Table{
		Title:   "Items of the appendix",
		Columns: []reports.Column{{Header: "item", Field: "id", Left: true}, {Header: "title", Field: "title", Left: true}},
	}
	results := []appendixListing{}
	var text strings.Builder
	for _, item := range items {
		title := strings.ReplaceAll(item.Title, "$", "")
		fmt.Fprintf(&text, "%-20s %s\n", item.ID, title)
		table.Rows = append(table.Rows, []reports.Cell{reports.Text(item.ID), reports.Text(title)})
		results = append(results, appendixListing{item.ID, title, []string{}})
	}
	if o.listing.format == "text" {
		_, err := io.WriteString(cmd.OutOrStdout(), text.String())
		return err
	}
	return o.listing.write(cmd, &reports.Document{Environment: reports.ThisEnvironment(), Plan: struct{}{}, Results: results}, table)
}

func appendixPreface(r *appendixRun) string {
	return fmt.Sprintf(`Throughout, $R = \E|H_{ij}|_F^2 / \E|H_{ii}|_F^2$ ($i ≠ j$) is the ratio of the expected squared Frobenius norms of an off-diagonal and a diagonal block of the Hessian at random initialisation (LeCun), for Gaussian data with $γ = d/N = %v$, $d$ the dimension, $N$ the number of samples, $C$ the number of classes and $m$ the hidden width; the claims are those of [@dong2025]. All intervals have level 95 %% and are of Fieller's form [@fieller1954]; the number in parentheses is the half-width in units of the last digit. Sampling goes on until it is at most %v of the estimate. All random numbers come from seed %d: the commands printed below give the same digits again.

The ratios were measured by pastur %s with the two-point method, which draws a pair of data points under the same weights and has exactly the expectation of the full matrices at every $d$ and $N$; $d = ∞$ stands for the limit $d, N → ∞$ at fixed $γ$.`, r.gamma, r.precise, r.seed, reports.Version)
}

// works are those that the appendix cites.
var works = []reports.Work{
	{Key: "dong2025", Type: "misc", Fields: [][2]string{
		{"author", "Dong, Zhaorui and Zhang, Yushun and Yao, Jianfeng and Sun, Ruoyu"}, {"title", "Towards Quantifying the {H}essian Structure of Neural Networks"},
		{"eprint", "2505.02809"}, {"archiveprefix", "arXiv"}, {"year", "2025"},
	}, Line: "Z. Dong, Y. Zhang, J. Yao, R. Sun. Towards Quantifying the Hessian Structure of Neural Networks. arXiv:2505.02809, 2025."},
	{Key: "chatterjee2006", Type: "article", Fields: [][2]string{
		{"author", "Chatterjee, Sourav"}, {"title", "A generalization of the {L}indeberg principle"}, {"journal", "The Annals of Probability"},
		{"volume", "34"}, {"pages", "2061--2076"}, {"year", "2006"},
	}, Line: "S. Chatterjee. A generalization of the Lindeberg principle. The Annals of Probability 34:2061–2076, 2006."},
	{Key: "fieller1954", Type: "article", Fields: [][2]string{
		{"author", "Fieller, E. C."}, {"title", "Some Problems in Interval Estimation"}, {"journal", "Journal of the Royal Statistical Society, Series B"},
		{"volume", "16"}, {"pages", "175--185"}, {"year", "1954"},
	}, Line: "E. C. Fieller. Some Problems in Interval Estimation. Journal of the Royal Statistical Society, Series B 16:175–185, 1954."},
	{Key: "marchenko1967", Type: "article", Fields: [][2]string{
		{"author", "Marchenko, V. A. and Pastur, L. A."}, {"title", "Distribution of eigenvalues for some sets of random matrices"}, {"journal", "Mathematics of the USSR-Sbornik"},
		{"volume", "1"}, {"pages", "457--483"}, {"year", "1967"},
	}, Line: "V. A. Marchenko, L. A. Pastur. Distribution of eigenvalues for some sets of random matrices. Mathematics of the USSR-Sbornik 1:457–483, 1967."},
	{Key: "silverstein1995", Type: "article", Fields: [][2]string{
		{"author", "Silverstein, J. W. and Bai, Z. D."}, {"title", "On the Empirical Distribution of Eigenvalues of a Class of Large Dimensional Random Matrices"}, {"journal", "Journal of Multivariate Analysis"},
		{"volume", "54"}, {"pages", "175--192"}, {"year", "1995"},
	}, Line: "J. W. Silverstein, Z. D. Bai. On the Empirical Distribution of Eigenvalues of a Class of Large Dimensional Random Matrices. Journal of Multivariate Analysis 54:175–192, 1995."},
}

// measure estimates the ratio of every setting, as pastur ratio does.
func (r *appendixRun) measure(ctx context.Context, settings []montecarlo.Setting) ([]reports.RatioResult, error) {
	var results []reports.RatioResult
	for _, s := range settings {
		e, err := montecarlo.New(s, montecarlo.TwoPoint)
		if err != nil {
			return nil, err
		}
		m, err := verdict.Measure(ctx, catalogue.EstimatorCell(e, nil), verdict.Precision{RelError: r.precise}, r.options)
		if err != nil {
			return nil, err
		}
		var limit *float64
		if v, err := catalogue.Limit(ctx, &e.Setting); err == nil {
			limit = &v
		}
		var warnings []string
		if m.Warning != "" {
			warnings = append(warnings, m.Warning)
		}
		results = append(results, reports.Ratio(e, m, limit, warnings))
	}
	return results, nil
}

// ratioColumns takes results apart for a figure.
func ratioColumns(results []reports.RatioResult, x func(*reports.RatioResult) float64) (c reports.RatioCurve) {
	for i := range results {
		r := &results[i]
		c.X, c.R = append(c.X, x(r)), append(c.R, float64(r.Ratio))
		c.Lo, c.Hi = append(c.Lo, float64(r.RatioLo)), append(c.Hi, float64(r.RatioHi))
	}
	return c
}

// wholeRange returns n whole numbers from lo to hi, evenly spaced on a
// logarithmic scale.
func wholeRange(lo, hi float64, n int) []int {
	var all []int
	for i := range n {
		all = append(all, int(math.Round(lo*math.Pow(hi/lo, float64(i)/float64(n-1)))))
	}
	return slices.Compact(all)
}

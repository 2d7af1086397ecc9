package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pastur/reports"
	"pastur/spectra"
)

// gmpFlags are the flags of pastur gmp.
type gmpFlags struct {
	atoms, values, population string
	classes                   int
	kappa, gamma              float64
	convention, grid, z       string
	moments                   int
}

// gmpPlan says which law was solved.
type gmpPlan struct {
	Population string        `json:"population"`
	Atoms      string        `json:"atoms,omitempty"`
	Classes    int           `json:"classes,omitempty"`
	Kappa      reports.Float `json:"kappa,omitempty"`
	Grid       string        `json:"grid,omitempty"`
	Z          string        `json:"z,omitempty"`
}

func newGMP() *cobra.Command {
	var f gmpFlags
	var out output
	var plot plotFlags
	cmd := &cobra.Command{
		Use:   "gmp",
		Short: "Solve the generalized Marchenko-Pastur law",
		Long: `Solve the generalized Marchenko-Pastur law of a population nu: the intervals of
its support, the atom at 0, moments from order 1, and with --grid the density,
with --z the Stieltjes transform s(z) = int 1/(x-z) dF(x).

  --convention hessian     H = (1/N) X Lambda X^T, d x d; nu is the law of the
                           diagonal Lambda (N x N), of any sign; gamma = d/N
  --convention covariance  S = (1/n) T^{1/2} Z Z^T T^{1/2}, p x p; nu is the law
                           of T, none of it negative; gamma = p/n

The same nu is the hessian problem at 1/gamma, eigenvalues times gamma. All that
is printed is in the convention asked for.

The population is --atoms VALUE:WEIGHT,... (weights sum to 1 within 1e-9), or
--values FILE, one number a line, each with the same weight, or --population:

  softmax-diagonal     p_1 (1 - p_1),  p = softmax(z), z ~ N(0, kappa I_C)
  softmax-offdiagonal  -p_1 p_2`,
		Example: `  pastur gmp --atoms 1:0.5,8:0.5 --gamma 2
  pastur gmp --atoms 1:0.5,8:0.5 --gamma 0.5 --convention covariance --grid 0:20:11
  pastur gmp --population softmax-diagonal --classes 10 --z 0.1+0.1i`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(out.check(), plot.check()); err != nil {
				return err
			}
			xs, err := parseGrid(f.grid)
			if err != nil {
				return err
			}
			z, err := parsePoints(f.z)
			if err != nil {
				return err
			}
			if f.moments < 0 || f.moments > 64 {
				return fmt.Errorf("--moments must be from 0 to 64, got %d", f.moments)
			}
			solve := map[string]func(spectra.Population, float64) (*spectra.Law, error){
				string(spectra.Hessian): spectra.Solve, string(spectra.CovarianceMatrix): spectra.Covariance,
			}[f.convention]
			if solve == nil {
				return fmt.Errorf("unknown convention %q: want hessian (gamma = d/N) or covariance (gamma = p/n)", f.convention)
			}
			population, err := f.choose(cmd)
			if err != nil {
				return err
			}
			law, err := solve(population, f.gamma)
			if err != nil {
				return err
			}
			plan := gmpPlan{Population: population.String(), Atoms: f.atoms, Grid: f.grid, Z: f.z}
			if f.population != "" {
				plan.Classes, plan.Kappa = f.classes, reports.Float(f.kappa)
			}
			var warnings []string
			if f.values != "" {
				support, err := law.Support()
				if err != nil {
					return err
				}
				if len(support) > 1 {
					warnings = append(warnings, fmt.Sprintf("a sample is solved as atoms: if its law is continuous, some of the gaps between the %d intervals may not be real", len(support)))
				}
			}
			result, err := reports.GMP(cmd.Context(), law, f.moments, xs, z, warnings)
			if err != nil {
				return err
			}
			if plot.wanted() {
				figure, err := reports.GMPFigure(result)
				if err != nil {
					return fmt.Errorf("--plot: %w", err)
				}
				if err := plot.draw(figure, &out); err != nil {
					return err
				}
			}
			return out.write(cmd, &reports.Document{
				Environment: reports.ThisEnvironment(),
				Plan:        plan,
				Results:     []*reports.GMPResult{result},
			}, reports.GMPTable(result))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.atoms, "atoms", "", "population: VALUE:WEIGHT,... values of any sign (covariance: not negative)")
	flags.StringVar(&f.values, "values", "", "population: a file of numbers, one a line")
	flags.StringVar(&f.population, "population", "", "population: softmax-diagonal or softmax-offdiagonal")
	flags.IntVar(&f.classes, "classes", 10, "C of a softmax population")
	numberFlag(flags, &f.kappa, "kappa", 1, "variance of the logits of a softmax population", "a positive number", positive)
	numberFlag(flags, &f.gamma, "gamma", 0.5, "d/N (hessian) or p/n (covariance)", "a positive number", positive)
	flags.StringVar(&f.convention, "convention", string(spectra.Hessian), "hessian (gamma = d/N) or covariance (gamma = p/n)")
	flags.StringVar(&f.grid, "grid", "", "LO:HI:n, print the density at n equidistant points")
	flags.StringVar(&f.z, "z", "", "points above the real axis, such as 0.1+0.1i,1+0.5i: print s(z)")
	flags.IntVar(&f.moments, "moments", 4, "how many moments to print")
	plot.register(cmd)
	out.register(cmd)
	return cmd
}

// choose returns the population asked for.
func (f *gmpFlags) choose(cmd *cobra.Command) (spectra.Population, error) {
	given := 0
	for _, s := range []string{"atoms", "values", "population"} {
		if cmd.Flags().Changed(s) {
			given++
		}
	}
	if given != 1 {
		return nil, fmt.Errorf("want one population, --atoms, --values or --population, got %d", given)
	}
	if !cmd.Flags().Changed("population") && (cmd.Flags().Changed("classes") || cmd.Flags().Changed("kappa")) {
		return nil, fmt.Errorf("--classes and --kappa belong to --population")
	}
	switch {
	case cmd.Flags().Changed("atoms"):
		return parseAtoms(f.atoms)
	case cmd.Flags().Changed("values"):
		return readValues(f.values)
	case f.population == "softmax-diagonal":
		return spectra.SoftmaxDiagonal(f.classes, f.kappa)
	case f.population == "softmax-offdiagonal":
		return spectra.SoftmaxOffDiagonal(f.classes, f.kappa)
	}
	return nil, fmt.Errorf("unknown population %q: want softmax-diagonal or softmax-offdiagonal", f.population)
}

// parseAtoms parses VALUE:WEIGHT,...
func parseAtoms(text string) (spectra.Population, error) {
	if text == "" {
		return nil, fmt.Errorf("--atoms is empty: want VALUE:WEIGHT pairs such as 1:0.5,8:0.5")
	}
	var values, weights []float64
	for i, item := range strings.Split(text, ",") {
		v, w, ok := strings.Cut(item, ":")
		value, err1 := strconv.ParseFloat(v, 64)
		weight, err2 := strconv.ParseFloat(w, 64)
		if !ok || err1 != nil || err2 != nil {
			return nil, fmt.Errorf("--atoms: item %d must be VALUE:WEIGHT, such as 8:0.5, got %q", i+1, item)
		}
		values, weights = append(values, value), append(weights, weight)
	}
	p, err := spectra.Atoms(values, weights)
	if err != nil {
		return nil, fmt.Errorf("--atoms: %w", err)
	}
	return p, nil
}

// readValues reads a file of numbers, one a line.
func readValues(path string) (spectra.Population, error) {
	file, err := os.Open(path)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err // its text would say open, and name the file again
		}
		return nil, fmt.Errorf("--values %s: %w", path, err)
	}
	defer file.Close()
	var values []float64
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		x, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("--values %s:%d: want a number, got %q", path, n, text)
		}
		values = append(values, x)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("--values %s: %w", path, err)
	}
	p, err := spectra.Empirical(values)
	if err != nil {
		return nil, fmt.Errorf("--values %s: %w", path, err)
	}
	return p, nil
}

// maxGrid bounds the points of --grid.
const maxGrid = 10_000_000

// parseGrid parses LO:HI:n; an empty text is no grid.
func parseGrid(text string) ([]float64, error) {
	if text == "" {
		return nil, nil
	}
	parts := strings.Split(text, ":")
	bad := fmt.Errorf("--grid must be LO:HI:n with LO < HI and n from 2 to %d, got %q", maxGrid, text)
	if len(parts) != 3 {
		return nil, bad
	}
	lo, err1 := strconv.ParseFloat(parts[0], 64)
	hi, err2 := strconv.ParseFloat(parts[1], 64)
	n, err3 := strconv.Atoi(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || !(lo < hi) || math.IsInf(hi-lo, 0) || n < 2 || n > maxGrid {
		return nil, bad
	}
	xs := make([]float64, n)
	for i := range xs {
		xs[i] = lo + (hi-lo)*float64(i)/float64(n-1)
	}
	xs[n-1] = hi
	return xs, nil
}

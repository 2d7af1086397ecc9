package reports_test

import (
	"fmt"
	"os"

	"pastur/reports"
)

func ExampleNewFigure() {
	f := reports.NewFigure("Decay of $R$ with $C$.",
		reports.Axis{Label: "$C$", Log: true}, reports.Axis{Label: "$R$", Log: true},
		reports.Series{Name: "measured", Kind: reports.Points, X: []float64{10, 100}, Y: []float64{0.017, 0.00018}, Lo: []float64{0.016, 0.00017}, Hi: []float64{0.018, 0.00019}},
	)
	// err := f.Write("decay.pdf") draws it.
	data, err := f.CSV()
	fmt.Printf("%s%v\n", data, err)
	// Output:
	// sheet,panel,series,kind,x_axis,y_axis,x,x_end,y,lo,hi
	// 1,1,measured,points,C,R,10,,0.017,0.016,0.018
	// 1,1,measured,points,C,R,100,,0.00018,0.00017,0.00019
	// <nil>
}

func ExampleTable_WriteLaTeX() {
	t := &reports.Table{
		Title:   "Constants, gamma = d/N = 0.5",
		Columns: []reports.Column{{Header: "C"}, {Header: "C^2 R"}},
		Rows: [][]reports.Cell{
			{reports.Count(10), reports.Measured(1.6628, 0.0032)},
			{reports.Count(1000), reports.Measured(1.96718, 0.00051)},
		},
	}
	if err := t.WriteLaTeX(os.Stdout, reports.LaTeX{Label: "tab:constants", Comments: []string{"seed 1"}}); err != nil {
		fmt.Println(err)
	}
	// Output:
	// % seed 1
	// % packages: array, booktabs, siunitx
	// \begin{table}[htbp]
	// \centering
	// \caption{Constants, $\gamma = d/N = 0.5$.}\label{tab:constants}
	// \medskip
	// \setlength{\tabcolsep}{6pt}
	// \begin{tabular}{@{}S[table-format=4, group-digits=none]S[table-format=1.5(2), group-digits=none]@{}}
	// \toprule
	// {$C$} & {$C^{2} R$} \\
	// \midrule
	// 10 & 1.6628(32) \\
	// 1000 & 1.96718(51) \\
	// \bottomrule
	// \end{tabular}
	// \end{table}
}

package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"pastur/reports"
)

// plotFlags are the flags of every command that draws: the picture and its data.
type plotFlags struct {
	file, data string
}

func (p *plotFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.file, "plot", "", "draw the results into this file: .svg, .png or .pdf")
	cmd.Flags().StringVar(&p.data, "plot-data", "", "write the data of the picture into this CSV file")
}

// wanted says whether a picture or its data is asked for.
func (p *plotFlags) wanted() bool { return p.file != "" || p.data != "" }

// check refuses what could not be written, before anything is computed.
func (p *plotFlags) check() error {
	if p.file != "" {
		if err := reports.CheckPlotFile(p.file); err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
	}
	if p.data != "" {
		if err := reports.CheckWritable(p.data); err != nil {
			return fmt.Errorf("--plot-data %w", err)
		}
	}
	return nil
}

// draw adds what is asked for to what is written with the results.
func (p *plotFlags) draw(picture reports.Picture, out *output) error {
	if p.file != "" {
		drawn, err := picture.File(p.file)
		if err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
		drawn.Flag = "--plot"
		out.beside = append(out.beside, drawn)
	}
	return out.add("--plot-data", p.data, func(w io.Writer) error {
		data, err := picture.CSV()
		if err == nil {
			_, err = w.Write(data)
		}
		return err
	})
}

package main

import (
	"fmt"
	"io"
	"os"

	"pastur/reports"
)

// gitHub annotates what did not pass and appends to the job's summary where the
// environment says that this is a GitHub workflow. The runner reads commands
// from standard error too, so standard output keeps its format. A summary that
// cannot be written changes no verdict: it is a warning.
func gitHub(stderr io.Writer, page *reports.Page, notes []string, strict bool) {
	if os.Getenv("GITHUB_ACTIONS") == "true" {
		if err := reports.WriteGitHubAnnotations(stderr, page.Results, strict); err != nil {
			fmt.Fprintf(stderr, "pastur: warning: annotations: %v\n", err)
		}
	}
	file := os.Getenv("GITHUB_STEP_SUMMARY")
	if file == "" {
		return
	}
	if err := appendSummary(file, page, notes); err != nil {
		fmt.Fprintf(stderr, "pastur: warning: GITHUB_STEP_SUMMARY: %v\n", err)
	}
}

func appendSummary(file string, page *reports.Page, notes []string) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	size, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(f, reports.GitHubSummary(page, notes, reports.MaxGitHubBytes-int(size))); err != nil {
		return err
	}
	return f.Close()
}

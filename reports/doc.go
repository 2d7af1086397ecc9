// Package reports is how results look: tables as text, Markdown, CSV and LaTeX,
// figures in one house style, a paper's appendix, canonical JSON, JUnit XML, and
// files that are written whole or not at all.
//
// Data comes first, drawing second: a Table, a Figure or a HeatMap says what is
// shown, and is written in any format, the same bytes on every run.
//
// JSON is canonical: one object with environment (versions only: no time, host
// or path), plan and results, with every number in full precision, so that two
// runs of one plan are the same bytes. The other formats are views of it.
package reports

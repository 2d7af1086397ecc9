// Package reports is how results look: tables as text, Markdown and CSV,
// canonical JSON, JUnit XML, and files that are written whole or not at all.
//
// JSON is canonical: one object with environment (versions only: no time, host
// or path), plan and results, with every number in full precision, so that two
// runs of one plan are the same bytes. The other formats are views of it.
package reports

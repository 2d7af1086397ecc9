// Package catalogue holds the claims: what the theorems say, as data.
//
// A suite is a TOML file of claims, each with its statement, its source, the
// setting it is tested in, and where GOOD ends and BAD begins. The built-in
// suites paper, quick and full are written in the format users write their own
// in; [Parse] reads both, and [Suite.Claims] are ready to be run by package
// verdict. The format is described in docs/suites.md.
package catalogue

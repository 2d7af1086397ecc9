package main

import (
	"errors"
	"testing"

	"pastur/reports"
)

// The exit code depends on the set of verdicts alone: ERROR over FAIL and drift over
// INCONCLUSIVE over PASS. An INCONCLUSIVE must not overwrite the FAIL before it.
func TestVerdictExit(t *testing.T) {
	rank := map[string]int{"PASS": 0, "INCONCLUSIVE": 1, "FAIL": 2, "ERROR": 3}
	codes := map[bool][]exitCode{
		false: {exitPass, exitInconclusive, exitFail, exitUsage},
		true:  {exitPass, exitFail, exitFail, exitUsage},
	}
	exit := func(results []reports.VerdictResult, strict bool) exitCode {
		code := exitCode(exitPass)
		if err := verdictExit(results, strict); err != nil && !errors.As(err, &code) {
			t.Errorf("%v is no exit code", err)
		}
		return code
	}
	for strict, want := range codes {
		for a := range rank {
			for b := range rank {
				got := exit([]reports.VerdictResult{{Status: a}, {Status: b}}, strict)
				if w := want[max(rank[a], rank[b])]; got != w {
					t.Errorf("%s then %s, strict %v: exit %d, want %d", a, b, strict, got, w)
				}
			}
			drifted := reports.VerdictResult{Status: "PASS", Drift: []string{"the estimate was 1, is 2"}}
			for _, results := range [][]reports.VerdictResult{{drifted, {Status: a}}, {{Status: a}, drifted}} {
				if got, w := exit(results, strict), codes[strict][max(rank[a], rank["FAIL"])]; got != w {
					t.Errorf("drift and %s, strict %v: exit %d, want %d", a, strict, got, w)
				}
			}
		}
	}
	if got := exit(nil, true); got != exitPass {
		t.Errorf("no verdicts: exit %d", got)
	}
}

package main

import (
	"os"
	"strings"
	"testing"
)

// What pastur's own tests pin as the output of emit kubernetes is a Job; with a
// planted error it is not.
func TestGolden(t *testing.T) {
	golden, err := os.ReadFile("../../cmd/pastur/testdata/scale.golden")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(golden), "$ pastur emit kubernetes")
	_, manifest, _ := strings.Cut(after, "\n")
	manifest, _, _ = strings.Cut(manifest, "\n$ ")
	if err := check(strings.NewReader(manifest)); err != nil {
		t.Fatalf("%v:\n%s", err, manifest)
	}
	for _, planted := range [][2]string{
		{"completions:", "completionz:"}, {"values: [75]", `values: ["75"]`}, {"Indexed", "NonIndexed"}, {"restartPolicy: Never", "restartPolicy: OnFailure"},
		{"containerName: pastur", "containerName: other"}, {"- name: data", "- name: date"}, {"kind: Job", "kind: CronJob"}, {"command:", "commands:"},
	} {
		wrong := strings.Replace(manifest, planted[0], planted[1], 1)
		if wrong == manifest {
			t.Errorf("%q is not in the manifest", planted[0])
		}
		if check(strings.NewReader(wrong)) == nil {
			t.Errorf("%q for %q is accepted", planted[1], planted[0])
		}
	}
}

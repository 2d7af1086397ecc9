package catalogue

import (
	"fmt"
	"strings"
	"testing"

	"pastur/replicate"
	"pastur/verdict"
)

// Two claims of one id on the same draws that record other statistics do not
// read each other's chunks; one whose tolerance or sweep alone differs does.
func TestStateFoldersTellStatisticsApart(t *testing.T) {
	folder, err := replicate.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	decide := func(body string, state *replicate.Folder) verdict.Verdict {
		t.Helper()
		suite, err := Parse("test", []byte("[[claim]]\nid = \"x\"\nstatement = \"s\"\nmodel = \"linear\"\nloss = \"ce\"\n"+body))
		if err != nil {
			t.Fatal(err)
		}
		claim, err := suite.Specs[0].Claim()
		if err != nil {
			t.Fatal(err)
		}
		claim.Looks = 1
		v, err := claim.Run(t.Context(), verdict.Options{Seed: 1, State: state})
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, body := range []string{
		"kind = \"bound\"\nclasses = 100\nat_most = 3",
		"kind = \"bound\"\nclasses = 100\nat_most = 3\nquantity = \"scaled\"",
		"kind = \"bound\"\nclasses = 100\nat_most = 4",
		"kind = \"bound\"\nclasses = [100, 200]\nat_most = 3",
		"kind = \"limit\"\nclasses = 100\ndim = 1000\ntarget = \"limit\"\nbad = 0.5",
		"kind = \"limit\"\nclasses = 100\ndim = 1000\ntarget = \"exact\"\nquantity = \"finite-size\"\nbad = 0.5",
	} {
		want, got := decide(body, nil), decide(body, folder)
		if fmt.Sprint(got.Cells) != fmt.Sprint(want.Cells) {
			t.Errorf("%s:\nwith a folder %v\nwithout       %v", body, got.Cells, want.Cells)
		}
	}
}

// What identifies the records is the same in every process: it holds no address.
func TestRecordsAreIdentifiedAlike(t *testing.T) {
	for _, name := range Names() {
		a, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, spec := range a.Specs {
			if spec.records() != b.Specs[i].records() {
				t.Errorf("%s: %s is identified in two ways: %+v", name, spec.ID, spec.About)
			}
			if text := fmt.Sprintf("%+v", spec.About); strings.Contains(text, "0xc0") {
				t.Errorf("%s: %s: an address in %s", name, spec.ID, text)
			}
		}
	}
}

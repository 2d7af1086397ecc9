package reports

import (
	"math"
	"testing"

	"pastur/theorem/catalogue"
)

// What a claim aims at lies in its GOOD set, or where that ends.
func TestTargetsAreGood(t *testing.T) {
	n := 0
	for _, name := range []string{"full", "quick"} { // full includes paper
		suite, err := catalogue.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range suite.Specs {
			c, err := spec.Claim()
			if err != nil {
				t.Fatal(err)
			}
			good, _ := c.Sets()
			if x := float64(Target(c)); math.IsNaN(x) || !(x >= good.Lo && x <= good.Hi) {
				t.Errorf("suite %s: %s (%s) aims at %v, GOOD is %v", name, c.ID, c.Kind, x, good)
			}
			n++
		}
	}
	if n < 50 {
		t.Errorf("%d claims", n)
	}
}

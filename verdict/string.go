package verdict

import (
	"fmt"
	"math"
	"strings"
)

// String says in one line what was decided and on what evidence:
//
//	PASS chi-squared: 1.0005 in [0.98793, 1.0131]; GOOD [0.99, 1.01], BAD [-inf, 0.97] or [1.03, inf]; 131072 replicates, 8 looks: interval excludes BAD
func (v Verdict) String() string {
	id, bad := "", ""
	if v.Claim != nil {
		id = " " + v.Claim.ID
		if v.Claim.Kind != Exact {
			var sets []string
			for _, b := range v.Claim.BadSet() {
				sets = append(sets, b.String())
			}
			bad = ", BAD " + strings.Join(sets, " or ")
		}
	}
	if v.Status == Errored || math.IsNaN(v.Estimate) {
		return fmt.Sprintf("%s%s: %s", v.Status, id, v.Reason)
	}
	component, looks := "", "looks"
	if v.Component != "" {
		component = " (" + v.Component + ")"
	}
	if v.Looks == 1 {
		looks = "look"
	}
	return fmt.Sprintf("%s%s: %.5g in %v%s; GOOD %v%s; %d replicates, %d %s: %s",
		v.Status, id, v.Estimate, v.Bounds, component, v.Good, bad, v.Replicates, v.Looks, looks, v.Reason)
}

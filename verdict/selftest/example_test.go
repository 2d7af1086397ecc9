package selftest_test

import (
	"context"
	"fmt"

	"pastur/verdict"
	"pastur/verdict/selftest"
)

// A judge's false alarms on skewed samples, counted.
func Example() {
	var skewed []selftest.Case
	for _, c := range selftest.Cases() {
		if c.Kind == verdict.Law && c.Population.Name == "exponential" {
			skewed = append(skewed, c)
		}
	}
	all, err := selftest.Calibrate(context.Background(), skewed, selftest.Options{Seed: 1, Runs: 500})
	if err != nil {
		fmt.Println(err)
		return
	}
	c := all[0]
	fmt.Printf("%s: %d runs, at most %d alarms allowed, within limits: %v\n", c.Case.Name(), c.Null.Runs, c.AlarmLimit, c.OK())
	// Output: law: exponential: 500 runs, at most 144 alarms allowed, within limits: true
}

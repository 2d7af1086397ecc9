package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/pflag"

	"pastur/shard"
)

// wholeRanges are the ranges of the flags that take an int.
var wholeRanges = map[string]string{
	"workers": "from 1 to 4096", "cpus": "from 1 to 4096", "hidden": "of at least 1", "classes": "of at least 2", "samples": "of at least 1", "train": "of at least 1",
	"inner": "of at least 2", "lanczos": "of at least 2", "probes": "of at least 1", "outputs": "from 1 to 1000", "moments": "from 0 to 64",
	"shards": fmt.Sprintf("from 1 to %d", shard.MostParts), "looks": "of at least 1", "jobs": "of at least 1", "max-array-size": "of at least 2",
}

// flagError says in our words what is wrong with a flag's value, and what would be
// right.
func flagError(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	flag, want := invalid.GetFlag(), ""
	switch flag.Value.Type() {
	case "bool":
		want = "must be true or false"
	case "uint64":
		want = fmt.Sprintf("must be a whole number from 0 to %d, in digits", uint64(math.MaxUint64))
	case "int":
		want = "must be a whole number " + wholeRanges[flag.Name] + ", in digits"
		if errors.Is(err, strconv.ErrRange) {
			want = fmt.Sprintf("must be a whole number %s that is at most %d", wholeRanges[flag.Name], math.MaxInt)
		}
	default:
		want = invalid.Unwrap().Error()
	}
	got := invalid.GetValue()
	if _, err := strconv.ParseFloat(got, 64); err != nil {
		got = strconv.Quote(got)
	}
	return fmt.Errorf("--%s %s, got %s", flag.Name, want, got)
}

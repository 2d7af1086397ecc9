package catalogue_test

import (
	"context"
	"fmt"
	"log"

	"pastur/theorem/catalogue"
	"pastur/verdict"
)

// A claim of one's own: at gamma = 2 and 50 classes the ratio is what the
// theorem says.
func Example_suite() {
	const mine = `
[[claim]]
id = "wide-data"
statement = "R equals its exact limit at C = 50, gamma = 2"
kind = "limit"
model = "linear"
loss = "ce"
classes = 50
gamma = 2
target = "exact"
`
	suite, err := catalogue.Parse("mine.toml", []byte(mine))
	if err != nil {
		log.Fatal(err)
	}
	claim, err := suite.Specs[0].Claim()
	if err != nil {
		log.Fatal(err)
	}
	v, err := claim.Run(context.Background(), verdict.Options{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(claim.ID, v.Status)

	_, err = catalogue.Parse("mine.toml", []byte("[[claim]]\nid = \"wide-data\"\nstatment = \"R is small\"\n"))
	fmt.Println(err)
	// Output:
	// wide-data PASS
	// mine.toml:3:1: claim wide-data: unknown key "statment": did you mean "statement"?
}

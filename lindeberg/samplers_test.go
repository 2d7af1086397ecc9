package lindeberg

import "testing"

// The parts of a quotient that is not real (guards against the conjugate, and against
// dividing by the modulus alone).
func TestParts(t *testing.T) {
	if along, across := Along.of(2+4i, 1i), Across.of(2+4i, 1i); along != 4 || across != -1 {
		t.Errorf("(2+4i)/i = 4-2i: along %v, want 4; across %v, want 1-2", along, across)
	}
}

package reports

// Complex is a complex number in JSON.
type Complex struct {
	Re Float `json:"re"`
	Im Float `json:"im"`
}

// ComplexOf returns z for JSON.
func ComplexOf(z complex128) Complex { return Complex{Float(real(z)), Float(imag(z))} }

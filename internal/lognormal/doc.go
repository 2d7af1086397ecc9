// Package lognormal computes the law of sums of lognormals, and with it the laws of
// one and of two probabilities p = softmax(z), z ~ N(0, kappa I_C), for C up to 1e6, by
// one- and two-dimensional quadrature that converges geometrically.
//
// With S = sum of the e^{z_c} of all other classes,
//
//	p_1 = logistic(w),   w = z_1 - log S,
//
// z_1 and S independent: [One]. For two, with a = (z_1+z_2)/2 and b = (z_1-z_2)/2
// independent N(0, kappa/2),
//
//	p_1, p_2 = e^{+-b}/(e^b + e^{-b} + e^v),   v = log S - a:
//
// [Two]. [Sum] is the law of log S.
package lognormal

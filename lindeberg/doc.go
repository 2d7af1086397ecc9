// Package lindeberg measures how far a Hessian block, whose diagonal Lambda
// depends on the data, is from the matrix of the generalized Marchenko-Pastur law,
// whose Lambda does not.
//
// At random initialisation a cross-entropy block of the linear model, or a
// hidden-weight block of the hidden one, is H = (1/N) X Lambda(X) X^T. Let X~ be an
// independent copy of X and H~ = (1/N) X~ Lambda(X) X~^T. The gap of expected
// Stieltjes transforms
//
//	delta_N(z) = E s_{H~}(z) - E s_H(z),   s_A(z) = (1/d) tr (A - z)^{-1},
//
// is bounded by O(N^{-1/2}) in the source by a Lindeberg interpolation between the
// two. Here the interpolation is carried out: [Realisation] draws both ends and all
// that lies between, X(theta) = sin(theta) X + cos(theta) X~, so that theta = 0 is
// the independent end and theta = pi/2 the Hessian block. (With t = sin^2 theta, X(t)
// = sqrt(t) X + sqrt(1-t) X~; published slides print the ends the other way round.)
// Sample by sample the gap is minus the integral of ds/dtheta. Its expectation is
// in fact of order 1/N, and [Constant] is the limit of N delta_N(z).
//
// Lambda sees only k directions of the data, C of the linear model and m of the
// hidden one. A copy that shares the other d-k coordinates with X is as good in law,
// and a sample of the gap then costs one tridiagonal reduction, whatever the number
// of points z and of steps along the path. For it |s_{H~} - s_H| <= pi k/(d Im z) in
// every sample, which proves the rate O(1/N) in two lines: docs/lindeberg.md.
//
// Results pass through LAPACK, so that they agree to rounding between builds, and
// bit for bit for any number of workers of one build.
//
// Source: Z. Dong, Y. Zhang, J. Yao, R. Sun, "Towards Quantifying the Hessian
// Structure of Neural Networks", 2025, arXiv 2505.02809.
package lindeberg

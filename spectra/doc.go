// Package spectra solves the generalized Marchenko-Pastur law.
//
// For H = (1/N) X Lambda X^T, X a d x N matrix of independent standard entries,
// Lambda diagonal with limit law nu (of any sign), d/N -> gamma, the eigenvalues of H
// have a limit law F whose Stieltjes transform s(z) = int 1/(x-z) dF(x) solves
//
//	s = 1/( -z + int tau/(1 + gamma tau s) dnu(tau) ),   z in C+.
//
// The idea: in u = -1/s the equation is explicit,
//
//	z(u) = u + int tau dnu + int rho(dt)/(u - t),   rho the image of gamma tau^2 nu under t = gamma tau,
//
// and rho is positive even where nu is signed. So Im z = Im u (1 - h(u)), h(u) = int
// rho/|u-t|^2, and z maps Omega = {h < 1} in C+ one to one onto C+, its boundary
// curve one to one onto the real line (P. Biane, Indiana Univ. Math. J. 46 (1997)
// 705-718, there for the free convolution with a semicircle, which has this
// form). Hence
//
//   - a root u with Im u > 0 is the solution, for z in C+ and for real z alike: Newton's
//     method runs on the real line itself, with no smoothing parameter and nothing to
//     confuse it with;
//   - the support ends where h(u) = 1 at real u, and h is convex between its poles;
//   - the distribution function is closed: s dz = -z'(u)/u du has an elementary
//     antiderivative (see [Law.CDF]).
//
// [Solve] is the Hessian convention, [Covariance] that of sample covariance matrices.
package spectra

// Package montecarlo estimates how block-diagonal the Hessian of a network is
// at random initialisation: E|H_ij|_F^2 and E|H_ii|_F^2, whose quotient is the
// ratio R of the theorems.
//
// A [Setting] says which block of which model, at which size. Three methods
// estimate the same two expectations, exactly the same at every finite size:
//
//	definition  draws the data and the weights, forms the blocks, takes norms;
//	gram        the norms of all blocks from Gram matrices, no block formed;
//	twopoint    needs a handful of data points, whatever d and N are.
//
// So comparing one method with another tests the code with no theory in
// between, and comparing any of them with package theorem tests the theorem.
//
// The two-point method rests on exchangeability: for H = (1/N) sum_n lambda_n
// phi_n phi_n^T,
//
//	E|H|_F^2 = (1/N) E[lambda^2 |phi|^4] + (1-1/N) E[lambda lambda' (phi.phi')^2],
//
// with phi, phi' two data points under the same weights; and on Gaussian
// weights, which see the points through their Gram matrix only.
package montecarlo

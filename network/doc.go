// Package network holds the networks whose Hessians are studied, and their
// Hessian blocks in closed form.
//
// Two models without biases, the linear f(x) = V x and the 1-hidden-layer
// f(x) = V relu(W x), under two losses, squared error and softmax cross entropy,
// are small enough that every block of the Hessian has an exact expression. They
// share one shape. Let g_n be the derivative of the loss of sample n by its logits,
//
//	MSE:  g = 2 (f - y)     CE:  g = p - y,
//
// and A_n the second derivative,
//
//	MSE:  A = 2 I           CE:  A = diag(p) - p p^T.
//
// With 1_i = 1(w_i.x > 0), h = relu(W x) and e_i the i-th unit vector, every block
// is an average over the N samples of
//
//	v_i v_j:  A_ij                              phi phi^T   (phi = x, or h when hidden)
//	w_i w_j:  (sum_ab v_ai A_ab v_bj) 1_i 1_j   x x^T
//	w_i v_j:  x u^T,  u = 1_i [ (sum_a v_ai A_aj) h + g_j e_i ]
//
// so a vv or ww block is fixed by one signed number lambda_n a sample (see
// [State.Weights]), and a wv block by one vector u_n a sample (see
// [State.CrossFactor]). [Evaluate] runs a net on data once; all blocks are then
// read off the resulting [State]. [DifferenceBlock] computes the same blocks
// without any of these formulas, to check them.
//
// An [MLP] has any number of layers. A [Problem] puts it together with a loss and
// data, and has its gradient and Hessian-vector products; a [Curvature] has its
// Hessian in closed form at any depth, and the norms of its blocks without forming
// it. A [Trainer] trains it; a [Trajectory] is a training as the replicate of a
// claim. [HeadNorms] treats an output layer of any number of classes, and a [Graph]
// predicts zeros of small Hessians.
//
// Data is stored one sample a row: X is N x d with row n = x_n. This is the
// transpose of the X in R^{d x N} of the paper.
//
// Source: Z. Dong, Y. Zhang, J. Yao, R. Sun, "Towards Quantifying the Hessian
// Structure of Neural Networks", 2025, arXiv 2505.02809, whose losses carry no
// factor 1/2 and no 1/C.
package network

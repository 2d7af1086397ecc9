// Package dataset reads data sets from files: matrices of numbers with one
// sample a row, and labels.
//
// Formats are told apart by their first bytes, not by their names, except for
// the two that have no mark of their own: CSV (.csv, .tsv, .txt) and the binary
// files of CIFAR (.bin). A file that is not what it should be is refused with
// what was expected and what its first bytes were; an entry that is not finite,
// with its row and column, counted from 1.
//
//	.npy        float16 is refused; float32, float64, bool and all integers are
//	            read, of either byte order, in C and in Fortran order; an array
//	            of more than two dimensions must be in C order and has its
//	            trailing ones flattened, one of one dimension is a column
//	.npz        as FILE.npz if it holds one array, as FILE.npz#name otherwise
//	.csv        comma (or tab, in .tsv) separated, with or without one line of
//	            names; lines that begin with # are comments
//	IDX         MNIST's, unsigned bytes to float64
//	CIFAR       the binary versions of CIFAR-10 and CIFAR-100, with their labels
//
// CSV, .npy, IDX and CIFAR may also be compressed by gzip. Bytes of images (IDX, CIFAR)
// are divided by 255; nothing else is normalised, see [Normalize].
package dataset

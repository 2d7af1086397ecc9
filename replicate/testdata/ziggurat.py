"""Solves the closing condition of the 256-layer ziggurat for the normal law.

Layers of equal area V under f(x) = exp(-x^2/2): x_1 = R, V = R f(R) + tail(R),
x_{i+1} = f^{-1}(V/x_i + f(x_i)); the last layer must end at f = 1 exactly.
Prints R and V to 40 digits. Needs python3 with mpmath.
"""
from mpmath import mp, mpf, exp, sqrt, log, pi, erfc, findroot

mp.dps = 45


def f(x):
    return exp(-x * x / 2)


def area(r):
    return r * f(r) + sqrt(pi / 2) * erfc(r / sqrt(2))


def gap(r, layers=256):
    v, x = area(r), r
    for _ in range(layers - 2):
        x = sqrt(-2 * log(v / x + f(x)))
    return v / x + f(x) - 1


r = findroot(gap, (mpf("3.65415288536"), mpf("3.65415288537")), solver="anderson", tol=1e-35)
mp.dps = 40
print("R =", +r)
print("V =", +area(r))

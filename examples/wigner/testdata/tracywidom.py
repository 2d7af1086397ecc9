"""Prints the mean of the Tracy-Widom law for beta = 1: python3 tracywidom.py (needs mpmath).

F_1(s) = exp(-1/2 int_s^oo q) F_2(s)^(1/2), F_2(s) = exp(-int_s^oo (x-s) q(x)^2 dx),
q'' = s q + 2 q^3, q ~ Ai at +oo (Tracy and Widom, On orthogonal and symplectic
matrix ensembles, Commun. Math. Phys. 177, 1996). Integrated from s = 10 down to
-9 by the classical Runge-Kutta method; E X = b - int_a^b F_1.
"""
from mpmath import mp, mpf, airyai, exp, sqrt

mp.dps = 40
right, left, steps = mpf(10), mpf(-9), 9500
h = (left - right) / steps


def slope(s, y):
    q, dq, u, v, w = y  # u = int q, v = int q^2, w = int (x-s) q^2, from s to oo
    return (dq, s * q + 2 * q**3, -q, -q * q, -v)


def shifted(y, k, f):
    return tuple(a + f * b for a, b in zip(y, k))


def law(y):
    return exp(-y[2] / 2) * exp(-y[4] / 2)


y = (airyai(right), airyai(right, derivative=1), mpf(0), mpf(0), mpf(0))
s, area = right, mpf(0)
for i in range(steps):
    k1 = slope(s, y)
    k2 = slope(s + h / 2, shifted(y, k1, h / 2))
    k3 = slope(s + h / 2, shifted(y, k2, h / 2))
    k4 = slope(s + h, shifted(y, k3, h))
    new = tuple(a + h / 6 * (p + 2 * q + 2 * r + t) for a, p, q, r, t in zip(y, k1, k2, k3, k4))
    area += -h * (law(y) + law(new)) / 2
    s, y = s + h, new
print(mp.nstr(right - area, 8))

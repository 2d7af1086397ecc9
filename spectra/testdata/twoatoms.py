#!/usr/bin/env python3
"""Writes twoatoms.json: densities of two-atom laws, by another route.

In the covariance convention the Stieltjes transform v of the n x n companion solves
Silverstein's equation -1/v = x - gamma sum w t/(1 + t v): for two atoms, cleared of
denominators, a cubic. Its root in the upper half-plane, by mpmath's polyroots at 60
digits, gives the density Im v/(pi gamma). The Go package solves another equation, in
another variable, by Newton's method.

    python3 testdata/twoatoms.py    (from spectra; mpmath 1.3; about ten seconds)
"""
import json
import os
from mpmath import mp, mpf, polyroots, pi, nstr, im

mp.dps = 60


def density(t, w, gamma, x):
    """-(1 + a v)(1 + b v) = v x (1 + a v)(1 + b v) - gamma v (w1 a (1 + b v) + w2 b (1 + a v))"""
    a, b = t
    w1, w2 = w
    c3 = x * a * b
    c2 = x * (a + b) + a * b - gamma * a * b * (w1 + w2)
    c1 = x + a + b - gamma * (w1 * a + w2 * b)
    roots = polyroots([c3, c2, c1, mpf(1)], maxsteps=500, extraprec=400)
    top = max(im(r) for r in roots)
    return top / (pi * gamma) if top > mpf(10) ** -40 else mpf(0)


rows = []
for t, gamma, lo, hi, n in [
    ((1, 8), "0.5", "0.1", "18.4", 1000),
    ((1, 5), "0.5", "1.6", "1.7", 101),  # a gap of 0.018
    ((1, 8), "2", "0.05", "40", 101),
    ((-1, 2), "0.4", "-3", "6", 101),  # signed
]:
    xs = [float(lo) + (float(hi) - float(lo)) * i / (n - 1) for i in range(n)]
    half = (mpf(1) / 2, mpf(1) / 2)
    values = [density(t, half, mpf(gamma), mpf(x)) for x in xs]
    rows.append(dict(atoms=list(t), gamma=float(gamma), x=xs, density=[float(nstr(v, 25)) for v in values]))

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "twoatoms.json"), "w") as f:
    json.dump(rows, f, indent=0)
    f.write("\n")

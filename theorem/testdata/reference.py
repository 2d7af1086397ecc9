#!/usr/bin/env python3
"""Writes reference.json: values of package theorem to 30 digits, by other routes.

- linear cross-entropy, C = 2 and 3: direct quadrature over the logit
  differences, no Laplace transform; C > 3: moments E p^2, E p^3, E p^4 and
  E p1^2 p2^2 at 60 digits, the off-diagonal mean from the sum rule
  E p1 p2 = (1/C - E p1^2)/(C-1), which cancels and so tests the normalisation;
- finite-size coefficient: numerical differentiation in kappa;
- hidden constants: angular and half-line integrals, not the closed forms;
- hidden MSE at finite size: tanh-sinh quadrature over the angle itself.

    python3 testdata/reference.py    (from theorem; mpmath 1.3; a few minutes)
"""
import json
import os
from mpmath import mp, mpf, exp, log, sqrt, pi, cos, sin, quad, inf, gamma as Gamma, fdot, ceil, floor, nstr

mp.dps = 60
rows = []
KAPPAS = ["0.05", "1/3", "1", "2", "10"]
GAMMAS = ["0.5", "3", "0.01"]


def number(s):
    """The double a Go test reads from the string, exactly."""
    if "/" in s:
        a, b = s.split("/")
        return mpf(float(int(a)) / float(int(b)))
    return mpf(float(s))


def put(name, value, **arguments):
    rows.append(dict(name=name, value="inf" if value == inf else nstr(value, 32, min_fixed=0, max_fixed=0), **arguments))


def ratio(g, b, a2, d1, d2):
    """b = E p1p2, a2 = E (p1p2)^2, d1 = E p1(1-p1), d2 its square."""
    return (g * a2 + b * b) / (g * d2 + d1 * d1)


# C = 2, 3 in the differences x = z1 - z3, y = z2 - z3 (covariance kappa [[2,1],[1,2]]).
def direct3(kappa):
    h = min(sqrt(kappa) / 2, mpf(1) / 5)
    reach = int(ceil(sqrt(4 * kappa * 80) / h))
    E = [exp(j * h) for j in range(-reach, reach + 1)]
    s = [mpf(0)] * 5
    for i in range(-reach, reach + 1):
        for j in range(-reach, reach + 1):
            q = (i * i - i * j + j * j) * h * h / (3 * kappa)
            if q > 80:
                continue
            w = exp(-q)
            ex, ey = E[i + reach], E[j + reach]
            t = 1 + ex + ey
            p1, p2 = ex / t, ey / t
            a, d = p1 * p2, p1 * (1 - p1)
            s[0] += w
            s[1] += w * a
            s[2] += w * a * a
            s[3] += w * d
            s[4] += w * d * d
    return [x / s[0] for x in s[1:]]


def direct2(kappa):
    f = lambda k: quad(lambda x: exp(-x * x / (4 * kappa)) * (exp(-x) / (1 + exp(-x)) ** 2) ** k,
                       [-mpf(20) * sqrt(kappa) * 2] + [mpf(j) * sqrt(kappa) for j in range(-20, 21, 4)] + [mpf(20) * sqrt(kappa) * 2]) / sqrt(4 * pi * kappa)
    b, a2 = f(1), f(2)
    return b, a2, b, a2


class Line:
    """M_k(t) on the grid t = i h by convolution on one grid for t and z."""

    def __init__(self, kappa, kmax=4, h=mpf(1) / 10, lowest=-80, highest=60):
        self.h, self.kappa = h, kappa
        sigma = sqrt(kappa)
        jlo, jhi = int(floor(-(40 + 15 * sigma) / h)), int(ceil((kmax * kappa + 15 * sigma) / h))
        self.weights = [exp(-(j * h) ** 2 / (2 * kappa)) * h / sqrt(2 * pi * kappa) for j in range(jlo, jhi + 1)]
        self.jlo, self.jhi = jlo, jhi
        self.lo = int(lowest / h)
        self.base = self.lo + jlo
        ys = range(self.base, int(highest / h) + jhi + 1)
        self.w = [[] for _ in range(kmax + 1)]
        for j in ys:
            u = exp(j * h)
            e = exp(-u) if u < 300 else mpf(0)
            for k in range(kmax + 1):
                self.w[k].append(e * u ** k)
        self.cache = {}

    def at(self, i):
        if i not in self.cache:
            a = i + self.jlo - self.base
            n = self.jhi - self.jlo + 1
            self.cache[i] = [fdot(self.weights, w[a:a + n]) for w in self.w]
        return self.cache[i]

    def moment(self, C, a):
        total = mpf(0)
        deg, k = sum(a), len(a)
        best = mpf(0)
        i = int(floor(log(mpf(3)) / self.h)) + 60
        while True:  # from the right, through the peak, out on the left
            M = self.at(i)
            term = M[0] ** (C - k)
            for e in a:
                term *= M[e]
            total += term
            best = max(best, term)
            if term < best * mpf(10) ** -45 and best > 0 and i < -20:
                break
            i -= 1
        i = int(floor(log(mpf(3)) / self.h)) + 61
        while True:
            M = self.at(i)
            term = M[0] ** (C - k)
            for e in a:
                term *= M[e]
            total += term
            if term < total * mpf(10) ** -45:
                break
            i += 1
        return total * self.h / Gamma(deg)


for ks in KAPPAS:
    kappa = number(ks)
    line = Line(kappa)
    for C in (2, 3, 5, 10, 100, 1000, 50257, 10 ** 6, 10 ** 9):
        e2, e3, e4, e22 = (line.moment(C, a) for a in ((2,), (3,), (4,), (2, 2)))
        b = (mpf(1) / C - e2) / (C - 1)
        d1, d2 = mpf(1) / C - e2, e2 - 2 * e3 + e4
        if C <= 3:
            direct = (direct2 if C == 2 else direct3)(kappa)
            for got, want in zip((b, e22, d1, d2), direct):
                assert abs(got / want - 1) < mpf(10) ** -30, (C, ks, nstr(got / want - 1, 5))
            b, e22, d1, d2 = direct
        for gs in GAMMAS:
            put("linear_ce", ratio(number(gs), b, e22, d1, d2), classes=C, gamma=gs, kappa=ks)
        put("moment", e22, classes=C, kappa=ks, exponents=[2, 2])
        put("moment", e4, classes=C, kappa=ks, exponents=[4])

# One value by nested adaptive quadrature in s itself.
mp.dps = 20
L = lambda k, s: quad(lambda z: exp(k * z - s * exp(z) - z * z / 2), [-12, -4, 0, 4, 14]) / sqrt(2 * pi)
check = quad(lambda s: s * L(1, s) ** 2 * L(0, s) ** 8, [0, 0.02, 0.1, 0.3, 1, 4, 20])
mp.dps = 60
one = Line(mpf(1)).moment(10, (1, 1))
assert abs(check / one - 1) < mpf(10) ** -14, nstr(check / one - 1, 5)

# Finite-size coefficient: F1, f as functions of kappa v, central differences of order 8.
D1 = [mpf(1) / 280, mpf(-4) / 105, mpf(1) / 5, mpf(-4) / 5, 0, mpf(4) / 5, mpf(-1) / 5, mpf(4) / 105, mpf(-1) / 280]
D2 = [mpf(-1) / 560, mpf(8) / 315, mpf(-1) / 5, mpf(8) / 5, mpf(-205) / 72, mpf(8) / 5, mpf(-1) / 5, mpf(8) / 315, mpf(-1) / 560]
STEP = mpf(1) / 1000
for ks in ("1/3", "1"):
    kappa = number(ks)
    lines = [Line(kappa * (1 + j * STEP)) for j in range(-4, 5)]
    for C in (3, 10, 1000):
        samples = {"f_off": [], "F_off": [], "f_diag": [], "F_diag": []}
        for line in lines:
            e2, e3, e4, e22 = (line.moment(C, a) for a in ((2,), (3,), (4,), (2, 2)))
            samples["f_off"].append((mpf(1) / C - e2) / (C - 1))
            samples["F_off"].append(e22)
            samples["f_diag"].append(mpf(1) / C - e2)
            samples["F_diag"].append(e2 - 2 * e3 + e4)
        m = lambda *a: lines[4].moment(C, a)
        e11, e21, e31, e22 = m(1, 1), m(2, 1), m(3, 1), m(2, 2)
        e111, e211 = m(1, 1, 1), m(2, 1, 1)
        e1111 = m(1, 1, 1, 1) if C > 3 else mpf(0)
        # E d_c d_c' (p_1 p_2), every entry from its own polynomial
        T = dict(a=e11 - 6 * e21 + 6 * e31, b=e11 - 4 * e21 + 6 * e22, c=-2 * e111 + 6 * e211, d=-2 * e111 + 6 * e211, e=6 * e1111)
        price = {"off": kappa ** 2 * (2 * T["a"] ** 2 + 2 * T["b"] ** 2 + 4 * (C - 2) * T["c"] ** 2 + (C - 2) * T["d"] ** 2 + (C - 2) * (C - 3) * T["e"] ** 2)}
        # E d_c d_c' (p_1 - p_1^2): d_c d_c' p^2 = 2 p d_c d_c' p + 2 d_c p d_c' p
        e1, e2, e3, e4 = mpf(1) / C, m(2), m(3), m(4)
        G11 = (e1 - 3 * e2 + 2 * e3) - (2 * (e2 - 3 * e3 + 2 * e4) + 2 * (e2 - 2 * e3 + e4))
        G1j = (-e11 + 2 * e21) - (2 * (-e21 + 2 * e31) + 2 * (-e21 + e31))
        Gjj = (-e11 + 2 * m(1, 2)) - (2 * (-e21 + 2 * e22) + 2 * e22)
        Gjk = 2 * e111 - (4 * e211 + 2 * e211)
        price["diag"] = kappa ** 2 * (G11 ** 2 + 2 * (C - 1) * G1j ** 2 + (C - 1) * Gjj ** 2 + (C - 1) * (C - 2) * Gjk ** 2)
        for gs in ("0.5", "3"):
            g = number(gs)
            lead, corr = {}, {}
            for side in ("off", "diag"):
                f0, F0 = samples["f_" + side][4], samples["F_" + side][4]
                d = lambda key, D, p: fdot(D, samples[key + side]) / STEP ** p
                f1, f2, F1, F2 = d("f_", D1, 1), d("f_", D2, 2), d("F_", D1, 1), d("F_", D2, 2)
                lead[side] = g * F0 + f0 ** 2
                corr[side] = g * (2 * F0 + 4 * F1 + F2) - g * f0 ** 2 + 4 * f0 * f1 + 2 * f0 * f2 + mpf(3) / 2 * price[side]
            put("linear_ce_finite_size", corr["off"] / lead["off"] - corr["diag"] / lead["diag"], classes=C, gamma=gs, kappa=ks)

# Hidden cross-entropy. In polar coordinates the radial integral is elementary:
# J(r) = int_0^{pi/2} dtheta / (2 pi (1 - r sin 2 theta)).
mp.dps = 40
CUTS = [0, pi / 8, pi / 4, 3 * pi / 8, pi / 2]


def J(r, order):
    k = [1, 1, 2][order]
    return quad(lambda t: k * sin(2 * t) ** order / (1 - r * sin(2 * t)) ** (order + 1), CUTS) / (2 * pi)


def G(m, r):
    q0, q1, q2 = mpf(3) / 4 + J(r, 0), J(r, 1), J(r, 2)
    return m * q2 * q0 ** (m - 1) + m * (m - 1) * q1 ** 2 * q0 ** (m - 2)


def half(f, r):
    """E[1(g>0) e^{r g^2} f(g^2)], r < 1/2."""
    scale = 1 / sqrt(1 - 2 * r)
    return quad(lambda x: exp(-x * x / 2) * f(x * x * scale * scale), [0, 1, 2, 4, 8, 16]) * scale / sqrt(2 * pi)


for m, ks in ((1, "0.3"), (2, "0.9"), (2, "1"), (3, "1"), (3, "1.49"), (4, "1"), (5, "0.05"), (8, "1"), (8, "4"), (9, "4"), (16, "1"), (16, "1/3"), (100, "2"), (1000, "4"), (10 ** 6, "1")):
    kappa = number(ks)
    r = kappa / m
    put("hidden_ce_vv", G(m, 2 * r) / G(m, r) if 2 * r < 1 else inf, hidden=m, kappa=ks)
    if m < 2:
        continue
    for gs in ("0.5", "3"):
        g = number(gs)
        if 2 * r >= 1:
            put("hidden_ce_ww", inf, hidden=m, gamma=gs, kappa=ks)
            continue
        a0 = mpf(1) / 2 + half(lambda y: mpf(1), r)
        a1 = half(lambda y: 1 + r * y, r)
        b0 = mpf(3) / 4 + J(r, 0)
        b1 = J(r, 0) + r * J(r, 1)
        put("hidden_ce_ww", (g * a1 ** 2 * a0 ** (m - 2) + b1 ** 2 * b0 ** (m - 2)) / (g / 2 + mpf(1) / 4), hidden=m, gamma=gs, kappa=ks)

# Hidden MSE at finite size, over phi; P(1_i 1_i') kept whole, odd part included.
for ds, ns in (("1", "1"), ("1", "7"), ("2", "1"), ("2", "4"), ("3", "5"), ("4", "2"), ("10", "20"), ("40", "80"), ("40", "10"), ("1000", "500"), ("1e6", "2e6"), ("1e12", "2e12"), ("1e12", "3")):
    d, n = number(ds), number(ns)
    P = lambda phi: (pi / 2 - phi) / (2 * pi)
    if d == 1:
        square, plain = (P(-pi / 2) ** 2 + P(pi / 2) ** 2) / 2, (P(-pi / 2) + P(pi / 2)) / 2
    else:
        w = lambda phi: cos(phi) ** (d - 2)
        top = min(pi / 2, 14 / sqrt(d))
        cuts = [top * j / 8 for j in range(-8, 9)]
        norm = quad(w, cuts)
        square = quad(lambda phi: w(phi) * sin(phi) ** 2 * P(phi) ** 2, cuts) / norm
        plain = quad(lambda phi: w(phi) * sin(phi) ** 2 * P(phi), cuts) / norm
    off = d * (d + 2) / (4 * n) + (1 - 1 / n) * d * d * square
    diag = d * (d + 2) / (2 * n) + (1 - 1 / n) * d * d * plain
    put("hidden_mse_ww_finite", off / diag / 12, classes=10, dim=ds, samples=ns)
    s = number("0.125")
    put("hidden_mse_ww_off", 4 * 10 * s * s * off, classes=10, dim=ds, samples=ns, variance="0.125")
    put("hidden_mse_ww_diag", 4 * 120 * s * s * diag, classes=10, dim=ds, samples=ns, variance="0.125")

here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "reference.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")

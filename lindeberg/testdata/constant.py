#!/usr/bin/env python3
"""Reference values of lim N delta_N(z) for linear cross-entropy blocks.

    python3 constant.py > constant.json        (mpmath, half a minute)

From the definition: s(z) solves s = 1/(-z + E F), F = lambda/(1 + gamma s lambda);
T(z) = -z I + E[F u u^T] entry by entry over all C coordinates of u ~ N(0, I_C), by
the trapezoid rule on a C-dimensional grid (C = 2, 3); the constant is the
central difference in z of (log det T + C log s)/gamma, Richardson-extrapolated.
Nothing is shared with the Go code: neither Stein's lemma, nor the symmetry of the
classes, nor the closed derivative.
"""
import cmath, itertools, json, math
import mpmath as mp

def points(C, kappa, off, step):
    """weight, lambda and u, summed over the direction of ones by hand: lambda
    does not depend on it, and E u_a u_b gets 1/C from it."""
    n = int(math.ceil(8.4 / step))
    axis = [k * step for k in range(-n, n + 1)]
    basis = []
    for k in range(1, C):
        norm = math.sqrt(k * (k + 1))
        basis.append([1 / norm if j < k else (-k / norm if j == k else 0.0) for j in range(C)])
    out = []
    for t in itertools.product(axis, repeat=C - 1):
        r2 = sum(x * x for x in t)
        if r2 > 8.4 ** 2:
            continue
        w = math.exp(-r2 / 2) * (step / math.sqrt(2 * math.pi)) ** (C - 1)
        u = [sum(t[i] * basis[i][c] for i in range(C - 1)) for c in range(C)]
        e = [math.exp(math.sqrt(kappa) * x) for x in u]
        p = [x / sum(e) for x in e]
        lam = -p[0] * p[1] if off else p[0] * (1 - p[0])
        out.append((w, lam, u))
    return out

def solve(pts, gamma, z):
    s = -1 / z
    f = lambda s: sum(w * l / (1 + gamma * s * l) for w, l, _ in pts)
    for _ in range(5000):
        new = (s + 1 / (f(s) - z)) / 2
        if abs(new - s) < 1e-15 * abs(s):
            break
        s = new
    return s

def determinant(pts, C, gamma, z):
    s = solve(pts, gamma, z)
    T = mp.matrix(C, C)
    for i in range(C):
        T[i, i] -= z
    acc = [[0j] * C for _ in range(C)]
    ones = 0j
    for w, l, u in pts:
        F = w * l / (1 + gamma * s * l)
        ones += F / C
        for i in range(C):
            for j in range(C):
                acc[i][j] += F * u[i] * u[j]
    for i in range(C):
        for j in range(C):
            T[i, j] += acc[i][j] + ones
    return complex(mp.det(T) * mp.mpc(s) ** C), s

cases = []
for C, off, kappa, gamma, z in [
    (2, False, 1.0, 2.0, 0.1 + 0.1j), (2, False, 1.0, 0.5, 0.1 + 0.1j), (2, True, 1.0, 0.5, -0.1 + 0.2j),
    (3, False, 1.0, 0.5, 0.1 + 0.1j), (3, True, 1.0, 0.5, -0.1 + 0.1j), (3, False, 2.0, 2.0, 0.3 + 0.2j),
    (3, True, 0.5, 2.0, -0.2 + 0.3j), (3, False, 1.0, 1.0, 0.05 + 0.3j),
]:
    pts = points(C, kappa, off, 0.2 if kappa <= 1 else 0.12)
    def slope(h):
        # one logarithm of the quotient: no branch is crossed in a small step
        return cmath.log(determinant(pts, C, gamma, z + h)[0] / determinant(pts, C, gamma, z - h)[0]) / (2 * h)
    h = 4e-3
    a, b, c = slope(h), slope(h / 2), slope(h / 4)
    ab, bc = (4 * b - a) / 3, (4 * c - b) / 3
    value = (16 * bc - ab) / 15 / gamma
    s = determinant(pts, C, gamma, z)[1]
    cases.append(dict(classes=C, off=off, kappa=kappa, gamma=gamma, z=dict(re=z.real, im=z.imag),
                      constant=dict(re=value.real, im=value.imag), stieltjes=dict(re=s.real, im=s.imag)))
print(json.dumps(cases, indent=1))

#!/usr/bin/env python3
"""Writes reference.json: 40-digit values of the functions of package elementary.

Arguments are doubles, written in hexadecimal so that they arrive exactly; the
values are decimal strings. Needs mpmath (1.3).

    python3 testdata/reference.py    (from internal/elementary)
"""
import json
import os
import random
from mpmath import mp, mpf, exp, expm1, log, log1p, asin, atan, erfc, erfinv, sqrt, findroot, pi

mp.dps = 60
random.seed(20250509)


def phi(x):
    return erfc(-x / sqrt(mpf(2))) / 2


def upper_quantile(q):
    """x with erfc(x/sqrt 2)/2 = q, by Newton's method on the logarithm."""
    if q > mpf("0.4") and q < mpf("0.6"):
        return sqrt(mpf(2)) * erfinv(1 - 2 * q)
    if q > 0.5:
        return -upper_quantile(1 - q)
    x = sqrt(-2 * log(q)) - (log(-log(q)) / (2 * sqrt(-2 * log(q))) if q < 0.1 else mpf("0.3"))
    for _ in range(200):
        tail = erfc(x / sqrt(mpf(2))) / 2
        step = (log(tail) - log(q)) * tail / (exp(-x * x / 2) / sqrt(2 * pi))
        x += step
        if abs(step) < mpf(10) ** -50:
            return x
    raise ValueError(q)


def signed(lo, hi, n):
    """n doubles of either sign, log-uniform in magnitude."""
    return [random.choice((-1, 1)) * float(mpf(10) ** random.uniform(lo, hi)) for _ in range(n)]


def uniform(a, b, n):
    return [random.uniform(a, b) for _ in range(n)]


cases = {
    "exp": (exp, uniform(-745, 709.7, 80) + uniform(-30, 30, 80) + uniform(-1, 1, 80) + signed(-17, 0, 40)
            + [0.0, 1.0, -1.0, 0.5, 709.78, -708.0, -708.5, -720.25, -740.0, -745.1, 709.0]),
    "expm1": (expm1, uniform(-45, 709.7, 60) + uniform(-2, 2, 150) + signed(-300, 0, 60) + [1e-3, -1e-3, 0.0027, 709.5]),
    "log": (log, [float(mpf(10) ** random.uniform(-308, 308)) for _ in range(80)] + uniform(0.5, 2, 150)
            + [1 + 2.0 ** -52, 1 - 2.0 ** -53, 5e-324, 1e-310, 2.0, 10.0, 0.7071067811865475, 0.7071067811865476, 1.4142135623730951]),
    "log1p": (log1p, uniform(-0.999999, 3, 150) + signed(-300, -1, 60) + [float(mpf(10) ** random.uniform(0, 308)) for _ in range(40)]
              + [-0.29, 0.41, 0.4142135, -0.2928932, -0.5, 1.0, -1 + 2.0 ** -53, 2.0 ** 53, 2.0 ** 54]),
    "asin": (asin, uniform(-1, 1, 200) + signed(-20, -0.3, 60) + [1.0, -1.0, 0.5, 0.5000000000000001, 1 - 2.0 ** -53, 0.99999999]),
    "atan": (atan, uniform(-1, 1, 150) + signed(-20, 20, 120) + [1.0, -1.0, 0.0625, 0.06249999, 0.9375, 1.0625, 16.0]),
    "normal_cdf": (phi, uniform(-37.4, 8, 150) + uniform(-3, 3, 80) + signed(-15, 0, 40) + [0.0, 1.0, -1.0, 1.96, -1.96, -37.5]
                   + [-37.6, -38.0, -38.2, -38.4, -38.45, -38.6]),  # subnormal, and 0
    "normal_upper_quantile": (upper_quantile, uniform(1e-3, 0.999, 120) + [float(mpf(10) ** random.uniform(-307, -1)) for _ in range(120)]
                              + [0.5, 0.075, 0.074999, 0.0750001, 0.925, 1e-300, 1e-10, 1.388e-11, 1.389e-11, 2.3e-308]),
}
out = {}
for name, (f, xs) in cases.items():
    rows = []
    for x in xs:
        rows.append([float(x).hex(), mp.nstr(f(mpf(float(x))), 40, min_fixed=1, max_fixed=0)])
    out[name] = rows
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "reference.json"), "w") as fh:
    fh.write("{\n")
    fh.write(",\n".join('"%s": [\n%s\n]' % (k, ",\n".join(json.dumps(r) for r in v)) for k, v in out.items()))
    fh.write("\n}\n")

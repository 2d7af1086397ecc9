"""Prints the values of TestLimit: python3 limits.py (needs mpmath)."""
from mpmath import mp, mpf, binomial

mp.dps = 40


def limit(n, p):
    p, tail = mpf(p), mpf(0)
    for k in range(n, 0, -1):
        tail += binomial(n, k) * p**k * (1 - p) ** (n - k)
        if tail >= mpf("1e-6"):
            return k
    return 0


for n, p in [(10000, "0.2"), (10000, "0.1"), (2000, "0.2"), (300, "0.2"), (20, "0.135")]:
    print(n, p, limit(n, p))

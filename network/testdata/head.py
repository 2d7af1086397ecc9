#!/usr/bin/env python3
"""Write features.npy (512 x 768, float32, normal) and next.npy (512 labels below
50257, int64): data for a head of GPT-2's size, without numpy.

    python3 network/testdata/head.py
"""

import random
import struct


def npy(name, shape, kind, data):
    text = "{'descr': '%s', 'fortran_order': False, 'shape': %s, }" % (kind, shape)
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    with open(name, "wb") as file:
        file.write(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data)


random.seed(1)
n, d, c = 512, 768, 50257
npy("features.npy", (n, d), "<f4", struct.pack("<%df" % (n * d), *(random.gauss(0, 1) for _ in range(n * d))))
npy("next.npy", (n,), "<i8", struct.pack("<%dq" % n, *(random.randrange(c) for _ in range(n))))

"""Writes tiny files in every format that package dataset reads, from numbers
that the tests recompute: entry (i, k) of the 3 x 4 matrix is i + 0.25 k - 1.

    python3 make.py        (Debian: /usr/bin/python3 with python3-numpy)

needs numpy. The images of cifar*.bin have byte (7 i + k) % 256 at pixel k.
"""
import gzip
import os
import struct

import numpy as np

os.chdir(os.path.dirname(os.path.abspath(__file__)))
x = np.arange(3)[:, None] + 0.25 * np.arange(4) - 1

np.save("float64.npy", x)
np.save("fortran.npy", np.asfortranarray(x))
np.save("float32.npy", x.astype(np.float32))
np.save("bigendian.npy", x.astype(">f8"))
np.save("float16.npy", x.astype(np.float16))
np.save("cube.npy", x.reshape(3, 2, 2))
np.save("vector.npy", x[:, 0])
np.save("scalar.npy", np.float64(1))
np.save("empty.npy", np.zeros((0, 4)))
for kind in "int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split():
    np.save(kind + ".npy", np.array([[0, 1], [1, 0], [0, 0]]).astype(kind))
bad = x.copy()
bad[1, 2] = np.nan
np.save("nan.npy", bad)
np.savez("one.npz", x=x)
np.savez_compressed("two.npz", x=x, y=np.array([2, 0, 1]))
np.save("labels.npy", np.array([2, 0, 1]))

with open("plain.csv", "w") as f:
    f.writelines(",".join(map(repr, map(float, row))) + "\n" for row in x)
with open("header.csv", "w") as f:
    f.write("a,b,c,d\n# a comment\n")
    f.writelines(", ".join(map(repr, map(float, row))) + "\n" for row in x)


def gz(name, content):
    with open(name, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as g:
        g.write(content)


images = bytes((7 * i + k) % 256 for i in range(3) for k in range(4))
idx = struct.pack(">HBBIII", 0, 8, 3, 3, 2, 2) + images
open("images-idx3-ubyte", "wb").write(idx)
gz("images-idx3-ubyte.gz", idx)
open("labels-idx1-ubyte", "wb").write(struct.pack(">HBBI", 0, 8, 1, 3) + bytes([2, 0, 1]))
open("float.idx", "wb").write(struct.pack(">HBBII", 0, 0x0D, 2, 3, 4) + x.astype(">f4").tobytes())


def pixels(i):
    return bytes((7 * i + k) % 256 for k in range(3072))


gz("cifar10.bin.gz", b"".join(bytes([9 - i]) + pixels(i) for i in range(2)))
gz("cifar100.bin.gz", b"".join(bytes([19 - i, 99 - i]) + pixels(i) for i in range(2)))

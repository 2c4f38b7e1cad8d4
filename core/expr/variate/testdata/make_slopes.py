"""Writes slopes.json: (parameter, draw, derivative of the draw) by mpmath, 60 digits.

python make_slopes.py
"""
import json

import mpmath as mp

mp.mp.dps = 60
gamma, circle = [], []
for a in (1e-3, 0.1, 0.5, 1.0, 1.5, 3.0, 10.0, 100.0, 1e4):
    for f in (-3, -1, -0.1, 0.05, 0.1, 1, 3):
        y = float(mp.log(a) + f / mp.sqrt(a))
        z, h, A = mp.e ** mp.mpf(y), mp.mpf(a) * mp.mpf(10) ** -18, mp.mpf(a)
        F = (lambda b: mp.gammainc(b, 0, z, regularized=True)) if z < A else (lambda b: -mp.gammainc(b, z, mp.inf, regularized=True))
        slope = -(F(A + h) - F(A - h)) / (2 * h) / (mp.e ** (A * y - z) / mp.gamma(A))
        gamma.append([a, y, float(slope)])
for k in (1e-6, 0.1, 1.0, 5.0, 30.0, 700.0):
    for t in (-3.0, -1.5, -0.5, -0.01, 0.2, 2.0):
        A, lo, hi = mp.besseli(1, k) / mp.besseli(0, k), *((-mp.pi, t) if t <= 0 else (t, mp.pi))
        w = 1 / mp.sqrt(mp.mpf(k) + 1) / 2
        cuts = sorted({lo, hi} | {p for p in ((hi - j * w if t <= 0 else lo + j * w) for j in range(1, 12)) if lo < p < hi})
        slope = mp.quad(lambda s: (mp.cos(s) - A) * mp.e ** (k * (mp.cos(s) - mp.cos(t))), cuts)
        circle.append([k, t, float(-slope if t <= 0 else slope)])
json.dump({"Gamma": gamma, "VonMises": circle}, open("slopes.json", "w"))

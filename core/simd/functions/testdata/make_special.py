"""Writes special.json: arguments, values (mpmath, 40 digits) and condition numbers |x f'(x) / f(x)| of the special functions.

python make_special.py
"""
import json

import mpmath as mp
import numpy as np

mp.mp.dps = 40
r = np.random.RandomState(3)
R = lambda lo, hi, n=60: r.uniform(lo, hi, n).tolist()
logs = lambda lo, hi, n=40: (10.0 ** r.uniform(lo, hi, n)).tolist()


def ndtri(p):
    """Newton's method on log Phi from the asymptotic guess."""
    if p > 0.5:
        return -ndtri(1 - p)
    return mp.findroot(lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2) - mp.log(p), -mp.sqrt(max(-2 * mp.log(2 * p), mp.mpf("1e-3"))))


CASES = {
    "lgamma": (lambda x: mp.log(abs(mp.gamma(x))) if x < 1e3 else mp.loggamma(x).real, R(0.01, 12) + R(-9, 0, 40) + logs(-12, 12) + [1.0, 2.0, 1.0000001, 1.9999, 2.9999, 3.0, 9.9999, 10.0]),
    "j0": (lambda x: mp.besselj(0, x), R(-30, 30) + logs(0, 3) + [2.404825557695773, 7.99999, 8.0]),
    "j1": (lambda x: mp.besselj(1, x), R(-30, 30) + logs(0, 3) + [3.831705970207512, 7.99999, 8.0, 1e-300]),
    "erfinv": (lambda x: mp.erfinv(x), R(-1, 1) + [1 - 10.0 ** -k for k in range(1, 16)] + logs(-12, 0, 20) + [0.9999999999999999]),
    "ndtri": (ndtri, R(0, 1) + logs(-300, 0, 60) + [0.5 + 1e-9, 0.9999999999999999]),
    "ndtr": (lambda x: mp.erfc(-x / mp.sqrt(2)) / 2, R(-8, 8) + R(-36, -8, 20)),
    "log_ndtr": (lambda x: mp.log(mp.erfc(-x / mp.sqrt(2)) / 2), R(-8, 8) + R(-40, -8, 20) + [-35.9, -36.1, -1e3, 20.0]),
    "log_expit": (lambda x: -mp.log1p(mp.exp(-x)), R(-8, 8) + R(-700, 36, 20)),
}


def condition(f, x):
    h = abs(x) * mp.mpf(10) ** -18
    y = f(x)
    return float(abs(x * (f(x + h) - f(x - h)) / (2 * h) / y)) if y else 0.0


out = {}
for name, (f, points) in CASES.items():
    points = [mp.mpf(x) for x in points if x != 0]
    out[name] = {"x": [float(x) for x in points], "y": [float(f(x)) for x in points], "condition": [condition(f, x) for x in points]}
json.dump(out, open("special.json", "w"))

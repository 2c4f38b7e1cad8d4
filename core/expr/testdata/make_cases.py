"""Writes elementary.json (mpmath, 40 digits) and arrays.json (NumPy, SciPy): programs in wire form with inputs and outputs.

python make_cases.py
"""
import json
import math

import mpmath as mp
import numpy as np
import scipy.linalg
import scipy.signal

mp.mp.dps = 40
rng = np.random.RandomState(7)


def num(x):
    if isinstance(x, (complex, np.complexfloating)):
        return [num(float(x.real)), num(float(x.imag))]
    x = float(x)
    return x if math.isfinite(x) else ("nan" if x != x else "inf" if x > 0 else "-inf")


# ------------------------------------------------------------------ elementary and special functions

def c1(f):
    return lambda x: f(mp.mpf(x)) if not isinstance(x, complex) else f(mp.mpc(x.real, x.imag))


ndtr = lambda x: mp.erfc(-x / mp.sqrt(2)) / 2
bessel_e = lambda n: lambda x: mp.besseli(n, x) * mp.exp(-abs(x))
expit = lambda x: 1 / (1 + mp.exp(-x))
R = lambda lo, hi, n=8: sorted(rng.uniform(lo, hi, n).tolist())
big = [1e-300, -1e-5, 1e-5, 30.0, -30.0]
UNARY = {
    "sqrt": (mp.sqrt, R(0, 9) + [0.0, 1e300, 5e-324], 1), "rsqrt": (lambda x: 1 / mp.sqrt(x), R(0.1, 9), 1), "cbrt": (lambda x: mp.sign(x) * mp.cbrt(abs(x)), R(-9, 9), 0),
    "exp": (mp.exp, R(-5, 5) + [-745.0, 709.0, 1e-20], 1), "exp2": (lambda x: mp.mpf(2) ** x, R(-5, 5) + [3.0], 0), "expm1": (mp.expm1, R(-3, 3) + big, 1),
    "log": (mp.log, R(0, 5) + [1e-310, 1e300, 0.999, 1.001], 1), "log2": (lambda x: mp.log(x, 2), R(0.1, 9) + [8.0], 0), "log10": (mp.log10, R(0.1, 9) + [1000.0], 0), "log1p": (mp.log1p, R(-0.9, 5) + [1e-15, -1e-15], 1),
    "sin": (mp.sin, R(-9, 9) + [1e5, 3.141592653589793], 1), "cos": (mp.cos, R(-9, 9) + [1.5707963267948966], 1), "tan": (mp.tan, R(-1.5, 1.5), 1),
    "asin": (mp.asin, R(-1, 1), 1), "acos": (mp.acos, R(-1, 1), 1), "atan": (mp.atan, R(-9, 9), 1),
    "sinh": (mp.sinh, R(-3, 3) + [1e-8], 1), "cosh": (mp.cosh, R(-3, 3), 1), "tanh": (mp.tanh, R(-3, 3) + [1e-8, 30.0], 1),
    "asinh": (mp.asinh, R(-9, 9), 1), "acosh": (mp.acosh, R(1, 9), 1), "atanh": (mp.atanh, R(-0.95, 0.95), 1),
    "erf": (mp.erf, R(-3, 3) + [1e-10], 0), "erfc": (mp.erfc, R(-3, 6) + [20.0], 0), "erfinv": (mp.erfinv, R(-0.99, 0.99), 0),
    "lgamma": (lambda x: mp.log(abs(mp.gamma(x))), R(0.05, 12) + [-0.7, 100.5], 0), "digamma": (mp.digamma, R(0.05, 12) + [1.4616321449683623, 1.46, -0.7, 1e4], 0),
    "expit": (expit, R(-5, 5) + [-700.0, 40.0], 0), "log_expit": (lambda x: -mp.log1p(mp.exp(-x)), R(-5, 5) + [-700.0, 40.0], 0),
    "ndtr": (ndtr, R(-5, 5) + [-20.0], 0), "log_ndtr": (lambda x: mp.log(ndtr(x)), R(-9, 5) + [-19.9, -20.1, -50.0], 0),
    "ndtri": (lambda p: mp.sqrt(2) * mp.erfinv(2 * p - 1), R(0.01, 0.99) + [1e-10], 0),
    "i0e": (bessel_e(0), R(-12, 12) + [0.0, 8.0, 100.0], 0), "i1e": (bessel_e(1), R(-12, 12) + [0.0, 1e-9, 100.0], 0),
    "j0": (lambda x: mp.besselj(0, x), R(-9, 9) + [50.0], 0), "j1": (lambda x: mp.besselj(1, x), R(-9, 9) + [50.0], 0),
    "floor": (mp.floor, [1.5, -1.5, 2.0], 0), "ceil": (mp.ceil, [1.5, -1.5, 2.0], 0), "trunc": (lambda x: mp.mpf(int(x)), [1.5, -1.5], 0), "round": (mp.nint, [0.5, 1.5, -2.5, 2.4], 0),
    "abs": (abs, [1.5, -1.5], 1), "sign": (lambda x: x / abs(x) if x else x, [1.5, -2.0, 0.0], 1), "neg": (lambda x: -x, [1.5], 1),
    "polygamma": (lambda x: mp.polygamma(2, x), R(0.1, 9), 0), "integer_pow": (lambda x: x ** -3, R(0.3, 3) + [-1.7], 1),
}
BINARY = {
    "add": (lambda x, y: x + y, -3, 3), "sub": (lambda x, y: x - y, -3, 3), "mul": (lambda x, y: x * y, -3, 3), "div": (lambda x, y: x / y, 0.1, 3),
    "pow": (lambda x, y: x ** y, 0.05, 4), "atan2": (lambda x, y: mp.atan2(x, y), -3, 3), "hypot": (lambda x, y: mp.sqrt(x * x + y * y), -3, 3),
    "max": (max, -3, 3), "min": (min, -3, 3), "mod": (lambda x, y: x - y * mp.floor(x / y), -3, 3), "fmod": (lambda x, y: x - y * int(x / y), -3, 3),
    "floor_divide": (lambda x, y: mp.floor(x / y), -3, 3), "logaddexp": (lambda x, y: mp.log(mp.exp(x) + mp.exp(y)), -3, 3), "xlogy": (lambda x, y: x * mp.log(y), 0.1, 3),
    "xlog1py": (lambda x, y: x * mp.log1p(y), 0.1, 3), "zeta": (lambda s, q: mp.zeta(s, q), 1.2, 6), "copysign": (lambda x, y: abs(x) * mp.sign(y), -3, 3),
}
elementary = {}
for name, (f, xs, cplx) in UNARY.items():
    rows = [[[x], float(f(mp.mpf(x)))] for x in xs]
    if cplx:
        for _ in range(6):
            z = complex(rng.uniform(-2, 2), rng.uniform(-2, 2))
            rows.append([[num(z)], num(complex(c1(f)(z)))])
    elementary[name] = rows
for name, (f, lo, hi) in BINARY.items():
    elementary[name] = [[[x, y], float(f(mp.mpf(x), mp.mpf(y)))] for x, y in rng.uniform(lo, hi, (10, 2)).tolist()]
for name in ["add", "sub", "mul", "div", "pow"]:
    for a in rng.uniform(-2, 2, (5, 4)):
        x, y = complex(a[0], a[1]), complex(a[2], a[3])
        elementary[name].append([[num(x), num(y)], num(complex(BINARY[name][0](mp.mpc(x.real, x.imag), mp.mpc(y.real, y.imag))))])
incomplete = np.random.RandomState(8).uniform(0.05, 6, (10, 2)).tolist() + [[30.0, 25.0], [200.0, 210.0], [0.01, 3.0], [1e-3, 1e-3], [2e3, 1.9e3]]
elementary["gammainc"] = [[[a, x], float(mp.gammainc(a, 0, x, regularized=True))] for a, x in incomplete]
elementary["gammaincc"] = [[[a, x], float(mp.gammainc(a, x, mp.inf, regularized=True))] for a, x in incomplete]
more = np.random.RandomState(9)
orders = [0.0, 1.0, 2.0, 7.0, 0.5, 1.5, 1 / 3, 2.49, 7.3, 20.7, 50.0, -1.0, -0.5, -2.7]
places = [1e-8, 1e-3, 0.5, 1.999, 2.001, 5.0, 12.0, 29.0, 31.0, 70.0, 300.0, 1e4] + more.uniform(0, 30, 3).tolist()
BESSEL = {
    "jv": mp.besselj, "yv": mp.bessely, "ive": lambda v, x: mp.besseli(v, x) * mp.exp(-x), "kve": lambda v, x: mp.besselk(v, x) * mp.exp(x)
}  # fmt: skip
for name, f in BESSEL.items():
    rows = [[[v, x], float(f(mp.mpf(v), mp.mpf(x)))] for v in orders for x in places]
    elementary[name] = [row for row in rows if 1e-300 < abs(row[1]) < 1e300]
near = [-0.36787944117144233, -0.3678, -0.36, -0.3, -0.1, -1e-3, 1e-300, 0.1, 1.0, 2.0, 10.0, 1e5, 1e300]
elementary["lambertw"] = [[[x], float(mp.re(mp.lambertw(x)))] for x in near]
elementary["exp1"] = [[[x], float(mp.e1(x))] for x in [1e-300, 1e-8, 0.1, 0.99, 1.01, 2.0, 5.0, 20.0, 100.0, 700.0]]
elementary["expi"] = [[[x], float(mp.ei(x))] for x in [-50.0, -0.7, 1e-8, 0.1, 0.3725, 0.372507410781367, 0.66, 0.7, 2.0, 10.0, 39.9, 40.1, 200.0, 705.0]]
sides = [(a, b, x) for a in [1e-3, 0.3, 2.5, 11.0, 100.3, 3e3] for b in [0.5, 3.0, 12.5, 2e3] for x in [1e-9, 0.01, 0.5, 0.99, a / (a + b)]]
beta = [[[a, b, x], float(mp.betainc(a, b, 0, x, regularized=True))] for a, b, x in sides]
elementary["betainc"] = [row for row in beta if row[1] > 1e-300]
json.dump(elementary, open("elementary.json", "w"))

# ------------------------------------------------------------------ arrays

cases = []


def case(op, want, *x, **attrs):
    """One node with several results (want: array or tuple) on inputs x."""
    want = want if isinstance(want, tuple) else (want,)
    n = len(x)
    p = {"version": 1, "inputs": [{"dtype": str(v.dtype), "shape": list(v.shape)} for v in x], "ops": [op, "result"], "code": [0] + [1] * (len(want) - 1),
         "args": [list(range(n))] + [[n]] * (len(want) - 1), "attrs": [attrs] + [{"n": k} for k in range(1, len(want))], "attr": [0] + list(range(1, len(want))),
         "outputs": list(range(n, n + len(want)))}
    flat = lambda v: [num(e) for e in np.asarray(v).ravel().tolist()]
    cases.append({"name": op, "program": p, "inputs": [flat(v) for v in x], "outputs": [{"dtype": str(np.asarray(w).dtype), "shape": list(np.shape(w)), "data": flat(w)} for w in want]})


def r(*s, cplx=False):
    a = np.round(rng.uniform(-1, 1, s), 3)
    return a + 1j * np.round(rng.uniform(-1, 1, s), 3) if cplx else a


a, z = r(3, 5, 2), r(3, 5, 2, cplx=True)
i = rng.randint(-9, 9, (3, 5, 2))
case("iota", np.broadcast_to(np.arange(3.0)[:, None], (3, 2)).copy(), dtype="float64", shape=[3, 2])
case("broadcast_in_dim", np.broadcast_to(r(1).copy() * 0 + 2, (2, 3)).copy(), np.array([2.0]), shape=[2, 3], axes=[1])
b = r(3, 1)
case("broadcast_in_dim", np.broadcast_to(b[:, None, :], (3, 4, 5)).copy(), b, shape=[3, 4, 5], axes=[0, 2])
case("reshape", a.reshape(5, 6), a, shape=[5, 6])
case("transpose", a.transpose(2, 0, 1), a, axes=[2, 0, 1])
case("transpose", z.transpose(1, 2, 0), z, axes=[1, 2, 0])
case("slice", a[1:3, 0:5:2, 1:1], a, start=[1, 0, 1], limit=[3, 5, 1], stride=[1, 2, 1])
case("pad", np.pad(r(0) * 0 + 0, 0), np.zeros(0), low=[0], high=[0])
w1 = a.copy(); w1[1:, 0:5:2, 1:] = a[:2, :3, :1]; case("slice_update", w1, a, a[:2, :3, :1].copy(), start=[1, 0, 1], stride=[1, 2, 1], mode="set")
w1 = i.copy(); w1[1:] += i[:2]; case("slice_update", w1, i, i[:2].copy(), start=[1, 0, 0], mode="add")
x1 = r(4)
case("pad", np.array([0, 0, x1[0], 0, x1[1], 0, x1[2], 0]), x1, low=[2], high=[-1], interior=[1])
case("pad", np.concatenate([x1[1:], [0.0]]), x1, low=[-1], high=[1])
case("concatenate", np.concatenate([a, a[:, :2], a[:, :0]], 1), a, a[:, :2].copy(), a[:, :0].copy(), axis=1)
case("reverse", a[::-1, :, ::-1], a, axes=[0, 2])
case("roll", np.roll(a, (1, -3), (0, 1)), a, axes=[0, 1], shift=[1, -3])
for axes in [(0,), (1, 2), (0, 1, 2)]:
    at = {"axes": list(axes)}
    case("reduce_sum", a.sum(axes), a, **at); case("reduce_sum", z.sum(axes), z, **at); case("reduce_sum", i.sum(axes), i, **at)
    case("reduce_prod", a.prod(axes), a, **at); case("reduce_max", a.max(axes), a, **at); case("reduce_min", i.min(axes), i, **at)
    case("reduce_any", (a > 0.7).any(axes), a > 0.7, **at); case("reduce_all", (a > -0.7).all(axes), a > -0.7, **at)
    case("logsumexp", np.log(np.exp(a).sum(axes)), a, **at)
case("logsumexp", np.array(-np.inf), np.full(3, -np.inf), axes=[0]); case("logsumexp", np.array(1000 + np.log(2)), np.array([1000.0, 1000.0]), axes=[0])
case("reduce_sum", np.zeros(2), np.zeros((0, 2)), axes=[0]); case("reduce_prod", np.ones(2), np.zeros((0, 2)), axes=[0])
case("reduce_max", np.array(np.nan), np.array([1.0, np.nan]), axes=[0])
case("argmax", a.argmax(1), a, axis=1); case("argmin", i.argmin(0), i, axis=0); case("argmax", np.array(1), np.array([0.0, np.nan, 5.0]), axis=0)
flip = lambda f, x, ax: np.flip(f(np.flip(x, ax), ax), ax)
for name, f in [("cumsum", np.cumsum), ("cumprod", np.cumprod), ("cummax", np.maximum.accumulate), ("cummin", np.minimum.accumulate), ("cumlogsumexp", np.logaddexp.accumulate)]:
    case(name, f(a, 1), a, axis=1); case(name, flip(f, a, 0), a, axis=0, reverse=True)
case("cumsum", np.cumsum(z, 2), z, axis=2); case("cumprod", np.cumprod(i, 2), i, axis=2)
A, B = r(2, 6), r(2, 6)
Y = np.zeros((2, 6)); y = np.zeros(2)
for k in range(6):
    y = A[:, k] * y + B[:, k]; Y[:, k] = y
case("linear_recurrence", Y, A, B, axis=1)
s = np.array([3.0, 1.0, np.nan, 1.0, -2.0])
case("sort", np.sort(s), s, axis=0); case("argsort", np.argsort(s, kind="stable"), s, axis=0); case("sort", np.sort(a, 1), a, axis=1); case("argsort", np.argsort(i, 0, kind="stable"), i, axis=0)
t = np.array([0.0, 1.0, 1.0, 3.0]); v = np.array([[0.5, 1.0], [4.0, -1.0]])
case("searchsorted", np.searchsorted(t, v), t, v); case("searchsorted", np.searchsorted(t, v, "right"), t, v, mode="right")
for n in [1, 2, 5, 8]:
    zz, xx = r(3, n, cplx=True), r(3, n)
    case("fft", np.fft.fft(zz), zz, axis=1); case("ifft", np.fft.ifft(zz), zz, axis=1); case("rfft", np.fft.rfft(xx), xx, axis=1)
    hh = np.fft.rfft(xx); case("irfft", np.fft.irfft(hh, n), hh, axis=1, n=n)
case("fft", np.fft.fft(z, axis=0), z, axis=0)
i1, i2 = np.array([[0, 2], [1, 1]]), np.array([[4, 0], [3, 3]])
case("gather", a[i1, i2], a, i1, i2, axes=[0, 1]); case("gather", np.moveaxis(a[i1, :, i1 % 2], 0, 0), a, i1, i1 % 2, axes=[0, 2]); case("gather", a[:, i2[0]].transpose(1, 0, 2), a, i2[0].copy(), axes=[1])
u = r(2, 2, 2)
for mode, f in [("set", None), ("add", np.add), ("mul", np.multiply), ("min", np.minimum), ("max", np.maximum)]:
    w = a.copy()
    if f is None:
        w[i1, i2] = u
    else:
        f.at(w, (i1, i2), u)
    case("scatter", w, a, i1, i2, u, axes=[0, 1], mode=mode)
m, k = r(4, 3, 5), r(4, 5, 2)
case("dot_general", m @ k, m, k, contract=[[2], [1]], batch=[[0], [0]])
case("dot_general", np.einsum("abc,dcb->ad", m, r(2, 5, 3) * 0 + k[:2, :, :1].transpose(0, 1, 2) * np.ones((2, 5, 3))), m, (k[:2, :, :1] * np.ones((2, 5, 3))), contract=[[1, 2], [2, 1]])
mc = r(3, 4, cplx=True); case("dot_general", np.tensordot(mc, mc, (1, 1)), mc, mc, contract=[[1], [1]])
case("dot_general", np.array(np.dot(i.ravel(), i.ravel())), i.ravel(), i.ravel(), contract=[[0], [0]])
for cplx in [False, True]:
    n = 5
    g = r(2, n, n, cplx=cplx); h = g @ g.conj().swapaxes(1, 2) + np.eye(n); rhs = r(2, n, 3, cplx=cplx)
    case("cholesky", np.linalg.cholesky(h), h); case("inv", np.linalg.inv(g), g); case("solve", np.linalg.solve(g, rhs), g, rhs)
    case("solve", np.linalg.solve(g.swapaxes(1, 2), rhs), g, rhs, trans=True)
    sgn, ld = np.linalg.slogdet(g); case("slogdet", (ld, sgn), g)
    case("eigh", np.linalg.eigvalsh(h), h)
    case("svd_s", np.linalg.svd(r(1, 1))[1], r(1, 1)) if False else None
    for lower in [False, True]:
        for trans in [False, True]:
            for unit in [False, True]:
                tri = g[0] + 2 * np.eye(n)
                case("triangular_solve", scipy.linalg.solve_triangular(tri, rhs[0], trans=int(trans), lower=lower, unit_diagonal=unit), tri, rhs[0].copy(),
                     **{k: True for k, f in [("lower", lower), ("trans", trans), ("unit", unit)] if f})
    for shape in [(5, 3), (3, 5), (4, 4)]:
        q = r(*shape, cplx=cplx); case("qr", tuple(np.linalg.qr(q)), q)
case("convert", i.astype(float), i, dtype="float64"); case("convert", (a * 9).astype(np.int64), a * 9, dtype="int64"); case("convert", a != 0, a, dtype="bool"); case("convert", a.astype(complex), a, dtype="complex128")
p, q = i.ravel()[:12].copy(), np.roll(i.ravel(), 3)[:12].copy()
with np.errstate(all="ignore"):
    case("mod", p % q, p, q); case("floor_divide", p // q, p, q); case("fmod", np.fmod(p, q), p, q)
case("and", p & q, p, q); case("or", p | q, p, q); case("xor", p ^ q, p, q); case("not", ~p, p); case("not", ~(p > 0), p > 0); case("shift_left", p << 2, p, q * 0 + 2); case("shift_right", p >> 2, p, q * 0 + 2); case("pow", p ** 2, p, q * 0 + 2)
special = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 1.5, -1.5])
case("is_nan", np.isnan(special), special); case("is_inf", np.isinf(special), special); case("is_finite", np.isfinite(special), special)
L, M = [g.ravel().copy() for g in np.meshgrid(special, special)]
with np.errstate(all="ignore"):
    for name, f in [("equal", np.equal), ("not_equal", np.not_equal), ("less", np.less), ("less_equal", np.less_equal), ("greater", np.greater), ("greater_equal", np.greater_equal), ("max", np.maximum), ("min", np.minimum), ("pow", np.power), ("mod", np.mod),
                    ("fmod", np.fmod), ("floor_divide", np.floor_divide), ("atan2", np.arctan2), ("hypot", np.hypot), ("logaddexp", np.logaddexp), ("copysign", np.copysign), ("nextafter", np.nextafter), ("div", np.divide)]:
        case(name, f(L, M), L, M)
    for name, f in [("sqrt", np.sqrt), ("exp", np.exp), ("expm1", np.expm1), ("log", np.log), ("log1p", np.log1p), ("sin", np.sin), ("tanh", np.tanh), ("atan", np.arctan), ("floor", np.floor), ("round", np.round), ("abs", np.abs), ("sign", np.sign), ("sinh", np.sinh), ("cosh", np.cosh), ("asinh", np.arcsinh)]:
        case(name, f(special), special)
case("mulz", np.array([0.0, 0.0, 6.0]), np.array([0.0, 0.0, 2.0]), np.array([np.inf, np.nan, 3.0]))
case("select", np.where(a > 0, a, -a), a > 0, a, -a); case("complex", z, z.real.copy(), z.imag.copy()); case("real", z.real.copy(), z); case("imag", z.imag.copy(), z); case("conj", z.conj(), z); case("abs", abs(z), z)
case("stop_gradient", a, a); case("sqrt0", np.sqrt(abs(a)), abs(a))

# convolutions, by SciPy's correlate of each channel
quick = np.random.RandomState(8)
cx, cw = np.round(quick.uniform(-1, 1, (2, 3, 6, 5)), 3), np.round(quick.uniform(-1, 1, (4, 3, 3, 2)), 3)
full_sum = np.array([[sum(scipy.signal.correlate2d(cx[n, c], cw[o, c], "full") for c in range(3)) for o in range(4)] for n in range(2)])
case("conv", full_sum, cx, cw, low=[2, 1], high=[2, 1])
case("conv", full_sum[:, :, 2:-2:2, 1:-1].copy(), cx, cw, stride=[2, 1])
line, taps = np.round(quick.uniform(-1, 1, (1, 2, 7)), 3), np.round(quick.uniform(-1, 1, (2, 1, 3)), 3)
case("conv", np.array([[np.convolve(np.kron(line[0, g], [1, 0])[:-1], taps[g, 0, ::-1], "valid") for g in range(2)]]), line, taps, interior=[1], n=2)
case("conv", np.array([[np.convolve(line[0, g], np.kron(taps[g, 0, ::-1], [1, 0])[:-1], "valid") for g in range(2)]]), line, taps, dilation=[2], n=2)
json.dump(cases, open("arrays.json", "w"))

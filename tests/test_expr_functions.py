"""Each NumPy and scipy.special function against itself: traced and run in the core, beside NumPy. Value, shape and dtype."""

import numpy as np
import pytest
from scipy import linalg, special

import ergodica as erg

rng = np.random.default_rng(7)
v = np.round(rng.normal(size=7), 3)
m = np.round(rng.normal(size=(4, 5)), 3)
q = np.round(rng.normal(size=(4, 4)), 3)
t = np.round(rng.normal(size=(2, 3, 4)), 3)
spd = q @ q.T + 4 * np.eye(4)
z = np.round(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)), 3)
n = np.array([[3, -1, 4], [1, 5, -9]])
b = np.array([True, False, True, True])
u = np.abs(v) / 4 + 0.05  # in (0, 1)

UNARY = """negative positive absolute fabs sign square sqrt cbrt exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh
arcsinh arctanh floor ceil trunc rint conjugate isnan isfinite isinf signbit reciprocal deg2rad rad2deg degrees radians""".split()
BINARY = """add subtract multiply divide power maximum minimum fmax fmin arctan2 hypot remainder fmod floor_divide logaddexp logaddexp2 copysign
heaviside equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor float_power nextafter""".split()
SPECIAL = """y0 y1 k0 k1 k0e k1e exp1 expi
erf erfc erfinv gammaln psi expit log_expit logit ndtr ndtri log_ndtr i0e i1e i0 i1 j0 j1 entr gamma exp10 exprel log1p expm1""".split()

CASES = {
    # reductions
    "sum": (lambda x: np.sum(x), m),
    "sum axis": (lambda x: x.sum(axis=1, keepdims=True), m),
    "sum int": (np.sum, n),
    "sum bool": (np.sum, b),
    "sum axes": (lambda x: np.sum(x, axis=(0, -1)), t),
    "sum where": (lambda x: np.sum(x, where=x > 0, initial=2.0), m),
    "prod": (lambda x: np.prod(x, axis=0), m),
    "mean": (lambda x: x.mean(axis=-1), t),
    "mean int": (np.mean, n),
    "var": (lambda x: np.var(x, axis=0, ddof=1), m),
    "std": (lambda x: np.std(x, axis=(0, 2), keepdims=True), t),
    "var complex": (np.var, z),
    "max": (lambda x: x.max(axis=0), m),
    "min": (np.min, m),
    "max initial": (lambda x: np.max(x, axis=1, initial=0.5), m),
    "ptp": (lambda x: np.ptp(x, axis=1), m),
    "argmax": (lambda x: np.argmax(x, axis=1), m),
    "argmin all": (np.argmin, m),
    "argmax keepdims": (lambda x: np.argmax(x, axis=0, keepdims=True), m),
    "any": (lambda x: np.any(x > 1, axis=0), m),
    "all": (lambda x: (x > -5).all(), m),
    "count_nonzero": (lambda x: np.count_nonzero(x > 0, axis=1), m),
    "cumsum": (lambda x: np.cumsum(x, axis=1), m),
    "cumsum flat": (np.cumsum, m),
    "cumprod": (lambda x: x.cumprod(axis=0), m),
    "cumsum int": (np.cumsum, n.astype(np.int32)),
    "average": (lambda x: np.average(x, axis=0, weights=[1.0, 2.0, 3.0, 4.0]), m),
    "median": (lambda x: np.median(x, axis=0), m),
    "quantile": (lambda x: np.quantile(x, [0.1, 0.5, 0.77], axis=1), m),
    "percentile": (lambda x: np.percentile(x, 30), m),
    "nansum": (lambda x: np.nansum(np.where(x > 0, x, np.nan), axis=0), m),
    "nanmean": (lambda x: np.nanmean(np.where(x > -9, x, np.nan), axis=0), m),
    "add.reduce": (np.add.reduce, m),
    "multiply.reduce": (lambda x: np.multiply.reduce(x, axis=1), m),
    "subtract.reduce": (np.subtract.reduce, m),
    "maximum.accumulate": (np.maximum.accumulate, m),
    "logaddexp.reduce": (lambda x: np.logaddexp.reduce(x, axis=1), m),
    "minimum.accumulate": (lambda x: np.minimum.accumulate(x, axis=1), m),
    "add.accumulate": (np.add.accumulate, m),
    "subtract.outer": (lambda x: np.subtract.outer(x, x[:3]), v),
    "multiply.outer": (lambda x: np.multiply.outer(x, x), m),
    "hypot.reduce": (np.hypot.reduce, v),
    # choosing
    "where": (lambda x: np.where(x > 0, x, -2), m),
    "where mixed": (lambda x: np.where(x > 2, x, 0.5), n),
    "clip": (lambda x: np.clip(x, -0.5, 0.5), m),
    "piecewise": (lambda x: np.piecewise(x, [x < -1, x > 0], [lambda v: -v, 2.0, lambda v: v**2]), m),
    "clip method": (lambda x: x.clip(min=0), m),
    "select": (lambda x: np.select([x < -1, x < 0], [x**2, -x], 7.0), m),
    "choose": (lambda x: np.choose([0, 1, 0, 1], [x[:, 0], x[:, 1]]), m),
    "sort": (lambda x: np.sort(x, axis=0), m),
    "argsort": (lambda x: np.argsort(x, axis=1), m),
    "sort flat": (lambda x: np.sort(x, axis=None), m),
    "searchsorted": (lambda x: np.searchsorted(np.sort(x), [0.0, 0.3], side="right"), v),
    "digitize": (lambda x: np.digitize(x, [-1.0, 0.0, 1.0]), v),
    "take": (lambda x: np.take(x, [0, 3, -1], axis=1), m),
    "take flat": (lambda x: x.take([[0, 5], [7, -2]]), m),
    "take_along_axis": (lambda x: np.take_along_axis(x, np.argsort(x, axis=1), axis=1), m),
    "compress": (lambda x: np.compress([1, 0, 1, 1], x, axis=0), m),
    "nan_to_num": (lambda x: np.nan_to_num(np.where(x > 0, x, np.inf)), m),
    "isclose": (lambda x: np.isclose(x, x + 1e-9), m),
    "sinc": (np.sinc, v),
    "round": (lambda x: np.round(x, 1), m),
    "fix": (np.fix, m),
    "angle": (np.angle, z),
    "real": (np.real, z),
    "imag": (lambda x: x.imag, z),
    # shapes
    "reshape": (lambda x: x.reshape(2, -1), m),
    "reshape F": (lambda x: np.reshape(x, (5, 4), order="F"), m),
    "ravel": (np.ravel, t),
    "flatten": (lambda x: x.flatten(), m),
    "T": (lambda x: x.T, t),
    "transpose": (lambda x: x.transpose(1, 0, 2), t),
    "mT": (lambda x: x.mT, t),
    "swapaxes": (lambda x: np.swapaxes(x, 0, 2), t),
    "moveaxis": (lambda x: np.moveaxis(x, [0, 1], [-1, 0]), t),
    "rollaxis": (lambda x: np.rollaxis(x, 2), t),
    "expand_dims": (lambda x: np.expand_dims(x, (0, 2)), m),
    "squeeze": (lambda x: np.squeeze(x[:, None, :1]), m),
    "atleast_2d": (np.atleast_2d, v),
    "broadcast_to": (lambda x: np.broadcast_to(x, (3, 7)), v),
    "concatenate": (lambda x: np.concatenate([x, x[:, :2]], axis=1), m),
    "concatenate None": (lambda x: np.concatenate([x, 1 * x], axis=None), m),
    "concatenate mixed": (lambda x: np.concatenate([[0.5], x]), n[0]),
    "stack": (lambda x: np.stack([x, 2 * x], axis=-1), m),
    "hstack": (lambda x: np.hstack([x, x]), v),
    "vstack": (lambda x: np.vstack([x, x]), v),
    "dstack": (lambda x: np.dstack([x, x]), m),
    "column_stack": (lambda x: np.column_stack([x, x]), v),
    "block": (lambda x: np.block([[x, np.zeros((4, 1))], [np.ones((1, 5)), np.ones((1, 1))]]), m),
    "split": (lambda x: np.split(x, [1, 3], axis=1), m),
    "array_split": (lambda x: np.array_split(x, 3), v),
    "hsplit": (lambda x: np.hsplit(x, 2), q),
    "roll": (lambda x: np.roll(x, 2), m),
    "roll axes": (lambda x: np.roll(x, (1, -2), axis=(0, 1)), m),
    "flip": (np.flip, m),
    "fliplr": (np.fliplr, m),
    "rot90": (np.rot90, m),
    "rot270": (lambda x: np.rot90(x, 3), m),
    "tile": (lambda x: np.tile(x, (2, 1, 3)), m),
    "repeat": (lambda x: np.repeat(x, 3, axis=1), m),
    "repeat each": (lambda x: np.repeat(x, [1, 0, 2, 1], axis=0), m),
    "pad": (lambda x: np.pad(x, ((1, 2), (0, 1)), constant_values=3), m),
    "pad edge": (lambda x: np.pad(x, 2, mode="edge"), m),
    "pad wrap": (lambda x: np.pad(x, 2, mode="wrap"), m),
    "pad reflect": (lambda x: np.pad(x, 1, mode="reflect"), m),
    "append": (lambda x: np.append(x, 1.0), v),
    "delete": (lambda x: np.delete(x, 1, axis=0), m),
    "insert": (lambda x: np.insert(x, 2, 9.0), v),
    "meshgrid": (lambda x: np.meshgrid(x, x[:2]), v),
    "meshgrid ij": (lambda x: np.meshgrid(x, x[:2], indexing="ij", sparse=True), v),
    "linspace": (lambda x: np.linspace(x[0], x[1], 5), v),
    "linspace arrays": (lambda x: np.linspace(x, x + 1, 4, endpoint=False, axis=-1), v),
    "zeros_like": (lambda x: np.zeros_like(x) + x, m),
    "full_like": (lambda x: np.full_like(x, x[0, 0]), m),
    "full": (lambda x: np.full((2, 3), x[0]), v),
    # products
    "dot": (lambda x: np.dot(x, x[0]), q),
    "dot nd": (lambda x: np.dot(x, t[0].T), t),
    "matmul": (lambda x: x @ x.T, m),
    "matmul batch": (lambda x: x @ np.swapaxes(x, 1, 2), t),
    "matmul 2 3": (lambda x: q @ np.swapaxes(x, 1, 2), t),
    "matmul vector": (lambda x: x @ x[0, 0], t),
    "vector matmul": (lambda x: x[:3] @ t, v),
    "rmatmul": (lambda x: m @ x[:5], v),
    "vdot": (lambda x: np.vdot(x, 2 * x), z),
    "inner": (lambda x: np.inner(x, x), m),
    "outer": (lambda x: np.outer(x, x), v),
    "tensordot": (lambda x: np.tensordot(x, t, axes=([1, 2], [1, 2])), t),
    "tensordot 1": (lambda x: np.tensordot(x, x, 1), q),
    "kron": (lambda x: np.kron(x, np.eye(2)), m),
    "kron nd": (lambda x: np.kron(x, x[0]), m),
    "cross": (lambda x: np.cross(x[:3], x[3:6]), v),
    "cross 2": (lambda x: np.cross(x[:, :3], x[:, 1:4]), m),
    "trace": (np.trace, m),
    "diag": (np.diag, m),
    "diag k": (lambda x: np.diag(x, -2), v),
    "diagonal": (lambda x: np.diagonal(x, 1, 1, 2), t),
    "tril": (lambda x: np.tril(x, -1), m),
    "triu": (lambda x: np.triu(x, 1), t),
    "vecdot": (lambda x: np.vecdot(x, x), m),
    "einsum": (lambda x: np.einsum("ij,kj->ik", x, x), m),
    "einsum trace": (lambda x: np.einsum("ii", x), q),
    "einsum diag": (lambda x: np.einsum("ii->i", x), q),
    "einsum sum": (lambda x: np.einsum("ijk->k", x), t),
    "einsum three": (lambda x: np.einsum("ab,bc,cd->ad", x, x, x), q),
    "einsum dots": (lambda x: np.einsum("...ij,...kj->...ik", x, x), t),
    "einsum implicit": (lambda x: np.einsum("ba", x), m),
    "einsum outer": (lambda x: np.einsum("i,j->ij", x, x), v),
    "einsum lists": (lambda x: np.einsum(x, [0, 1], x, [2, 1], [0, 2]), m),
    "einsum batch": (lambda x: np.einsum("bij,bij->b", x, x), t),
    "einsum hadamard": (lambda x: np.einsum("ij,ij->ij", x, x), m),
    "einsum mixed": (lambda x: np.einsum("abc,a,b->", x, x[:, 0, 0], x[0, :, 0]), t),
    # linear algebra
    "cholesky": (lambda x: np.linalg.cholesky(x), spd),
    "inv": (np.linalg.inv, q),
    "solve": (lambda x: np.linalg.solve(x, x[0]), q),
    "solve matrix": (lambda x: np.linalg.solve(x, q[:, :2]), spd),
    "slogdet": (np.linalg.slogdet, q),
    "det": (np.linalg.det, q),
    "det 2": (lambda x: np.linalg.det(x[:2, :2]), q),
    "det 3": (lambda x: np.linalg.det(x[:3, :3]), q),
    "eigvalsh": (np.linalg.eigvalsh, spd),
    "norm": (np.linalg.norm, m),
    "norm 1": (lambda x: np.linalg.norm(x, 1, axis=0), m),
    "norm inf": (lambda x: np.linalg.norm(x, np.inf), v),
    "norm 3": (lambda x: np.linalg.norm(x, 3), v),
    "norm axis": (lambda x: np.linalg.norm(x, axis=-1, keepdims=True), t),
    "matrix_power": (lambda x: np.linalg.matrix_power(x, 3), q),
    "norm complex": (np.linalg.norm, z),
    "multi_dot": (lambda x: np.linalg.multi_dot([x, x.T, x]), m),
    "solve_triangular": (lambda x: linalg.solve_triangular(x, x[0], lower=True), np.tril(spd)),
    "svdvals": (lambda x: np.linalg.svd(x, compute_uv=False), m),
    "norm nuc": (lambda x: np.linalg.norm(x, "nuc"), m),
    "pinv": (np.linalg.pinv, m),
    "pinv of low rank": (lambda x: np.linalg.pinv(np.outer(x, x[:3]), rcond=1e-10), v),
    "pinv rtol": (lambda x: np.linalg.pinv(x, rtol=None), m),
    "lstsq": (lambda x: np.linalg.lstsq(x.T, x[0], rcond=None), m),
    "lstsq wide": (lambda x: np.linalg.lstsq(x, x[:, :2]), m),
    "lstsq complex": (lambda x: np.linalg.lstsq(x[:, :3], x, rcond=None), z),
    "matrix_rank": (np.linalg.matrix_rank, q),
    "matrix_rank of one": (lambda x: np.linalg.matrix_rank(np.outer(x, x)), v),
    "cond": (np.linalg.cond, q),
    "cond 1": (lambda x: np.linalg.cond(x, 1), q),
    "cond fro": (lambda x: np.linalg.cond(x, "fro"), z),
    "cond -2": (lambda x: np.linalg.cond(x, -2), m),
    "svd full": (lambda x: [np.abs(y) for y in np.linalg.svd(x[:, :2])[:2]][1], m),
    "qr": (np.linalg.qr, m),
    "qr complete": (lambda x: np.linalg.qr(x[:, :2], mode="complete"), m),
    "qr r": (lambda x: np.linalg.qr(x, mode="r"), t),
    "eig": (lambda x: np.sort(np.linalg.eig(x).eigenvalues), z),
    "eigvals": (lambda x: np.sort(np.linalg.eigvals(x)), z),
    "tensorinv": (lambda x: np.linalg.tensorinv(x.reshape(2, 2, 4)), q),
    "tensorsolve": (lambda x: np.linalg.tensorsolve(x.reshape(2, 2, 4), x[:2, :2]), q),
    "multi_dot of five": (lambda x: np.linalg.multi_dot([x[0], x.T, x, x.T[:, :2], x[:2, 0]]), m),
    "norm 2": (lambda x: np.linalg.norm(x, 2), m),
    "norm -2 axes": (lambda x: np.linalg.norm(x, -2, axis=(0, 2), keepdims=True), t),
    "norm 1 keepdims": (lambda x: np.linalg.norm(x, 1, axis=(1, 2), keepdims=True), t),
    "norm -inf matrix": (lambda x: np.linalg.norm(x, -np.inf), z),
    "norm 0": (lambda x: np.linalg.norm(x, 0), v),
    "vector_norm axes": (lambda x: np.linalg.vector_norm(x, axis=(0, 2), keepdims=True, ord=3), t),
    "matrix_norm": (lambda x: np.linalg.matrix_norm(x, ord="nuc", keepdims=True), t),
    "expm": (linalg.expm, q),
    "expm batch": (lambda x: linalg.expm(x[:, :, :3]), t),
    "expm complex": (linalg.expm, z),
    "logm": (linalg.logm, spd),
    "logm complex": (linalg.logm, z),
    "sqrtm": (linalg.sqrtm, spd),
    "sqrtm complex": (linalg.sqrtm, z),
    "expm_frechet": (lambda x: linalg.expm_frechet(x, x.T, compute_expm=False), q),
    "lu_factor": (lambda x: linalg.lu_factor(x)[0], q),
    "lu_solve": (lambda x: linalg.lu_solve(linalg.lu_factor(x), x[:, 1:3]), q),
    "lu_solve trans": (lambda x: linalg.lu_solve(linalg.lu_factor(x), x[0], trans=2), z),
    "lu_solve from outside": (lambda x: linalg.lu_solve(linalg.lu_factor(q), x), q[0]),
    "lu": (linalg.lu, q),
    "lu permuted": (lambda x: linalg.lu(x, permute_l=True), z),
    "lu indices": (lambda x: linalg.lu(x, p_indices=True), q),
    "cho_solve": (lambda x: linalg.cho_solve(linalg.cho_factor(x), x[0]), spd),
    "scipy eigh": (lambda x: linalg.eigh(x, subset_by_index=[1, 2], eigvals_only=True), spd),
    "scipy qr": (lambda x: linalg.qr(x), m),
    "scipy qr economic": (lambda x: linalg.qr(x, mode="economic"), m),
    "scipy pinv": (linalg.pinv, m),
    "scipy svdvals": (linalg.svdvals, m),
    "scipy cholesky": (lambda x: linalg.cholesky(x), spd),
    "fft": (np.fft.fft, v),
    "ifft": (np.fft.ifft, z),
    "rfft": (np.fft.rfft, m),
    "irfft": (lambda x: np.fft.irfft(np.fft.rfft(x), 7), v),
    "fft2": (np.fft.fft2, m),
    "fft n": (lambda x: np.fft.fft(x, 10, axis=0, norm="ortho"), m),
    "rfft2": (np.fft.rfft2, m),
    "irfft2": (lambda x: np.fft.irfft2(np.fft.rfft2(x), s=(4, 5)), m),
    "fftshift": (np.fft.fftshift, m),
    "fftn": (np.fft.fftn, t),
    # calculus
    "diff": (np.diff, v),
    "diff 2": (lambda x: np.diff(x, 2, axis=0), m),
    "diff prepend": (lambda x: np.diff(x, prepend=0.0), v),
    "trapezoid": (lambda x: np.trapezoid(x, np.linspace(0, 1, 7)), v),
    "trapezoid dx": (lambda x: np.trapezoid(x, dx=0.1, axis=0), m),
    "gradient": (np.gradient, v),
    "gradient h": (lambda x: np.gradient(x, 0.5, axis=1), m),
    "gradient uneven": (lambda x: np.gradient(x, np.array([0.0, 0.5, 0.7, 1.5, 2.0, 2.1, 3.0])), v),
    "interp": (lambda x: np.interp(x, [-1.0, 0.0, 2.0], [1.0, 3.0, -1.0]), v),
    "interp left": (lambda x: np.interp(x, [-1.0, 0.0, 0.5], [1.0, 3.0, -1.0], left=9.0, right=8.0), v),
    "polyval": (lambda x: np.polyval([1.0, -2.0, 3.0], x), v),
    "polyval traced": (lambda x: np.polyval(x, 0.5), v),
    "convolve": (lambda x: np.convolve(x, [1.0, 2.0, 0.5]), v),
    "convolve same": (lambda x: np.convolve(x, [1.0, 2.0, 0.5], "same"), v),
    "correlate": (lambda x: np.correlate(x, [1.0, 2.0, 0.5], "full"), v),
    "cov": (np.cov, m),
    "corrcoef": (np.corrcoef, m),
    "vander": (lambda x: np.vander(x, 4), v),
    "bincount": (lambda x: np.bincount([0, 2, 2, 1, 0, 4, 1], weights=x), v),
    # scipy.special functions that are not ufuncs of one argument
    "logsumexp": (lambda x: special.logsumexp(x, axis=1, keepdims=True), m),
    "logsumexp b": (lambda x: special.logsumexp(x, b=[1.0, 2.0, 3.0, 4.0, 0.5]), m),
    "softmax": (lambda x: special.softmax(x, axis=0), m),
    "log_softmax": (lambda x: special.log_softmax(x, axis=1), m),
    "xlogy": (lambda x: special.xlogy(x, 1 + x**2), v),
    "xlog1py": (lambda x: special.xlog1py(x, x**2), v),
    "betaln": (lambda x: special.betaln(x, 2.0), u),
    "rel_entr": (lambda x: special.rel_entr(x, 0.3), u),
    "kl_div": (lambda x: special.kl_div(x, 0.3), u),
    "huber": (lambda x: special.huber(1.0, x), v),
    "polygamma": (lambda x: special.polygamma(2, x), u),
    "zeta": (lambda x: special.zeta(3.0, x), u),
    "lambertw": (lambda x: special.lambertw(4 * x - 0.3), u),
    "lambertw real": (lambda x: np.real(special.lambertw(x)), u),
    "jv": (lambda x: special.jv(1.5, 9 * x) + special.jn(2, x), u),
    "yv": (lambda x: special.yv(-0.7, 9 * x) + special.yn(3, 2 + x), u),
    "iv": (lambda x: special.iv(2.5, 9 * x) + special.ive([0, 1, 2, 3, 4, 5, 6], x), u),
    "kv": (lambda x: special.kv(0.3, 9 * x) + special.kn(2, x) + special.kve(-3.1, x), u),
    "betainc": (lambda x: special.betainc(2.5, 3 * x, x) + special.betaincc(0.3, 4, x), u),
    "multigammaln": (lambda x: special.multigammaln(x[0] + 3, 2), u),
    "boxcox": (lambda x: special.boxcox(x, 0.5), u),
    # methods and protocols
    "astype": (lambda x: x.astype(np.float32) * 2, m),
    "abs": (lambda x: abs(x), z),
    "divmod": (lambda x: divmod(x, 0.7), v),
    "modf": (np.modf, v),
    "pow": (lambda x: (x**2, x**-1, x**0.5, 2.0**x, x**3.0), u),
    "floordiv": (lambda x: (x // 2, x % 3), n),
    "invert": (lambda x: (~(x > 0), ~n), m),
    "shift": (lambda x: (x << 2, x >> 1, x & 3, x | 8, x ^ 5), n),
    "iter": (lambda x: sum(row.sum() for row in x), m),
    "conj": (lambda x: x.conj().T @ x, z),
    "unpack": (lambda x: (lambda a, b, c, d: a + b * c - d)(*x), m),
    "ndim": (lambda x: x * x.ndim + len(x) + x.size, m),
}


def compare(f, x, rtol=1e-13):
    with np.errstate(all="ignore"):
        want = f(x)
    got = erg.compile(f)(x)
    pairs = list(zip(got, want, strict=True)) if isinstance(want, (tuple, list)) else [(got, want)]
    for a, b in pairs:
        assert np.shape(a) == np.shape(b) and a.dtype == np.asarray(b).dtype
        scale = np.max(np.abs(b[np.isfinite(b)]), initial=1.0) if np.ndim(b) else 1.0
        np.testing.assert_allclose(
            a, b, rtol=rtol if a.dtype.itemsize > 4 or a.dtype.kind == "i" else 2e-6, atol=rtol * scale if a.dtype.kind in "fc" else 0
        )


@pytest.mark.parametrize("name", CASES)
def test_function(name):
    compare(*CASES[name])


@pytest.mark.parametrize("name", UNARY)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "complex128"])
def test_unary(name, dtype):
    f = getattr(np, name)
    x = u.astype(dtype) if dtype != "int64" else np.array([1, 1, 2, 5])
    if dtype == "int64" and name in ("arcsin", "arccos", "arctanh"):
        x = np.array([0])
    if dtype == "complex128":
        x = u * np.exp(1j * v)
    try:
        f(x)
    except TypeError:
        with pytest.raises(TypeError):
            erg.compile(lambda y: f(y))(x)
        return
    compare(lambda y: f(y), x)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool"])
def test_binary(name, dtype):
    f = getattr(np, name)
    x = {"float64": u, "float32": u.astype("f4"), "int64": np.array([1, 2, 5]), "bool": np.array([True, False, True])}[dtype]
    y = x[::-1].copy()
    try:
        with np.errstate(all="ignore"):
            if f(x, y).dtype in (np.float16, np.int8):
                return
    except TypeError:
        with pytest.raises(TypeError):
            erg.compile(lambda a: f(a, y))(x)
        return
    compare(lambda a: f(a, y), x)
    compare(lambda a: f(y[:, None], a), x)
    if dtype != "bool":
        compare(lambda a: f(a, 3), x)  # a Python number adapts


@pytest.mark.parametrize("name", SPECIAL)
def test_special(name):
    f = getattr(special, name)
    compare(lambda x: f(x), u, 2e-13)


@pytest.mark.parametrize(
    "other",
    [2, 2.5, 1j, True, np.float32(2.5), np.float64(2.5), np.int32(2), np.arange(3, dtype="i4"), np.arange(3, dtype="f4"), np.arange(3, dtype="u1")],
)
@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64", "int64", "int32", "bool"])
def test_promotion_is_numpys(dtype, other):
    x = np.array([1, 0, 1]).astype(dtype)
    if (x + other).dtype == np.uint8:  # programs do not have it: refused, never something else
        with pytest.raises(erg.SpecError):
            erg.compile(lambda y: y + other)(x)
        return
    compare(lambda y: y + other, x)
    compare(lambda y: other * y, x)


INDICES = {
    "int": np.s_[2],
    "negative": np.s_[-1, 0],
    "slice": np.s_[1:3],
    "step": np.s_[::2, ::-1],
    "negative step": np.s_[3:0:-2, -4:-1],
    "ellipsis": np.s_[..., 0],
    "newaxis": np.s_[:, None, 1:, None],
    "list": np.s_[[0, 2, -1]],
    "array": np.s_[:, np.array([[0, 1], [-1, 2]])],
    "two arrays": np.s_[[0, 1, 3], [4, 0, 2]],
    "broadcast": np.s_[np.arange(4)[:, None], np.array([0, 2])],
    "mask": np.s_[np.array([True, False, True, True])],
    "mask 2": np.s_[m > 0],
    "mixed": np.s_[1:, [0, 2]],
    "int and array": np.s_[1, [0, 2]],
    "empty": np.s_[2:2],
    "empty list": np.s_[[]],
    "None int": np.s_[None, 1],
}
INDICES_3 = {
    "separated": np.s_[[0, 1], :, [2, 3]],
    "separated by None": np.s_[:, [0, 1], None, [1, 2]],
    "int separated": np.s_[0, :, [1, 2]],
    "middle": np.s_[:, [2, 0, 1], 1:3],
    "reverse and array": np.s_[::-1, [0, 2], ::2],
    "all": np.s_[...],
    "tuple": np.s_[(slice(None), 1, 2)],
    "mask in front": np.s_[np.array([[True, False, True], [False, True, True]]), 1:],
    "new front": np.s_[None, ..., [0, 1], None],
}


@pytest.mark.parametrize("name", [*INDICES, *INDICES_3])
def test_indexing(name):
    key, x = (INDICES[name], m) if name in INDICES else (INDICES_3[name], t)
    compare(lambda y: y[key], x)
    value = np.arange(x[key].size).reshape(x[key].shape) + 0.5

    def write(y):
        y = y.copy()
        y[key] = value
        y[key] += 1
        y[key] *= y[key]
        return y

    compare(write, x)

    def write_traced(y):
        y = y.copy()
        y[key] = y[key] * 2 + 1
        return y

    compare(write_traced, x)

    def buffer(y):
        out = np.zeros(x.shape)
        out[key] = y[key]
        return out

    compare(buffer, x)


def test_indices_that_are_wrong():
    for key in (7, (0, 0, 0), [9], np.array([True, False])):
        with pytest.raises(IndexError):
            erg.compile(lambda x: x[key])(m)  # noqa: B023


def test_incomplete_gamma_in_both_arguments() -> None:
    """Values on a grid against SciPy; dP/da against central differences of SciPy's values (1e-5 apart: their error is about 1e-10)."""
    a, x = np.meshgrid(np.geomspace(0.05, 40, 12), np.geomspace(0.03, 60, 13))
    for f in (special.gammainc, special.gammaincc):
        np.testing.assert_allclose(erg.compile(lambda a, x, f=f: f(a, x))(a, x), f(a, x), rtol=1e-11, atol=1e-300)
        slope = erg.grad(lambda a, x, f=f: np.sum(f(a, x)))(a, x)
        np.testing.assert_allclose(slope, (f(a + 1e-5, x) - f(a - 1e-5, x)) / 2e-5, rtol=1e-6, atol=1e-9)


def test_incomplete_beta_in_all_arguments() -> None:
    """Values on a grid against SciPy; slopes in a, b and x against central differences of SciPy's values (errors near 1e-9); second ones in x."""
    a, b, x = np.meshgrid([0.1, 0.8, 3.0, 40.0], [0.2, 1.5, 12.0, 90.0], np.linspace(0.03, 0.97, 9))
    f = special.betainc
    np.testing.assert_allclose(erg.compile(lambda a, b, x: f(a, b, x))(a, b, x), f(a, b, x), rtol=1e-11, atol=1e-300)
    slopes = erg.grad(lambda a, b, x: np.sum(f(a, b, x)), (0, 1, 2))(a, b, x)
    h = 1e-5
    for got, (da, db, dx) in zip(slopes, [(h, 0, 0), (0, h, 0), (0, 0, h / 10)], strict=True):
        want = (f(a + da, b + db, x + dx) - f(a - da, b - db, x - dx)) / (2 * (da + db + dx))
        np.testing.assert_allclose(got, want, rtol=2e-6, atol=2e-8)
    both = erg.grad(lambda x: np.sum(erg.grad(lambda a: np.sum(f(a, 2.0, x)))(np.full(9, 1.5))))(x[0, 0])  # d2/da dx
    density = lambda a: x[0, 0] ** (a - 1) * (1 - x[0, 0]) / special.beta(a, 2.0)
    np.testing.assert_allclose(both, (density(1.5 + h) - density(1.5 - h)) / (2 * h), rtol=1e-7, atol=1e-9)
    with pytest.raises(erg.SpecError, match="second derivative"):
        erg.hessian(lambda a: f(a, 2.0, 0.3))(1.5)


def test_bessel_functions_have_no_derivative_in_their_order() -> None:
    assert np.isclose(erg.grad(lambda x: special.kv(1.2, x))(0.7), special.kvp(1.2, 0.7), rtol=1e-13)
    with pytest.raises(erg.SpecError, match="order"):
        erg.grad(lambda v: special.jv(v, 1.0))(0.5)
    with pytest.raises(erg.SpecError, match="k = 0"):
        erg.compile(lambda x: special.lambertw(x, k=-1))(-0.2)

"""The ufuncs of scipy.special, directly or by formulas that hold to the last bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special

from ergodica.expr import elementwise as e
from ergodica.expr.elementwise import UFUNCS, compare, like, one, scale, select, two
from ergodica.expr.values import Value, active

for _name, _op in {"erf": "erf", "erfc": "erfc", "erfinv": "erfinv", "gammaln": "lgamma", "psi": "digamma", "digamma": "digamma", "expit": "expit",
                   "log_expit": "log_expit", "ndtr": "ndtr", "ndtri": "ndtri", "log_ndtr": "log_ndtr", "i0e": "i0e", "i1e": "i1e", "j0": "j0",
                   "j1": "j1", "exp1": "exp1", "expi": "expi", "_log1p": "log1p", "_expm1": "expm1"}.items():  # fmt: skip
    UFUNCS[_name] = e._direct1(_op)
for _name in ("xlogy", "xlog1py", "gammainc", "gammaincc", "jv", "yv", "ive", "kve"):
    UFUNCS[_name] = e._direct2(_name)


def _entr(x: Value) -> Value:
    zero = like(x, 0)
    return select(compare("less", x, zero), like(x, -math.inf), one("neg", two("xlogy", x, x)))


def _rel_entr(x: Value, y: Value) -> Value:
    zero = like(x, 0)
    inside = two("and", compare("greater", x, zero), compare("greater", y, zero))
    edge = two("and", compare("equal", x, zero), compare("greater_equal", y, zero))
    safe = select(inside, x, like(x, 1)), select(inside, y, like(y, 1))
    out = two("mul", safe[0], one("log", two("div", safe[0], safe[1])))
    return select(inside, out, select(edge, zero, like(x, math.inf)))


def _gamma(x: Value) -> Value:
    """exp(log|gamma|) with the sign of gamma, which changes at each pole."""
    low = one("floor", x)
    odd = compare("not_equal", two("mod", low, like(x, 2)), like(x, 0))
    negative = two("and", compare("less", x, like(x, 0)), odd)
    size = one("exp", one("lgamma", x))
    pole = two("and", compare("less", x, like(x, 0)), compare("equal", low, x))
    return select(pole, like(x, math.nan), select(negative, one("neg", size), size))


def _betaln(a: Value, b: Value) -> Value:
    return two("sub", two("add", one("lgamma", a), one("lgamma", b)), one("lgamma", two("add", a, b)))


def _logit(p: Value) -> Value:
    return two("sub", one("log", p), one("log1p", one("neg", p)))


def _huber(delta: Value, r: Value) -> Value:
    size = one("abs", r)
    out = select(compare("less_equal", size, delta), scale(two("mul", r, r), 0.5), two("mul", delta, two("sub", size, scale(delta, 0.5))))
    return select(compare("less", delta, like(delta, 0)), like(r, math.inf), out)


def _boxcox(x: Value, lam: Value) -> Value:
    zero = compare("equal", lam, like(lam, 0))
    safe = select(zero, like(lam, 1), lam)
    return select(zero, one("log", x), two("div", one("expm1", two("mul", safe, one("log", x))), safe))


def _large(op: str, x: Value) -> Value:
    return two("mul", one(op, x), one("exp", one("abs", x)))


def _exprel(x: Value) -> Value:
    small = compare("less", one("abs", x), like(x, 1e-5))
    safe = select(small, like(x, 1), x)
    series = two("add", like(x, 1), two("mul", x, two("add", like(x, 0.5), scale(x, 1 / 6))))
    return select(small, series, two("div", one("expm1", safe), safe))


def _three(op: str, x: Value, y: Value, z: Value) -> Value:
    return active().emit(op, (x, y, z), None, x.dtype, x.shape)


def _whole(n: Value, x: Value) -> Value:
    from ergodica.expr.shapes import convert

    return one("trunc", convert(n, x.dtype))


def _bessel_k(order: Value, x: Value) -> Value:
    return two("mul", two("kve", order, x), one("exp", one("neg", x)))


UFUNCS.update({
    "y0": lambda x: two("yv", like(x, 0), x), "y1": lambda x: two("yv", like(x, 1), x), "yn": lambda n, x: two("yv", _whole(n, x), x),
    "k0": lambda x: _bessel_k(like(x, 0), x), "k1": lambda x: _bessel_k(like(x, 1), x), "kn": lambda n, x: _bessel_k(_whole(n, x), x),
    "k0e": lambda x: two("kve", like(x, 0), x), "k1e": lambda x: two("kve", like(x, 1), x), "kv": _bessel_k,
    "iv": lambda v, x: two("mul", two("ive", v, x), one("exp", one("abs", x))), "betainc": lambda a, b, x: _three("betainc", a, b, x),
    "betaincc": lambda a, b, x: _three("betainc", b, a, two("sub", like(x, 1), x)),
    "entr": _entr, "rel_entr": _rel_entr, "kl_div": lambda x, y: _kl_div(x, y), "gamma": _gamma, "betaln": _betaln,
    "beta": lambda a, b: one("exp", _betaln(a, b)), "logit": _logit, "huber": _huber, "boxcox": _boxcox,
    "pseudo_huber": lambda d, r: two("mul", two("mul", d, d), two("sub", two("hypot", like(r, 1), two("div", r, d)), like(r, 1))),
    "i0": lambda x: _large("i0e", x), "i1": lambda x: _large("i1e", x), "exprel": _exprel,
    "exp10": lambda x: one("exp", scale(x, math.log(10))), "log1p": e._direct1("log1p"), "expm1": e._direct1("expm1"),
    "_zeta": lambda s, q: two("zeta", s, q), "_riemann_zeta": lambda s: two("zeta", s, like(s, 1)), "zeta": lambda s, q: two("zeta", s, q),
    "binom": lambda n, k: _binom(n, k), "rgamma": lambda x: two("div", like(x, 1), _gamma(x)),
    "sindg": lambda x: one("sin", scale(x, math.pi / 180)),
    "cosdg": lambda x: one("cos", scale(x, math.pi / 180)), "cosm1": lambda x: scale(e.power_n(one("sin", scale(x, 0.5)), 2), -2.0),
})  # fmt: skip


def _kl_div(x: Value, y: Value) -> Value:
    return two("add", two("sub", _rel_entr(x, y), x), y)


def _binom(n: Value, k: Value) -> Value:
    one_ = like(n, 1)
    top = one("lgamma", two("add", n, one_))
    return one("exp", two("sub", top, two("add", one("lgamma", two("add", k, one_)), one("lgamma", two("add", two("sub", n, k), one_)))))


def polygamma(n: Any, x: Any) -> Value:
    """scipy.special.polygamma for one concrete order."""
    from ergodica.expr.refuse import refuse
    from ergodica.expr.shapes import convert
    from ergodica.expr.values import FLOAT64, lift

    order = np.asarray(n)
    if order.ndim or int(order) != order or order < 0:
        raise refuse("polygamma of an order that is not one integer of at least 0", "Use scipy.special.polygamma(1, x).")
    return one("polygamma", convert(lift(x), FLOAT64), {"n": int(order)})


def lambertw(z: Any, k: Any = 0, tol: float = 1e-8) -> Value:
    """scipy.special.lambertw: the principal branch for reals, to full precision, complex as SciPy's; NaN below -1/e, where it is not real."""
    from ergodica.expr.refuse import refuse
    from ergodica.expr.shapes import convert
    from ergodica.expr.values import FLOAT64, lift

    x = lift(z)
    if x.dtype.kind == "c" or isinstance(k, bool) or np.ndim(k) or k != 0:
        raise refuse("lambertw of complex numbers or on another branch than k = 0", "Pass x.real and leave out k.")
    return convert(one("lambertw", convert(x, FLOAT64)), np.dtype(complex))


def zeta(x: Any, q: Any = None, out: Any = None) -> Any:
    """scipy.special.zeta: sum over k >= 0 of (k + q)^-x; q = 1 where it is left out."""
    return e.call(_zeta, x, 1.0 if q is None else q)


_zeta = scipy.special._ufuncs._zeta


def multigammaln(a: Any, d: int) -> Any:
    """scipy.special.multigammaln."""
    from ergodica.expr.values import lift

    x: Any = lift(a)
    total: Any = 0.25 * d * (d - 1) * math.log(math.pi)
    for j in range(1, d + 1):
        total = e.call(scipy.special.gammaln, x - (j - 1.0) / 2) + total
    return total

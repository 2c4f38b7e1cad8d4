"""Draws of real numbers and vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica.errors import ShapeError
from ergodica.random.keys import Shape, as_tracer, draw_with, drawing, emit, float_of, open_uniform, shape_of, two_keys


@drawing
def uniform(key: Any, shape: Shape = (), dtype: Any = np.float64, minval: Any = 0.0, maxval: Any = 1.0) -> Any:
    r"""Uniform on [minval, maxval), in steps of :math:`2^{-53}` (float32: :math:`2^{-24}`) of its length.

    Parameters
    ----------
    key : key
    shape : int or tuple of int, default ()
    dtype : float64 (default) or float32
    minval, maxval : float or arrays that broadcast to ``shape``, default 0 and 1

    Examples
    --------
    >>> import ergodica as erg
    >>> u = erg.random.uniform(erg.random.key(0), (1000,), minval=-1.0)
    >>> bool(-1 <= u.min() < u.max() < 1)
    True
    """
    u = emit("random_uniform", key, shape, float_of(dtype))
    if _is(minval, 0) and _is(maxval, 1):
        return u
    return minval + (maxval - minval) * u


def _is(x: Any, value: float) -> bool:
    return type(x) in (int, float) and x == value


@drawing
def normal(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Standard normal numbers, by Box and Muller (1958); of complex dtype with :math:`\langle |z|^2 \rangle = 1`.

    Parameters
    ----------
    key : key
    shape : int or tuple of int, default ()
    dtype : float64 (default), float32, complex128 or complex64

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = erg.random.normal(erg.random.key(0), (10000,))
    >>> bool(abs(np.mean(x)) < 0.05 and abs(np.var(x) - 1) < 0.07)
    True
    """
    d = np.dtype(dtype)
    if d.kind == "c":
        pair = emit("random_normal", key, (*shape_of(shape), 2), np.dtype(np.float64 if d == np.complex128 else np.float32))
        return (pair[..., 0] + 1j * pair[..., 1]) * np.sqrt(pair.dtype.type(0.5))
    return emit("random_normal", key, shape, float_of(dtype))


@drawing
def exponential(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Density :math:`e^{-x}`, :math:`x \ge 0`.

    Examples
    --------
    >>> import ergodica as erg
    >>> bool(erg.random.exponential(erg.random.key(0)) >= 0)
    True
    """
    return -np.log1p(-emit("random_uniform", key, shape, float_of(dtype)))


@drawing
def laplace(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Density :math:`e^{-|x|} / 2`.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.laplace(erg.random.key(0), (3,))
    """
    u = emit("random_uniform", key, shape, float_of(dtype)) - 0.5  # [-1/2, 1/2)
    return -np.sign(u) * np.log1p(-2 * np.minimum(np.abs(u), np.nextafter(u.dtype.type(0.5), u.dtype.type(0))))


@drawing
def logistic(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Distribution function :math:`1 / (1 + e^{-x})`.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.logistic(erg.random.key(0), (3,))
    """
    u = open_uniform(key, shape, dtype)
    return np.log(u) - np.log1p(-u)


@drawing
def cauchy(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Density :math:`1 / (\pi (1 + x^2))`.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.cauchy(erg.random.key(0), (3,))
    """
    u = open_uniform(key, shape, dtype)
    return np.tan(u.dtype.type(np.pi) * (u - 0.5))


@drawing
def gumbel(key: Any, shape: Shape = (), dtype: Any = np.float64) -> Any:
    r"""Distribution function :math:`\exp(-e^{-x})`.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.gumbel(erg.random.key(0), (3,))
    """
    return -np.log(-np.log(open_uniform(key, shape, dtype)))


@drawing
def loggamma(key: Any, a: Any, shape: Shape | None = None) -> Any:
    r"""log z of z with the density :math:`z^{a-1} e^{-z} / \Gamma(a)`, also where z is too small for a float.

    By Marsaglia and Tsang (2000). The derivative in ``a`` is the implicit one (Figurnov, Mohamed, Mnih, NeurIPS 2018), relative error 1e-11.

    Parameters
    ----------
    key : key
    a : float or array, a >= 0
    shape : int or tuple of int, default that of ``a``

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.loggamma(erg.random.key(0), 1e-3)
    """
    return draw_with("random_loggamma", key, a, shape)


@drawing
def gamma(key: Any, a: Any, shape: Shape | None = None) -> Any:
    r"""Density :math:`z^{a-1} e^{-z} / \Gamma(a)`; differentiable in ``a``, see :func:`loggamma`.

    Parameters
    ----------
    key : key
    a : float or array, a >= 0
    shape : int or tuple of int, default that of ``a``

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> key = erg.random.key(0)
    >>> slope = erg.grad(lambda a: np.mean(erg.random.gamma(key, a, (10000,))))(2.0)  # of the mean, which is a
    >>> bool(abs(slope - 1) < 0.05)
    True
    """
    return np.exp(draw_with("random_loggamma", key, a, shape))


@drawing
def beta(key: Any, a: Any, b: Any, shape: Shape | None = None) -> Any:
    r"""Density proportional to :math:`x^{a-1} (1-x)^{b-1}`; differentiable in both.

    Examples
    --------
    >>> import ergodica as erg
    >>> bool(0 <= erg.random.beta(erg.random.key(0), 0.5, 0.5) <= 1)
    True
    """
    one, two = two_keys(key)
    s = np.broadcast_shapes(np.shape(a), np.shape(b)) if shape is None else shape_of(shape)
    x, y = draw_with("random_loggamma", one, a, s), draw_with("random_loggamma", two, b, s)
    return np.exp(x - np.logaddexp(x, y))


@drawing
def dirichlet(key: Any, alpha: Any, shape: Shape = ()) -> Any:
    r"""Density proportional to :math:`\prod_i x_i^{\alpha_i - 1}` on the simplex; differentiable in ``alpha``.

    Parameters
    ----------
    key : key
    alpha : array, the last axis counts the components
    shape : int or tuple of int, default ()
        Draws; the result has the shape ``shape + alpha.shape``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> round(float(erg.random.dirichlet(erg.random.key(0), np.ones(3)).sum()), 12)
    1.0
    """
    y = draw_with("random_loggamma", key, alpha, (*shape_of(shape), *np.shape(alpha)))
    y = y - np.max(y, axis=-1, keepdims=True)
    e = np.exp(y)
    return e / np.sum(e, axis=-1, keepdims=True)


@drawing
def student_t(key: Any, df: Any, shape: Shape | None = None) -> Any:
    r"""Student's t with ``df`` degrees of freedom; differentiable in them.

    Examples
    --------
    >>> import ergodica as erg
    >>> x = erg.random.student_t(erg.random.key(0), 3.0, (4,))
    """
    one, two = two_keys(key)
    half = as_tracer(df) * 0.5
    y = draw_with("random_loggamma", one, half, shape)
    z = emit("random_normal", two, y.shape, y.dtype)
    return z * np.exp(0.5 * (np.log(half) - y))


@drawing
def von_mises(key: Any, kappa: Any, shape: Shape | None = None) -> Any:
    r"""Angles in :math:`[-\pi, \pi]` of the density :math:`e^{\kappa \cos t} / (2 \pi I_0(\kappa))`; differentiable in ``kappa``.

    By Best and Fisher (1979); the derivative is implicit.

    Examples
    --------
    >>> import ergodica as erg
    >>> bool(abs(erg.random.von_mises(erg.random.key(0), 1e8)) < 1e-2)
    True
    """
    return draw_with("random_von_mises", key, kappa, shape)


@drawing
def truncated_normal(key: Any, lower: Any, upper: Any, shape: Shape | None = None) -> Any:
    r"""Standard normal numbers between ``lower`` and ``upper``, through the inverse distribution function.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> bool(erg.random.truncated_normal(erg.random.key(0), 2.0, np.inf, (100,)).min() >= 2)
    True
    """
    from scipy.special import ndtr, ndtri

    s = np.broadcast_shapes(np.shape(lower), np.shape(upper)) if shape is None else shape_of(shape)
    lo, hi = np.broadcast_to(as_tracer(lower) * 1.0, s), np.broadcast_to(as_tracer(upper) * 1.0, s)
    flip = lo > 0  # where the distribution function is nearest to 1, its mirror image has the digits
    a, b = np.where(flip, -hi, lo), np.where(flip, -lo, hi)
    u = open_uniform(key, s, lo.dtype)
    x = ndtri(ndtr(a) + u * (ndtr(b) - ndtr(a)))
    return np.clip(np.where(flip, -x, x), lo, hi)


@drawing
def multivariate_normal(key: Any, mean: Any, cov: Any, shape: Shape = ()) -> Any:
    r"""Normal vectors of this mean and covariance: :math:`\mu + L z`, :math:`L L^T = \Sigma`; differentiable in both.

    Parameters
    ----------
    key : key
    mean : array of shape (n,)
    cov : array of shape (n, n), positive definite (else NaN)
    shape : int or tuple of int, default ()
        Draws; the result has the shape ``shape + (n,)``.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> erg.random.multivariate_normal(erg.random.key(0), np.zeros(2), np.eye(2), (5,)).shape
    (5, 2)
    """
    m, c = as_tracer(mean) * 1.0, as_tracer(cov)
    if m.ndim != 1 or c.shape != (m.shape[0], m.shape[0]):
        raise ShapeError(f"random.multivariate_normal: expected a mean of shape (n,) and a covariance of shape (n, n), got {m.shape} and {c.shape}")
    z = emit("random_normal", key, (*shape_of(shape), m.shape[0]), m.dtype)
    return m + z @ np.swapaxes(np.linalg.cholesky(c), -1, -2)

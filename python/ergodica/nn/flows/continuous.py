"""Flows along a velocity field."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import SpecError
from ergodica.nn.dense import Activation, Linear, activation_of, keys, last_axis, size, weight_dtype
from ergodica.nn.derivatives import divergence, estimated, probes
from ergodica.nn.features import fitting
from ergodica.nn.flows.base import Flow, Normal, base_of, checked, event
from ergodica.nn.flows.conditioner import widths
from ergodica.nn.module import Module


class Velocity(Module):
    r"""A velocity v(x, t) of points (..., n): an MLP of x, t and the context.

    With one or two hidden layers and an element-wise function between them its divergence costs one more matrix product, whatever n is:

    .. math:: \nabla \cdot v = \sum_{ab} \sigma'_a(u_2)\, \left[W_2 \circ (W_1^x W_3)^T\right]_{ab}\, \sigma'_b(u_1)

    with the part :math:`W_1^x` of the first weight that acts on x.

    Parameters
    ----------
    n : int
    hidden : sequence of int, default (64, 64)
    activation : name or function, default "tanh"
    context : int, default 0
    dtype : default float64
    seed : int or key, default drawn

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> v = erg.nn.flows.Velocity(3, seed=0)
    >>> x = np.linspace(-1.0, 1.0, 3)
    >>> slope, divergence = v.with_divergence(x, 0.5)
    >>> bool(np.allclose(divergence, erg.divergence(lambda x: v(x, 0.5))(x)))
    True
    """

    layers: list[Linear]
    activation: Callable[[Any], Any]
    n: int
    context: int
    elementwise: bool

    def __init__(
        self, n: int, hidden: Sequence[int] = (64, 64), activation: Activation = "tanh", context: int = 0, dtype: Any = np.float64, seed: Any = None
    ) -> None:
        self.n, self.context = size(n, "Velocity n"), size(context, "Velocity context") if context else 0
        sizes = [self.n + 1 + self.context, *widths(hidden, "Velocity"), self.n]
        each = keys(seed, len(sizes) - 1)
        self.layers = [Linear(a, b, True, None, dtype, k) for a, b, k in zip(sizes[:-1], sizes[1:], each, strict=True)]
        self.elementwise = _elementwise(activation_of(activation))
        self.activation = activation_of(activation)

    def _first(self, x: Any, t: Any, context: Any) -> Any:
        """The first layer's sums; what is the same for all points is added as a bias."""
        last_axis(x, self.n, "Velocity")
        fitting(np.shape(t), x, "Velocity")
        layer = self.layers[0]
        w = layer.weight
        u = x @ w[:, : self.n].T + (layer.bias + np.reshape(t, (*np.shape(t), 1)) * w[:, self.n])
        return u if context is None else u + context @ w[:, self.n + 1 :].T

    def __call__(self, x: Any, t: Any, context: Any = None) -> Any:
        """v of the shape of x, (..., n), for one time t or one for each point, (...)."""
        h = self.activation(self._first(x, t, context))
        for layer in self.layers[1:-1]:
            h = self.activation(layer(h))
        return self.layers[-1](h)

    def with_divergence(self, x: Any, t: Any, context: Any = None) -> tuple[Any, Any]:
        """v, and its divergence (...)."""
        if len(self.layers) > 3 or not self.elementwise:
            return self(x, t, context), self._by_rows(x, t, context)
        h, slope = _with_slope(self.activation, self._first(x, t, context))
        end = self.layers[-1]
        into = self.layers[0].weight[:, : self.n]
        if len(self.layers) == 2:
            return end(h), slope @ np.sum(into * end.weight.T, axis=1)
        middle = self.layers[1]
        h, outer = _with_slope(self.activation, middle(h))
        paths = middle.weight * (into @ end.weight).T
        return end(h), np.sum(outer * (slope @ paths.T), axis=-1)

    def _by_rows(self, x: Any, t: Any, context: Any) -> Any:
        lead = np.shape(x)[:-1]
        rows = [as_rows(np.reshape(t, (*np.shape(t), 1)), lead)] + ([] if context is None else [as_rows(context, lead)])
        return np.reshape(divergence(lambda x, t, *c: self(x, t[:, 0], *c), as_rows(x, lead), *rows), lead)


def _elementwise(f: Callable[[Any], Any]) -> bool:
    """Whether a function looks at each number alone."""
    x = np.array([0.3, -1.7, 0.9])
    try:
        return all(np.array_equal(np.ravel(f(x[k : k + 1])), np.ravel(f(x))[k : k + 1]) for k in range(3))
    except Exception:  # of the user's, which is asked again with what it is for
        return False


def as_rows(x: Any, lead: tuple[int, ...]) -> Any:
    """Numbers that broadcast to a leading shape, with an axis of their own, as rows."""
    return np.reshape(np.broadcast_to(x, (*lead, np.shape(x)[-1])), (-1, np.shape(x)[-1]))


def _with_slope(f: Callable[[Any], Any], u: Any) -> tuple[Any, Any]:
    from ergodica.expr.forward import jvp

    return jvp(f, (u,), (np.ones(np.shape(u), u.dtype),))


def rk4(f: Callable[[Any, Any], Any], y: tuple[Any, Any], start: float, end: float, steps: int) -> Any:
    """The classical method of order 4 for (point, integral) pairs with rates f(point, t), in equal steps."""
    from ergodica.expr.control import fori_loop

    h = (end - start) / steps

    def one(i: Any, carry: Any) -> Any:
        x, s = carry
        k = i.astype(x.dtype)
        t, after = (start + (end - start) * (u / steps) for u in (k, k + 1))  # the last one is the end to the bit
        half = 0.5 * (t + after)
        a, da = f(x, t)
        b, db = f(x + (h / 2) * a, half)
        c, dc = f(x + (h / 2) * b, half)
        d, dd = f(x + h * c, after)
        return x + (h / 6) * (a + 2 * (b + c) + d), s + (h / 6) * (da + 2 * (db + dc) + dd)

    return fori_loop(0, steps, one, y)


def _takes_context(field: Any) -> bool:
    """Whether a field is called with three arguments."""
    try:
        inspect.signature(field).bind(None, None, None)
    except TypeError:
        return False
    except ValueError:  # there is no signature
        return True
    return True


def _velocity(field: Any, x: Any, t: Any, c: Any) -> Any:
    if _takes_context(field):
        return field(x, t, c)
    return field(x, np.broadcast_to(np.asarray(t, x.dtype) if not hasattr(t, "dtype") else t, np.shape(x)[:1]))


class ContinuousFlow(Flow):
    r"""The flow along a velocity field (Chen et al. 2018).

    .. math:: \frac{dx}{dt} = v(x, t), \quad x(0) = z, \quad x = x(1), \qquad \log|\det| = \int_0^1 \nabla \cdot v(x(t), t)\, dt

    ``steps`` equal steps of the classical Runge-Kutta method: maps are invertible and densities normalised up to errors of order ``steps**-4``.
    With ``steps=None`` Dormand and Prince's pair with adaptive steps for the whole batch, to ``rtol`` and ``atol``; its gradient is by the adjoint
    equation.

    Parameters
    ----------
    n : int
    hidden : sequence of int, default (64, 64)
        Of the field, a :class:`Velocity`.
    field : function v(x, t, context) or v(x, t), optional
        In place of it: a module (or any traced function) of points (rows, n) and one time, with ``v.with_divergence`` where it knows better than n
        directional derivatives. One of (x, t) alone gets a time for each row, (rows,), as flow matching trains it.
    steps : int or None, default 16
    rtol, atol : float, default 1e-6, 1e-8
    divergence : {"exact", "hutchinson"}
        "hutchinson": the mean of v'Jv over ``probes`` random signs (Grathwohl et al. 2019), unbiased for log q; ``log_density`` and ``forward`` then
        take a ``key``.
    probes : int, default 1
    activation : name or function, default "tanh"
    context : int, default 0
    base : default :class:`~ergodica.nn.flows.Normal`
        Or any of ``erg.distributions``, or an object with ``log_density(z)`` and ``sample(key, n, dtype)``.
    dtype : default float64
    seed : int or key, default drawn

    References
    ----------
    R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, NeurIPS 2018; W. Grathwohl et al., ICLR 2019.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> flow = erg.nn.ContinuousFlow(2, seed=0)
    >>> x, log_q = flow.sample_with_log_density(erg.random.key(1), 10)
    >>> bool(np.allclose(flow.log_density(x), log_q, atol=1e-6))
    True
    >>> rotation = erg.nn.ContinuousFlow(2, field=lambda x, t, context: x @ np.array([[0.0, -np.pi], [np.pi, 0.0]]))
    >>> bool(np.allclose(rotation.forward(np.array([1.0, 0.0]))[0], [-1.0, 0.0], atol=1e-3))
    True
    """

    field: Any
    steps: int | None
    rtol: float
    atol: float
    divergence: str
    probes: int

    def __init__(
        self, n: int, hidden: Sequence[int] = (64, 64), field: Any = None, steps: int | None = 16, rtol: float = 1e-6, atol: float = 1e-8,
        divergence: str = "exact", probes: int = 1, activation: Activation = "tanh", context: int = 0, base: Any = None, dtype: Any = np.float64,
        seed: Any = None,
    ) -> None:  # fmt: skip
        shape, d = event(n, "ContinuousFlow n"), weight_dtype(dtype)
        if len(shape) != 1:
            raise SpecError(f"ContinuousFlow n: expected a number of coordinates, got {n!r}")
        if divergence not in ("exact", "hutchinson"):
            raise SpecError(f'ContinuousFlow divergence: expected "exact" or "hutchinson", got {divergence!r}')
        if d.kind != "f":
            raise SpecError(f"ContinuousFlow: expected a real dtype, got {d}")
        if field is not None and not callable(field):
            raise SpecError(f"ContinuousFlow field: expected a function of (x, t, context), got {field!r}")
        if field is not None and context and not _takes_context(field):
            raise SpecError("ContinuousFlow field: with a context expected a function of (x, t, context), got one of (x, t)")
        for name, tolerance in (("rtol", rtol), ("atol", atol)):
            if not (math.isfinite(tolerance) and tolerance > 0):
                raise SpecError(f"ContinuousFlow {name}: expected a number above 0, got {tolerance!r}")
        self.context = size(context, "ContinuousFlow context") if context else 0
        self.field = Velocity(shape[0], hidden, activation, self.context, d, seed) if field is None else field
        self.shape, self.base = shape, base_of(base, Normal(shape), "ContinuousFlow")
        self.steps = None if steps is None else size(steps, "ContinuousFlow steps")
        self.rtol, self.atol, self.divergence, self.probes = float(rtol), float(atol), divergence, size(probes, "ContinuousFlow probes")

    @property
    def density(self) -> str:
        """Exact, or unbiased by Hutchinson's divergence."""
        return "exact" if self.divergence == "exact" else "unbiased"

    def _solve(self, x: Any, context: Any, key: Any, start: float, end: float) -> tuple[Any, Any]:
        from ergodica.expr.ode import odeint

        x = checked(x, self.shape, "ContinuousFlow")
        c = self._given(x, context)
        lead = np.shape(x)[:-1]
        x = as_rows(x.astype(np.result_type(x.dtype, self.dtype)), lead)
        c = None if c is None else as_rows(c, lead)
        signs = None
        if self.divergence == "hutchinson":
            if key is None:
                raise SpecError('ContinuousFlow: with divergence="hutchinson" expected a key', "Pass key=erg.random.key(seed).")
            signs = probes(key, self.probes, x)

        def rates(field: Any, x: Any, t: Any, c: Any, signs: Any) -> Any:
            if signs is not None:
                return estimated(lambda x: _velocity(field, x, t, c), x, signs)
            if hasattr(field, "with_divergence"):
                return field.with_divergence(x, t, c)
            if c is None:
                return _velocity(field, x, t, None), divergence(lambda x: _velocity(field, x, t, None), x)
            return field(x, t, c), divergence(lambda x, c: field(x, t, c), x, c)

        y = x, np.zeros(np.shape(x)[:-1], x.dtype)
        if self.steps is not None:
            x, change = rk4(lambda x, t: rates(self.field, x, t, c, signs), y, start, end, self.steps)
        else:
            f = lambda y, t, field, c, signs: rates(field, y[0], t, c, signs)
            xs, changes = odeint(f, y, np.array([start, end], x.dtype), self.field, c, signs, rtol=self.rtol, atol=self.atol)
            x, change = xs[1], changes[1]
        return np.reshape(x, (*lead, *self.shape)), np.reshape(change, lead)

    def forward(self, z: Any, context: Any = None, key: Any = None) -> tuple[Any, Any]:
        """(x, log |det dx/dz|) for z of shape (..., n)."""
        return self._solve(z, context, key, 0.0, 1.0)

    def inverse(self, x: Any, context: Any = None, key: Any = None) -> tuple[Any, Any]:
        """(z, log |det dz/dx|) for x of shape (..., n)."""
        return self._solve(x, context, key, 1.0, 0.0)

    def log_density(self, x: Any, context: Any = None, key: Any = None) -> Any:
        """log q(x) of shape (...); an unbiased estimate of it with Hutchinson's divergence."""
        z, log_det = self.inverse(x, context, key)
        return self.base.log_density(z) + log_det

    def sample_with_log_density(self, key: Any, n: int, context: Any = None) -> tuple[Any, Any]:
        """Draws (n, *shape) and log q of each (n,)."""
        one, two = random.split(key)
        z = self.base.sample(one, size(n, "ContinuousFlow.sample_with_log_density"), self.dtype)
        x, log_det = self.forward(z, context, two)
        return x, self.base.log_density(z) - log_det

    def sample(self, key: Any, n: int, context: Any = None) -> Any:
        """Draws of shape (n, *shape), those of :meth:`sample_with_log_density`."""
        return self.sample_with_log_density(key, n, context)[0]

"""State-space models: functions of one particle, and what they are called with."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica import random
from ergodica._arrays import as_array
from ergodica._base import integer, short
from ergodica.errors import NonFiniteError, ShapeError, SpecError
from ergodica.expr import compile, trees
from ergodica.expr.control import scan
from ergodica.expr.program import Sub, name_of

KEY = np.int64(0)
TIME = np.int64(0)

LEADING: dict[str, tuple[str, ...]] = {
    "initial": ("key",),
    "transition": ("key", "previous"),
    "log_observation": ("y", "x"),
    "observation": ("key", "x"),
    "log_initial": ("x",),
    "log_transition": ("x", "previous"),
    "proposal": ("key", "previous", "y"),
    "log_proposal": ("x", "previous", "y"),
    "initial_proposal": ("key", "y"),
    "log_initial_proposal": ("x", "y"),
    "log_lookahead": ("y", "previous"),
    "scale": ("y", "b"),
}
"""What each function is called with, before t and theta, which it takes where it names them."""


class Function:
    """One of the model's functions: leading arguments by place, ``t`` and ``theta`` where it has parameters of these names."""

    def __init__(self, f: Callable[..., Any], name: str, leading: tuple[str, ...]) -> None:
        if not callable(f):
            raise SpecError(f"StateSpace: {name}: expected a function, got {short(f)}", fields={"argument": name})
        self.f, self.name, self.leading = f, name, leading
        self.extra: list[str] = []
        self.count = len(leading)
        try:
            given = list(inspect.signature(f).parameters.values())
        except (TypeError, ValueError):
            return
        if any(p.kind is p.VAR_POSITIONAL for p in given):
            return
        places = [p for p in given if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.count = min(len(leading), len([p for p in places if p.name not in ("t", "theta")]))
        rest = [p for p in places if p.name in ("t", "theta")] + [p for p in given if p.kind is p.KEYWORD_ONLY and p.name in ("t", "theta")]
        self.extra = [p.name for p in rest]
        spare = [p.name for p in places if p.name not in ("t", "theta")][len(leading) :]
        required = [p.name for p in given if p.name in spare and p.default is p.empty]
        if required or self.count < len(leading):
            wants = ", ".join((*leading, "t", "theta"))
            raise SpecError(f"StateSpace: {name}: expected a function of ({wants}), where t and theta may be left out; "
                            f"got one of ({', '.join(p.name for p in given)})", fields={"argument": name})  # fmt: skip

    def __call__(self, *leading: Any, t: Any, theta: Any) -> Any:
        if "theta" in self.extra and theta is None:
            raise SpecError(f"{self.name} takes theta, and none was given", "Try theta=... in the call of the verb.", {"argument": "theta"})
        values = {"t": t, "theta": theta}
        return self.f(*leading, **{k: values[k] for k in self.extra})

    def number(self, *leading: Any, t: Any, theta: Any) -> Any:
        """A result that must be a real number."""
        r = self(*leading, t=t, theta=theta)
        dtype = getattr(r, "dtype", np.dtype(type(r)) if isinstance(r, (int, float, complex)) else None)
        if dtype is None or np.shape(r) or dtype.kind not in "fiub":
            got = f"{dtype} of shape {np.shape(r)}" if dtype is not None else type(r).__name__
            raise ShapeError(f"{self.name}: expected a real number for one particle, got {got}", "Sum over all axes; batches are made by the core.",
                             fields={"argument": self.name})  # fmt: skip
        return np.float64(1.0) * r


class Flat:
    """A structure of arrays as one float64 vector, and back in the arrays' shapes and dtypes."""

    def __init__(self, tree: Any, shapes: list[tuple[int, ...]], dtypes: list[np.dtype], names: list[str]) -> None:
        self.tree, self.shapes, self.dtypes, self.names = tree, shapes, dtypes, names
        self.sizes = [int(np.prod(s, dtype=np.int64)) for s in shapes]
        self.size = sum(self.sizes)

    @classmethod
    def of(cls, x: Any) -> Flat:
        """The structure of a value."""
        tree, leaves, names = trees.flatten(x, trees.is_result)
        arrays = [as_array(v, "theta") if not hasattr(v, "_value") else v for v in leaves]
        return cls(tree, [np.shape(a) for a in arrays], [a.dtype for a in arrays], [trees.dotted(n) for n in names])

    def vector(self, x: Any, what: str) -> Any:
        """``x`` as a vector."""
        _, leaves, _ = trees.flatten(x, trees.is_result)
        got = [np.shape(v) for v in leaves]
        if got != self.shapes:
            raise ShapeError(f"{what}: expected {self.text()}, got {_shapes(got)}", fields={"argument": what})
        parts = [np.reshape(np.float64(1.0) * v, (-1,)) for v in leaves]
        return np.concatenate(parts) if len(parts) > 1 else parts[0]

    def build(self, v: Any) -> Any:
        """The structure that a vector stands for."""
        at, leaves = 0, []
        for shape, dtype, size in zip(self.shapes, self.dtypes, self.sizes, strict=True):
            leaf = np.reshape(v[at : at + size], shape)
            leaves.append(leaf if dtype.kind == "f" else leaf.astype(dtype))
            at += size
        return trees.build(self.tree, leaves)

    def text(self) -> str:
        """Its shapes."""
        return _shapes(self.shapes)


def _shapes(shapes: list[tuple[int, ...]]) -> str:
    return ", ".join(f"shape {s}" for s in shapes) if shapes else "nothing"


class StateSpace:
    r"""A hidden path that is seen through observations.

    .. math:: x_0 \sim p(x_0), \qquad x_t \sim p(x_t \mid x_{t-1}), \qquad y_t \sim p(y_t \mid x_t), \qquad t = 0, \dots, T - 1.

    Every function is plain NumPy for one particle; draws are made by ``erg.random`` with the key that it gets. A function may have the parameters
    ``t`` (the time of x, an integer) and ``theta`` (what the verb was given, or draws) behind those that are listed, by these names. States are
    numbers, arrays, or dicts and tuples of them, of float or integer dtype.

    Parameters
    ----------
    initial : function (key) -> x
        A draw of x_0.
    transition : function (key, previous) -> x
        A draw of x_t, given x_{t-1}.
    log_observation : function (y, x) -> number
        log p(y_t | x_t). A time at which all of y_t is NaN is missing: it is not called there.
    observation : function (key, x) -> y, optional
        A draw of y_t, for :meth:`simulate`.
    log_initial : function (x) -> number, optional
    log_transition : function (x, previous) -> number, optional
        log p(x_t | x_{t-1}), normalised; for smoothing, guided filters and particle Gibbs.
    proposal, log_proposal : functions (key, previous, y) -> x and (x, previous, y) -> number, optional
        A draw that knows y_t, and its log density, for guided filters.
    initial_proposal, log_initial_proposal : functions (key, y) -> x and (x, y) -> number, optional
        The same for t = 0; where they are missing x_0 is drawn by ``initial``.
    log_lookahead : function (y, previous) -> number, optional
        How well x_{t-1} foresees y_t: an approximation of log p(y_t | x_{t-1}), for auxiliary filters.
    scale : function (y, b) -> number, optional
        Factor of the leapfrog step where the observation counts with the power b, for Hamiltonian-move filters.

    Raises
    ------
    SpecError, ShapeError
        A function has other parameters, or returns what is no number or no state.

    Examples
    --------
    Stochastic volatility:

    >>> import numpy as np
    >>> import ergodica as erg
    >>> def normal(x, mean, sd):
    ...     return -0.5 * ((x - mean) / sd) ** 2 - np.log(sd) - 0.5 * np.log(2 * np.pi)
    >>> model = erg.StateSpace(
    ...     initial=lambda key: -1 + 0.3 / np.sqrt(1 - 0.95**2) * erg.random.normal(key),
    ...     transition=lambda key, x: -1 + 0.95 * (x + 1) + 0.3 * erg.random.normal(key),
    ...     log_observation=lambda y, x: normal(y, 0.0, np.exp(0.5 * x)),
    ...     observation=lambda key, x: np.exp(0.5 * x) * erg.random.normal(key),
    ... )
    >>> x, y = model.simulate(100, seed=1)
    >>> run = erg.filter(model, y, erg.BootstrapFilter(particles=500), seed=1)
    >>> run["mean"].shape
    (4, 100)
    """

    def __init__(self, initial: Any, transition: Any, log_observation: Any, *, observation: Any = None, log_initial: Any = None,
                 log_transition: Any = None, proposal: Any = None, log_proposal: Any = None, initial_proposal: Any = None,
                 log_initial_proposal: Any = None, log_lookahead: Any = None, scale: Any = None) -> None:  # fmt: skip
        given = {k: v for k, v in locals().items() if k in LEADING}
        self.functions = {k: Function(f, k, LEADING[k]) for k, f in given.items() if f is not None}
        for need in ("initial", "transition", "log_observation"):
            if need not in self.functions:
                raise SpecError(f"StateSpace: {need}: expected a function, got None", fields={"argument": need})
        for a, b in (("proposal", "log_proposal"), ("initial_proposal", "log_initial_proposal")):
            if (a in self.functions) != (b in self.functions):
                raise SpecError(f"StateSpace: {a} and {b} belong together; one of them is missing", fields={"argument": b})

    def __repr__(self) -> str:
        names = [name_of(self.functions[k].f) for k in ("transition", "log_observation")]
        return f"StateSpace({', '.join(n for n in names if n != '<lambda>')})"

    def has(self, *names: str) -> bool:
        """Whether all these functions were given."""
        return all(n in self.functions for n in names)

    def posterior(self, y: Any, prior: Any = None, *, space: Any = None, theta: Any = None) -> Any:
        """The law of the parameters and the path, given observations, for :func:`erg.sample`.

        Parameters
        ----------
        y : array (T, ...)
            As for :func:`erg.filter`.
        prior : dict of distributions, or function of theta, optional
            As of :class:`erg.Posterior`: laws by name, or a log density with its ``space``. The model's functions get theta as a dict (or the
            structure of ``space``). Without a prior the path alone is drawn.
        space : dict of spaces, optional
        theta : number, array or structure of them, optional
            Fixed parameters, where there is no prior.

        Returns
        -------
        StateSpacePosterior
            ``erg.sample(it, erg.PMMH())``, ``erg.ParticleGibbs()`` or ``erg.SMC2()``; ``observe`` takes the parameters' names, "states" (the path),
            "log_evidence" and "acceptance".

        Examples
        --------
        >>> import numpy as np
        >>> import ergodica as erg
        >>> from ergodica.distributions import Normal
        >>> model = erg.StateSpace(
        ...     initial=lambda key: erg.random.normal(key),
        ...     transition=lambda key, x, theta: theta["a"] * x + erg.random.normal(key),
        ...     log_observation=lambda y, x: Normal(x, 1.0).log_prob(y),
        ... )
        >>> run = erg.sample(model.posterior(np.sin(np.arange(20.0)), dict(a=Normal(0, 1))), erg.PMMH(), draws=100, warmup=100, seed=1)
        >>> run["a"].shape
        (4, 100)
        """
        from ergodica.series.posterior import StateSpacePosterior

        return StateSpacePosterior(self, y, prior, space, theta)

    def simulate(self, times: int, *, theta: Any = None, seed: int | None = None) -> tuple[Any, Any]:
        """Draw a path and its observations.

        Parameters
        ----------
        times : int
            T.
        theta : number, array or structure of them, optional
        seed : int, optional

        Returns
        -------
        x, y
            The structures of a state and of an observation, with a leading axis of length T.
        """
        times = integer(times, "times", 1)
        if not self.has("observation"):
            raise SpecError("simulate: expected a model with an observation that draws y", "Try StateSpace(..., observation=lambda key, x: ...).")
        first, move, see = self["initial"], self["transition"], self["observation"]
        structure = Flat.of(theta) if theta is not None else None

        def path(key: Any, v: Any) -> Any:
            p = structure.build(v) if structure is not None else None
            begin, rest = random.split(key)
            a, b = random.split(begin)
            x0 = first(a, t=TIME, theta=p)
            y0 = see(b, x0, t=TIME, theta=p)

            def step(x: Any, t: Any) -> Any:
                c, d = random.split(random.fold_in(rest, t))
                new = move(c, x, t=t, theta=p)
                return new, (new, see(d, new, t=t, theta=p))

            later = scan(step, x0, np.arange(1, times))[1]
            return (x0, y0), later

        v = structure.vector(theta, "theta") if structure is not None else np.zeros(1)
        begin, later = compile(path)(random.key(seed), np.asarray(v))
        tree, heads, _ = trees.flatten(begin, trees.is_result)
        _, tails, _ = trees.flatten(later, trees.is_result)
        x, y = trees.build(tree, [np.concatenate([np.asarray(h)[None], t]) for h, t in zip(heads, tails, strict=True)])
        return x, y

    def __getitem__(self, name: str) -> Function:
        return self.functions[name]


def observations(y: Any) -> np.ndarray:
    """Observations as float64 of shape (T, ...), NaN where they are missing."""
    a = as_array(y, "y")
    if a.dtype.kind == "c" or a.ndim == 0 or a.size == 0:
        raise ShapeError(f"y: expected real observations of shape (T, ...), T >= 1, got {a.dtype} of shape {a.shape}", fields={"argument": "y"})
    a = np.ascontiguousarray(a, np.float64)
    if np.isinf(a).any():
        where = tuple(int(i) for i in np.argwhere(np.isinf(a))[0])
        raise NonFiniteError(f"y: expected finite observations, or NaN where one is missing; got {a[where]} at {where}", fields={"argument": "y"})
    return a


def state_of(model: StateSpace, theta: Any) -> Flat:
    """The structure of the model's states, from a trace of ``initial``."""
    draw = model["initial"]
    parameters = Flat.of(theta) if theta is not None else None

    def initial(key: Any, v: Any) -> Any:
        return draw(key, t=TIME, theta=parameters.build(v) if parameters is not None else None)

    initial.__name__ = "initial"
    sub = Sub(initial, (KEY, np.zeros(max(parameters.size, 1) if parameters is not None else 1)), {})
    types = sub.out_types
    _, _, names = trees.flatten(trees.build(sub.out_tree, [0.0 for _ in types]), trees.is_result)
    flat = Flat(sub.out_tree, [s for _, s in types], [d for d, _ in types], [trees.dotted(n) for n in names])
    if flat.size == 0 or any(d.kind not in "fiub" for d in flat.dtypes):
        raise ShapeError(f"initial: expected a state of real numbers, got {flat.text()}", fields={"argument": "initial"})
    return flat

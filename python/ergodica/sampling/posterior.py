"""Posteriors: a likelihood, a prior and data by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.sampling.target import Target


def _called(f: Any, *args: Any, **kwargs: Any) -> Any:
    from ergodica.expr.intercept import called  # brings SciPy, which an import of the package does not need

    return called(f, *args, **kwargs)


class Posterior(Target):
    r"""A posterior, :math:`p(x \mid y) \propto L(y \mid x)\, \pi(x)`, with its terms apart.

    Parameters
    ----------
    log_likelihood : function of p, or of (p, data)
        p is a dict of parameters, data a mapping of arrays; the sum over all rows of the data.
    prior : dict of distributions, or function of p
        By name, in order: a law (``erg.distributions``), or a function of parameters before it that gives their law, by their names as arguments,
        ``theta=lambda mu, tau: Normal(mu, tau, shape=(8,))``. A function of p is a log density and needs ``space``.
    data : dict of arrays, optional
        Kept by name and captured by reference: they are inputs of the program, not copied into it.
    space : dict of spaces, optional
        Where it is not given each parameter lives on the support of its law.

    Attributes
    ----------
    space, data
        As above.
    rows : int or None
        The common length of the data's first axes, over which a minibatch may be drawn; None where lengths differ.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> from ergodica.distributions import HalfNormal, Normal
    >>> y = np.array([1.2, 0.7, 1.9, 1.4])
    >>> posterior = erg.Posterior(
    ...     lambda p, data: np.sum(Normal(p["mu"], p["sigma"]).log_prob(data["y"])),
    ...     prior=dict(mu=Normal(0, 5), sigma=HalfNormal(2)),
    ...     data=dict(y=y),
    ... )
    >>> run = erg.sample(posterior, draws=200, seed=1)
    >>> run["mu"].shape
    (4, 200)
    """

    def __init__(self, log_likelihood: Callable[..., Any], prior: Mapping[str, Any] | Callable[..., Any], data: Mapping[str, Any] | None = None,
                 space: Any = None) -> None:  # fmt: skip
        if not callable(log_likelihood):
            raise SpecError(f"Posterior: expected a function for log_likelihood, got {log_likelihood!r}", fields={"argument": "log_likelihood"})
        self.data = {k: np.asarray(v) for k, v in (data or {}).items()}
        self._likelihood, self._prior = log_likelihood, prior
        self.__name__ = getattr(log_likelihood, "__name__", "posterior").replace("<lambda>", "posterior")
        if callable(prior):
            if space is None:
                raise SpecError("Posterior: a prior that is a function needs a space", "Try space=dict(mu=erg.Real(), ...).", {"argument": "space"})
            self.space = space
            return
        self.laws = dict(prior)
        if not self.laws:
            raise SpecError("Posterior: expected a law for at least one parameter", fields={"argument": "prior"})
        given = dict(space or {})
        self._shapes(given)
        unknown = [n for n in given if n not in self.laws]
        if unknown:
            raise SpecError(f"Posterior: there is no parameter {unknown[0]!r}; there are: {', '.join(self.laws)}", fields={"argument": "space"})
        self.space = {n: given.get(n) or self._examples[n].space for n in self.laws}

    def _shapes(self, given: Mapping[str, Any]) -> None:
        """A law of each parameter, those that depend on others at the midst of the spaces of these, for spaces and shapes."""
        self._examples: dict[str, Any] = {}
        at: dict[str, Any] = {}
        beside: dict[str, Any] = {}  # another place, where a space that hangs on parameters is another
        for name, law in self.laws.items():
            if not hasattr(law, "log_prob"):
                if not callable(law):
                    raise SpecError(f"Posterior: expected a law for {name!r}, got {law!r}", "Try erg.distributions.Normal(0, 1).",
                                    {"argument": "prior"})  # fmt: skip
                missing = [a for a in inspect.signature(law).parameters if a not in at]
                if missing:
                    raise SpecError(f"Posterior: the law of {name!r} needs {missing[0]!r}, which does not stand before it",
                                    fields={"argument": "prior"})  # fmt: skip
            example, other = self._law(name, at), self._law(name, beside)
            if name not in given and example.space != other.space:
                raise SpecError(f"Posterior: the space of {name!r} hangs on other parameters: {example.space!r} and {other.space!r}",
                                "Try a law on a space that stays, and stretch it where it is used: low + (high - low) * u, u ~ Uniform(0, 1).",
                                {"argument": "prior"})  # fmt: skip
            self._examples[name] = example
            space = given.get(name) or example.space
            at[name], beside[name] = (space.to(np.full(space.size, z))[0] for z in (0.0, 0.3))

    def _law(self, name: str, at: Mapping[str, Any]) -> Any:
        law = self.laws[name]
        if hasattr(law, "log_prob"):
            return law
        return _called(law, **{a: at[a] for a in inspect.signature(law).parameters})

    @property
    def rows(self) -> int | None:
        """The common length of the data."""
        lengths = {len(v) if v.ndim else None for v in self.data.values()}
        return lengths.pop() if len(lengths) == 1 else None

    def log_prior(self, p: Any) -> Any:
        """log pi(p)."""
        if callable(self._prior):
            return _called(self._prior, p)
        return sum(np.sum(self._law(n, p).log_prob(p[n])) for n in self.laws)

    def log_likelihood(self, p: Any, data: Mapping[str, Any] | None = None) -> Any:
        """log L of the data, all of them or those given."""
        try:
            arguments = len(inspect.signature(self._likelihood).parameters)
        except ValueError:
            arguments = 1
        if self.data and arguments < 2:
            raise SpecError("Posterior: with data the likelihood is a function of (p, data)", fields={"argument": "log_likelihood"})
        args = (p, self.data if data is None else data) if self.data or arguments > 1 else (p,)
        return _called(self._likelihood, *args)

    def log_density(self, x: Any) -> Any:
        """log L + log pi."""
        return self.log_prior(x) + self.log_likelihood(x)

    def draw_prior(self, seed: int | None, n: int = 1) -> dict[str, np.ndarray]:
        """Independent draws from the prior, arrays (n, ...) by name.

        Raises
        ------
        SpecError
            The prior is a function: it cannot be drawn from.
        """
        from ergodica import random
        from ergodica.expr.compiled import compile
        from ergodica.expr.verbs import vmap

        if callable(self._prior):
            raise SpecError("draw_prior: this prior is a function, which cannot be drawn from", "Try prior=dict(mu=erg.distributions.Normal(0, 1)).")

        def one(key: Any) -> dict[str, Any]:
            at: dict[str, Any] = {}
            for k, name in enumerate(self.laws):
                at[name] = self._law(name, at).sample(random.fold_in(key, k))
            return at

        return {k: np.array(v) for k, v in compile(vmap(one))(random.split(random.key(seed), n)).items()}

    def __repr__(self) -> str:
        return f"Posterior({self.__name__}, {', '.join(self.space) if isinstance(self.space, dict) else self.space!r})"

"""Simulation-based calibration: is a sampler, or a model, what it claims to be?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ergodica._base import Method, integer
from ergodica._encode import as_seed
from ergodica.errors import NonFiniteError, ShapeError, SpecError
from ergodica.run import Run
from ergodica.stats.series import core

DOUBLINGS = 5  # of the draws, before too correlated ones are taken
INDEPENDENT = 1.5  # effective draws for each that is kept
POINTS = 50  # at which distribution functions are compared


@dataclass(frozen=True)
class Calibration:
    """Ranks of true parameters among posterior draws, from :func:`ergodica.sbc`: uniform where prior, simulator, posterior and sampler belong
    together.

    Attributes
    ----------
    ranks : dict of array (repeats, ...), int64
        Of each parameter, from 0 to ``draws``; "log density" is that of the posterior itself, which sees data that were left out.
    draws : int
        Posterior draws in each repeat.
    chi_square, ecdf : dict of array (...)
        p-values of uniform ranks: by counts in bins, and by the largest deviation of the distribution function, exact for all points at once.
    divergences : int
        Of all repeats; draws with divergences are not those of the posterior.
    short : int
        Repeats whose draws remained correlated.
    """

    ranks: dict[str, np.ndarray] = field(repr=False)
    draws: int
    chi_square: dict[str, np.ndarray]
    ecdf: dict[str, np.ndarray]
    divergences: int = 0
    short: int = 0

    @property
    def pvalue(self) -> float:
        """Of all parameters together: the least of ``ecdf``, times their number."""
        all_of_them = np.concatenate([np.ravel(p) for p in self.ecdf.values()])
        return float(min(1.0, all_of_them.size * all_of_them.min()))

    def bands(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where the distribution function of uniform ranks stays with probability ``level``, at all points at once: points, lower and upper bound."""
        repeats = len(next(iter(self.ranks.values())))
        at, p = _pointwise(repeats, self.draws)
        low, high = 0.0, 1.0
        for _ in range(30):
            middle = (low + high) / 2
            low, high = (middle, high) if _coverage(p > middle, at) >= level else (low, middle)
        inside = p > low
        return at, inside.argmax(axis=1) / repeats, (repeats - inside[:, ::-1].argmax(axis=1)) / repeats

    def distribution(self, name: str) -> np.ndarray:
        """The distribution function of the ranks of a parameter at the points of :meth:`bands`, (points, ...)."""
        r = self.ranks[name]
        at = _pointwise(1, self.draws)[0]
        return np.stack([(r < t * (self.draws + 1) - 0.5).mean(axis=0) for t in at])

    def plot(self, level: float = 0.95) -> Any:
        """Distribution functions minus the uniform one, with the band for all points at once, as a matplotlib Figure."""
        from ergodica._tables import need

        plt = need("matplotlib.pyplot", "ergodica[plot]")
        at, low, high = self.bands(level)
        figure, axes = plt.subplots(1, len(self.ranks), figsize=(3.0 * len(self.ranks), 2.6), sharey=True, squeeze=False, layout="constrained")
        for axis, name in zip(axes[0], self.ranks, strict=True):
            axis.fill_between(at, low - at, high - at, color="0.85", step="mid")
            axis.plot(at, self.distribution(name).reshape(len(at), -1) - at[:, None], lw=1)
            axis.set(title=name, xlabel="rank")
        plt.close(figure)
        return figure

    def __repr__(self) -> str:
        lines = [f"{len(next(iter(self.ranks.values())))} repeats, ranks among {self.draws} draws; p = {self.pvalue:.2g} of uniform ranks"]
        for name, p in self.ecdf.items():
            for k in np.ndindex(*np.shape(p)):
                label = f"{name}[{', '.join(map(str, k))}]" if k else name
                lines.append(f"  {label}: ecdf p = {p[k]:.2g}, chi-square p = {self.chi_square[name][k]:.2g}, mean rank {self._mean(name, k):.3f}")
        lines += [f"! {self.divergences} trajectories diverged: what lies there is missing from the draws."] if self.divergences else []
        lines += [f"! in {self.short} repeats the draws are correlated, which makes ranks uneven: more draws."] if self.short else []
        return "\n".join(lines)

    def _mean(self, name: str, k: tuple[int, ...]) -> float:
        return float(self.ranks[name].mean(axis=0)[k] / self.draws)


def sbc(prior: Callable[..., Any], simulator: Callable[..., Any], posterior: Callable[..., Any], method: Method | None = None, *, space: Any = None,
        repeats: int = 200, ranks: int = 99, chains: int = 2, warmup: int = 500, seed: int | None = None) -> Calibration:  # fmt: skip
    r"""Simulation-based calibration: parameters drawn from the prior, data made from them, and the ranks of the true parameters among draws from the
    posterior of the data. They are uniform from 0 to ``ranks`` if, and as far as the quantities can tell only if, all parts are right.

    A parameter whose ranks are high was drawn too low by the posterior; ranks in the middle mean posteriors that are too wide, ranks at both ends too
    narrow ones.

    Parameters
    ----------
    prior : function of a ``numpy.random.Generator``
        One draw of the parameters, in the structure of ``space``.
    simulator : function of (parameters, Generator)
        Data, of any kind.
    posterior : function of (parameters, data), or of (data, Generator) where there is no space
        The log density of the posterior up to a constant, traced and sampled by ``method``; or a sampler of the user's own: a dict of draws
        (n, ...) by name, or a run.
    method : Method, optional
        NUTS where it is not given.
    space : Space or dict of spaces, optional
        Of the parameters.
    repeats : int, default 200
    ranks : int, default 99
        Near-independent draws that are kept in each repeat. Chains are made longer until they have 1.5 times as many effective ones (up to 32 times).
    chains, warmup
        As for :func:`ergodica.sample`.
    seed : int, optional
        Fixes everything, if the functions use nothing but their Generator.

    Returns
    -------
    ergodica.stats.Calibration
        Ranks, p-values, simultaneous bands, a plot.

    References
    ----------
    S. Talts, M. Betancourt, D. Simpson, A. Vehtari, A. Gelman, arXiv:1804.06788; T. Sailynoja, P.-C. Buerkner, A. Vehtari, Stat. Comput. 32, 32
    (2022), for the bands; M. Modrak et al., Bayesian Analysis (2023), for the log density.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> found = erg.sbc(
    ...     prior=lambda rng: rng.normal(),
    ...     simulator=lambda mu, rng: rng.normal(mu, 2.0, size=5),
    ...     posterior=lambda mu, y: -0.5 * mu**2 - 0.5 * np.sum((y - mu) ** 2) / 4,
    ...     space=erg.Real(), repeats=40, ranks=19, seed=1)
    >>> found.pvalue > 0.001
    True
    """
    for name, f in (("prior", prior), ("simulator", simulator), ("posterior", posterior)):
        if not callable(f):
            raise SpecError(f"sbc: expected a function for {name}, got {f!r}", fields={"argument": name})
    if space is None and method is not None:
        raise SpecError("sbc: expected a space beside a method", "Try space=erg.Real(n), or a dict of spaces by name.", {"argument": "space"})
    repeats, kept = integer(repeats, "repeats", 10), integer(ranks, "ranks", 4)
    seed = as_seed(seed)
    all_ranks: dict[str, list[np.ndarray]] = {}
    diverged = short = 0
    for r in range(repeats):
        rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, r])))
        truth = prior(rng)
        data = simulator(truth, rng)
        if space is None:
            values, draws = _given(truth, posterior(data, rng))
            enough = _enough(draws, kept)
        else:
            chosen = {"method": method, "space": space, "chains": chains, "warmup": warmup}
            values, draws, bad, enough = _sampled(truth, data, posterior, kept, int(rng.integers(2**63)), chosen)
            diverged += bad
        short += not enough
        for name, value in values.items():
            rows = draws[name].reshape(-1, *np.shape(value))
            if len(rows) < kept:
                raise ShapeError(f"posterior: expected at least {kept} draws of {name}, got {len(rows)}", fields={"argument": "posterior"})
            rows = rows[np.linspace(0, len(rows) - 1, kept).round().astype(int)]
            below, equal = (rows < value).sum(axis=0), (rows == value).sum(axis=0)
            all_ranks.setdefault(name, []).append(below + rng.integers(0, equal + 1))
    found = {name: np.stack(rows).astype(np.int64) for name, rows in all_ranks.items()}
    chi = {name: _each(r, lambda x: _chi_square(x, kept)) for name, r in found.items()}
    tests = _ecdf_test(repeats, kept)
    return Calibration(found, kept, chi, {name: _each(r, tests) for name, r in found.items()}, diverged, short)


def _each(ranks: np.ndarray, test: Callable[[np.ndarray], float]) -> np.ndarray:
    flat = ranks.reshape(len(ranks), -1)
    return np.array([test(flat[:, k]) for k in range(flat.shape[1])]).reshape(ranks.shape[1:])


def _given(truth: Any, draws: Any) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    values = {str(k): np.asarray(v, float) for k, v in (truth.items() if isinstance(truth, Mapping) else [("x", truth)])}
    if not isinstance(draws, Mapping):
        draws = {"x": draws}
    missing = [k for k in values if k not in draws]
    if missing:
        raise SpecError(f"posterior: expected draws of {', '.join(values)}; {', '.join(missing)} is missing", fields={"argument": "posterior"})
    lead = 2 if isinstance(draws, Run) else 1
    out = {k: np.asarray(draws[k], float) for k in values}
    for k, a in out.items():
        if a.shape[lead:] != values[k].shape:
            raise ShapeError(f"posterior: expected draws of {k} of shape (n, *{values[k].shape}), got {a.shape}", fields={"argument": "posterior"})
    return values, out if lead == 2 else {k: a[None] for k, a in out.items()}


def _sampled(truth: Any, data: Any, posterior: Callable[..., Any], kept: int, seed: int, chosen: dict[str, Any]) -> tuple[Any, Any, int, bool]:
    """True values and draws by name, divergences, and whether the draws are many enough."""
    from ergodica import verbs
    from ergodica.expr import trees
    from ergodica.sampling.density import Layout
    from ergodica.sampling.logdensity import LogDensity

    f = LogDensity(lambda x: posterior(x, data))
    f.__name__ = getattr(posterior, "__name__", "posterior")
    layout, leaves = Layout(chosen["space"]), trees.flatten(truth)[1]
    if len(leaves) != len(layout.spaces) or any(np.shape(v) != s.shape for v, s in zip(leaves, layout.spaces, strict=False)):
        raise ShapeError(f"prior: expected {', '.join(f'{n}: {s.shape}' for n, s in zip(layout.names, layout.spaces, strict=True))}; got "
                         f"{[np.shape(v) for v in leaves]}", fields={"argument": "prior"})  # fmt: skip
    values = {n: np.asarray(v, float) for n, v in zip(layout.names, leaves, strict=True)}
    values["log density"] = np.asarray(posterior(truth, data), float)
    for n, v in values.items():
        if not np.isfinite(v).all():
            raise NonFiniteError(f"prior, posterior: expected finite numbers where the data come from, got {n} = {v}", fields={"argument": "prior"})
    draws, bad, pieces = -(-2 * kept // chosen["chains"]), 0, []
    start: Any = "random"
    for k in range(DOUBLINGS + 1):
        run = verbs.sample(f, draws=draws, start=start, seed=(seed + k) % 2**63, progress=False, **chosen)
        bad += int(np.sum(run.info.get("divergences", 0)))
        pieces.append({**{n: run[n] for n in layout.names}, "log density": -run["energy"]})
        joined = {n: np.concatenate([p[n] for p in pieces], axis=1) for n in values}
        if _enough(joined, kept):
            return values, joined, bad, True
        start, draws = run, 2 * draws
    return values, joined, bad, False


def _enough(draws: dict[str, np.ndarray], kept: int) -> bool:
    """Whether every number has effective draws for the ranks; those that never change have."""
    rows = [np.moveaxis(a.reshape(*a.shape[:2], -1), -1, 0) for a in draws.values()]
    size = core("EffectiveSampleSize", np.ascontiguousarray(np.concatenate(rows)))["ess_bulk"]
    return bool(np.nanmin(np.append(size, np.inf)) >= INDEPENDENT * kept)


def _chi_square(ranks: np.ndarray, kept: int) -> float:
    from scipy.special import gammaincc

    most = max(2, min(20, len(ranks) // 5))
    bins = max((b for b in range(2, most + 1) if (kept + 1) % b == 0), default=0)
    if not bins:  # a prime number of ranks: bins of nearly equal width
        bins = most
    edges = np.linspace(0, kept + 1, bins + 1).round()
    expected = np.diff(edges) / (kept + 1) * len(ranks)
    counts = np.histogram(ranks, edges - 0.5)[0]
    return float(gammaincc((bins - 1) / 2, np.sum((counts - expected) ** 2 / expected) / 2))


def _pointwise(repeats: int, kept: int) -> tuple[np.ndarray, np.ndarray]:
    """Points t in (0, 1), and p-values (points, counts 0..repeats) of that many ranks below t (kept + 1)."""
    from scipy.stats import binom

    at = np.unique(np.linspace(0, kept + 1, min(POINTS, kept) + 2).round()[1:-1]) / (kept + 1)
    counts = np.arange(repeats + 1)
    low = binom.cdf(counts, repeats, at[:, None])
    high = binom.sf(counts - 1, repeats, at[:, None])
    return at, np.minimum(2 * np.minimum(low, high), 1.0)


def _coverage(inside: np.ndarray, at: np.ndarray) -> float:
    """Probability that the counts of uniform ranks are ``inside`` (points, counts) at all points: from point to point they grow by a binomial number
    of the ranks that are left."""
    from scipy.stats import binom

    n = inside.shape[1] - 1
    counts, weight, last = np.array([0]), np.array([1.0]), 0.0
    for t, allowed in zip(at, inside, strict=True):
        new = np.flatnonzero(allowed)
        if not new.size:
            return 0.0
        weight = binom.pmf(new[:, None] - counts, n - counts, (t - last) / (1 - last)) @ weight
        counts, last = new, t
    return float(weight.sum())


def _ecdf_test(repeats: int, kept: int) -> Callable[[np.ndarray], float]:
    at, p = _pointwise(repeats, kept)

    def test(ranks: np.ndarray) -> float:
        counts = (ranks[:, None] < at * (kept + 1) - 0.5).sum(axis=0)
        least = p[np.arange(len(at)), counts].min()
        return min(max(1 - _coverage(p > least * (1 + 1e-9), at), 0.0), 1.0)

    return test

"""Precision of what draws tell, and where trajectories of Hamiltonian samplers diverge."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica.errors import ShapeError, SpecError
from ergodica.ragged import Ragged
from ergodica.stats.series import as_series, core, probability, scalar

if TYPE_CHECKING:
    from ergodica.run import Run

WIDEST = 1024  # components of a quantity that are searched for the place of divergences


def mcse(x: Any, kind: str = "mean", q: float = 0.5) -> Any:
    r"""Monte Carlo standard error of a mean, a standard deviation or a quantile, all chains together.

    With the effective sample size :math:`N_{eff}` of the values, of :math:`(x - \bar x)^2`, or of the indicators of x <= quantile,

    .. math:: \mathrm{se}(\bar x) = \frac{s}{\sqrt{N_{eff}}}, \qquad
              \mathrm{se}(s)^2 = \frac{\overline{(x - \bar x)^4} - s_0^4}{4 s_0^2 N_{eff}}, \qquad s_0^2 = \overline{(x - \bar x)^2},

    and for a quantile half the distance of the order statistics at the central 68 % of the beta distribution of q. They are those of ArviZ.

    Parameters
    ----------
    x : array (..., chains, draws)
    kind : {"mean", "sd", "median", "quantile"}
    q : float, default 0.5
        Probability of the quantile.

    Returns
    -------
    float or array (...), float64
        NaN where a chain has fewer than 4 draws or all values are the same.

    References
    ----------
    A. Vehtari, A. Gelman, D. Simpson, B. Carpenter, P.-C. Buerkner, Bayesian Analysis 16, 667 (2021).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> x = np.random.default_rng(1).normal(size=(4, 2500))
    >>> [bool(0.005 < erg.stats.mcse(x, kind) < 0.02) for kind in ("mean", "sd", "median")]
    [True, True, True]
    """
    if kind not in ("mean", "sd", "median", "quantile"):
        raise SpecError(f"mcse: expected kind 'mean', 'sd', 'median' or 'quantile', got {kind!r}", fields={"argument": "kind"})
    a, lead = as_series(x)
    if kind == "mean":
        return scalar((a.std(axis=(-2, -1), ddof=1) / np.sqrt(core("EffectiveSampleSize", a)["ess_mean"])).reshape(lead))
    if kind == "sd":
        square = (a - a.mean(axis=(-2, -1), keepdims=True)) ** 2
        variance = square.mean(axis=(-2, -1))
        with np.errstate(invalid="ignore", divide="ignore"):
            spread = ((square**2).mean(axis=(-2, -1)) - variance**2) / core("EffectiveSampleSize", a)["ess_square"]
            return scalar(np.sqrt(spread / variance / 4).reshape(lead))
    return scalar(_mcse_quantile(a, 0.5 if kind == "median" else probability(q)).reshape(lead))


def _mcse_quantile(a: np.ndarray, q: float) -> np.ndarray:
    from scipy.special import betaincinv

    size = core("EffectiveSampleSize", a, quantiles=[q])["ess_quantile"][:, 0]
    order = np.sort(a.reshape(len(a), -1), axis=-1)
    n = order.shape[-1]
    out = np.full(len(a), np.nan)
    known = np.isfinite(size)
    e = size[known]
    low = betaincinv(e * q + 1, e * (1 - q) + 1, 0.1586553) * n - 1
    high = betaincinv(e * q + 1, e * (1 - q) + 1, 0.8413447) * n - 1
    rows = np.flatnonzero(known)
    top = order[rows, np.ceil(np.minimum(high, n - 1)).astype(int)]
    out[known] = (top - order[rows, np.floor(np.maximum(low, 0)).astype(int)]) / 2
    return out


def bfmi(energy: Any) -> Any:
    r"""Bayesian fraction of missing information of each chain: how freely momenta that are drawn anew move the energy.

    .. math:: \sum_n (E_n - E_{n-1})^2 / (N - 1) \big/ \mathrm{Var}(E)

    Below 0.3 the energy diffuses so slowly that tails may be missed.

    Parameters
    ----------
    energy : array (draws,) or (..., chains, draws)
        The Hamiltonian at each transition, ``run["hamiltonian"]``.

    Returns
    -------
    float or array (..., chains), float64

    References
    ----------
    M. Betancourt, arXiv:1604.00695.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> bool(abs(erg.stats.bfmi(np.random.default_rng(1).normal(size=10000)) - 2) < 0.1)  # independent energies
    True
    """
    a, lead = as_series(energy, "energy")
    if a.shape[-1] < 2:
        raise ShapeError(f"bfmi: expected at least 2 draws a chain, got shape {np.shape(energy)}", fields={"argument": "energy"})
    with np.errstate(invalid="ignore", divide="ignore"):
        fraction = np.square(np.diff(a, axis=-1)).mean(axis=-1) / a.var(axis=-1, ddof=1)
    return scalar(fraction.reshape(() if np.ndim(energy) == 1 else (*lead, a.shape[-2])))


@dataclass(frozen=True)
class Place:
    """Where divergent draws stand among the others in one number: ``below`` is the probability that one of them has the smaller value, ``sigma`` how
    many standard errors that is from 1/2 (for the distance from the median where ``folded``)."""

    name: str
    below: float
    sigma: float
    folded: bool
    bound: float
    share: float
    others: float

    def __str__(self) -> str:
        what = f"|{self.name} - median|" if self.folded else self.name
        side = "below" if self.below > 0.5 else "above"
        return f"{self.share:.0%} of them have {what} {side} {self.bound:.3g}, as have {self.others:.0%} of the other draws"


@dataclass(frozen=True)
class Divergences:
    """The draws at whose transitions a trajectory diverged, from :meth:`ergodica.Run.divergences`.

    Attributes
    ----------
    at : array (n, 2), or (n, 3) for a scan of kT
        Their indices: (kT,) chain, draw.
    values : dict of array (n, ...)
        The quantities of the run at these draws.
    draws : int
        Draws of the run.
    places : list
        Numbers in which these draws stand apart from the others, the clearest first: name, bound and shares.

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> funnel = lambda p: p["v"] ** 2 / 18 + 4.5 * p["v"] + np.sum(p["x"] ** 2) * np.exp(-p["v"]) / 2
    >>> run = erg.sample(funnel, space={"v": erg.Real(), "x": erg.Real(9)}, draws=500, seed=1, progress=False)
    >>> found = run.divergences()
    >>> len(found) == int(run["diverging"].sum()) and found.values["x"].shape == (len(found), 9)
    True
    """

    at: np.ndarray
    values: dict[str, np.ndarray]
    draws: int
    places: list[Place] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.at)

    def __repr__(self) -> str:
        if not len(self):
            return f"no divergences in {self.draws} draws"
        head = f"{len(self)} of {self.draws} draws diverged ({len(self) / self.draws:.2g} of all)"
        return "\n".join([head, *(f"  {p}" for p in self.places[:5])])


def divergences(run: Run) -> Divergences:
    """What :meth:`Run.divergences` gives."""
    if "diverging" not in run:
        raise SpecError("divergences: this run has no trajectories that could diverge", "Try erg.NUTS() or erg.HMC().")
    flag = np.asarray(run["diverging"]) > 0
    lead = len(run.lead)
    dense = {n: run[n] for n in run if not isinstance(run[n], Ragged) and run.dims[n][:lead] == run.lead}
    found = Divergences(np.argwhere(flag), {n: a[flag] for n, a in dense.items()}, flag.size)
    if 0 < flag.sum() < flag.size:
        places = []
        for name, a in dense.items():
            rows = np.asarray(a[flag], np.float64).reshape(int(flag.sum()), -1)
            rest = np.asarray(a[~flag], np.float64).reshape(int((~flag).sum()), -1)
            if rows.shape[-1] <= WIDEST and name not in ("diverging", "energy"):
                places += [_place(name, k, a.shape[lead:], rows[:, k], rest[:, k]) for k in range(rows.shape[-1])]
        found.places.extend(sorted((p for p in places if p is not None and p.sigma > 4), key=lambda p: 0.1 * p.folded - abs(p.below - 0.5)))
    return found


def _place(name: str, k: int, shape: tuple[int, ...], rows: np.ndarray, rest: np.ndarray) -> Place | None:
    if not (np.isfinite(rows).all() and np.isfinite(rest).all()):
        return None
    label = f"{name}[{', '.join(str(int(i)) for i in np.unravel_index(k, shape))}]" if shape else name
    median = np.median(np.concatenate([rows, rest]))
    plain, folded = _stand(label, rows, rest, False), _stand(label, abs(rows - median), abs(rest - median), True)
    return folded if abs(folded.below - 0.5) > abs(plain.below - 0.5) + 0.1 else plain


def _stand(label: str, rows: np.ndarray, rest: np.ndarray, folded: bool) -> Place:
    """Mann and Whitney's statistic, and the bound that parts the divergent draws best from the others, with at least half of them on its side."""
    rows, order = np.sort(rows), np.sort(rest)
    left, right = np.searchsorted(order, rows, "left") / len(rest), np.searchsorted(order, rows, "right") / len(rest)
    below = 1 - float(np.mean(left + right)) / 2
    spread = np.sqrt((len(rows) + len(rest) + 1) / (12.0 * len(rows) * len(rest)))
    share, others = np.arange(1, len(rows) + 1) / len(rows), right
    if below <= 0.5:
        share, others = share[::-1], 1 - left
    at = int(np.argmax(np.where(share >= 0.5, share - others, -1.0)))
    return Place(label, below, float(abs(below - 0.5) / spread), folded, float(rows[at]), float(share[at]), float(others[at]))

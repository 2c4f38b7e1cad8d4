"""Free energies of states from draws of several of them, and means in states that were not drawn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ergodica._arrays import as_array
from ergodica._base import integer, real
from ergodica._estimate import Estimate
from ergodica.errors import ConvergenceError, NonFiniteError, ShapeError, SpecError
from ergodica.run import Run
from ergodica.stats.series import core, scalar

LEAST_OVERLAP = 1e-9  # of 1 - the second eigenvalue of the overlap matrix, below which states fall apart


@dataclass(frozen=True)
class MBAR:
    r"""Free energies of K states, from :func:`mbar`.

    Attributes
    ----------
    f : array (K,)
        Reduced free energies :math:`f_k = -\log Z_k`, those of the first state 0.
    se : array (K,)
        Standard errors of ``f``, that is of the differences from the first state.
    overlap : array (K, K)
        Probability that a draw of state i has been drawn from state j, :math:`N_j \sum_n W_{ni} W_{nj}`. States whose blocks do not touch have no
        common free energy.
    u, counts
        What it was made of.
    """

    f: np.ndarray
    se: np.ndarray = field(repr=False)
    overlap: np.ndarray = field(repr=False)
    u: np.ndarray = field(repr=False)
    counts: np.ndarray
    log_denominator: np.ndarray = field(repr=False)
    gram: np.ndarray = field(repr=False)
    chains: int = field(default=1, repr=False)
    errors: str = "autocorrelated"

    def difference(self, i: int, j: int) -> Estimate:
        """f_j - f_i with its error."""
        a = np.zeros((1, len(self.f)))
        a[0, integer(j, "j", 0, len(self.f) - 1)] += 1
        a[0, integer(i, "i", 0, len(self.f) - 1)] -= 1
        return Estimate(float(a[0] @ self.f), float(self._of_states(a)[0]))

    def differences(self) -> Estimate:
        """f_j - f_i of all pairs, arrays (K, K) of values and errors."""
        K = len(self.f)
        i, j = np.triu_indices(K, 1)
        a = np.zeros((len(i), K))
        a[np.arange(len(i)), j], a[np.arange(len(i)), i] = 1, -1
        se = np.zeros((K, K))
        se[i, j] = se[j, i] = self._of_states(a)
        return Estimate(self.f[None, :] - self.f[:, None], se)

    def free_energy(self, u: Any) -> Estimate:
        """f of another state, of reduced energies ``u`` (N,) of all draws, relative to the first state."""
        w, f = self._weights(u)
        first = np.exp(self.f[0] - self.u[0] - self.log_denominator)
        return Estimate(f, float(self._se((w - first)[None])[0]))

    def log_weights(self, u: Any) -> np.ndarray:
        """Logarithms of the normalised weights (N,) of all draws in the state of reduced energies ``u`` (N,)."""
        w = -self._energies(u) - self.log_denominator
        return w - np.logaddexp.reduce(w)

    def expectation(self, a: Any, u: Any = 0) -> Estimate:
        r"""Mean of a quantity in a state: :math:`\sum_n w_n a_n`, with an error that allows for the common free energies.

        Parameters
        ----------
        a : array (N,) or (M, N)
            The quantity, or several, of every draw.
        u : int or array (N,), default 0
            One of the states, or the reduced energies of all draws in another.

        Returns
        -------
        Estimate
            Numbers, or arrays (M,).
        """
        x = as_array(a, "a")
        if x.ndim not in (1, 2) or x.shape[-1] != self.u.shape[1]:
            raise ShapeError(f"a: expected shape ({self.u.shape[1]},) or (M, {self.u.shape[1]}), got {x.shape}", fields={"argument": "a"})
        x = np.asarray(x, np.float64)
        w = self._weights(u)[0]
        mean = (x * w).sum(axis=-1)
        se = self._se(w * (np.atleast_2d(x) - np.atleast_1d(mean)[:, None]))
        return Estimate(scalar(mean), scalar(se if x.ndim == 2 else se[0]))

    def effective(self, u: Any = 0) -> float:
        """Draws that the weights of a state leave, 1 / sum w^2."""
        w = self._weights(u)[0]
        return float(1 / np.sum(w * w))

    def _energies(self, u: Any) -> np.ndarray:
        if np.ndim(u) == 0:
            return self.u[integer(u, "u", 0, len(self.u) - 1)]
        v = np.asarray(as_array(u, "u"), np.float64)
        if v.shape != self.u.shape[1:]:
            raise ShapeError(f"u: expected a state, or reduced energies of shape {self.u.shape[1:]}, got {v.shape}", fields={"argument": "u"})
        if np.isnan(v).any() or (v == -np.inf).any():
            raise NonFiniteError("u: expected finite reduced energies, or +inf", fields={"argument": "u"})
        return v

    def _weights(self, u: Any) -> tuple[np.ndarray, float]:
        w = -self._energies(u) - self.log_denominator
        f = -float(np.logaddexp.reduce(w))
        return np.exp(w + f), f

    def _of_states(self, a: np.ndarray) -> np.ndarray:
        """Errors of combinations (M, K) of free energies."""
        if self.errors == "independent":
            theta = self.gram + self.gram @ self._middle() @ self.gram
            return np.sqrt(np.maximum(np.einsum("mk,kl,ml->m", a, theta, a), 0))
        return self._from_series(self._influence(a + a @ self.gram @ self._middle()))

    def _middle(self) -> np.ndarray:
        """N^(1/2) M N^(1/2) of (1 - B B^T)^+ = 1 + B M B^T, B = W N^(1/2): M = sum v v^T / (1 - s) over the eigenvectors of B^T B with s < 1, and
        -v v^T for s = 1, the constant."""
        root = np.sqrt(self.counts)
        s, v = np.linalg.eigh(root[:, None] * self.gram * root)
        factor = np.where(1 - s > 1e-12, 1 / np.maximum(1 - s, 1e-300), -1.0)
        factor[-1] = -1.0
        return root[:, None] * ((v * factor) @ v.T) * root

    def _influence(self, a: np.ndarray) -> np.ndarray:
        return core("MBARCombinations", self.u, self.log_denominator, self.f, np.ascontiguousarray(a))["combinations"]

    def _se(self, c: np.ndarray) -> np.ndarray:
        """Errors of sums over the columns c (M, N), each a derivative of an estimate by the weights."""
        c = np.ascontiguousarray(c)
        products = core("MBARProducts", self.u, self.log_denominator, self.f, c)["products"]
        if self.errors == "independent":
            variance = np.sum(c * c, axis=1) + np.einsum("mk,kl,ml->m", products, self._middle(), products)
            return np.sqrt(np.maximum(variance, 0))
        return self._from_series(c + self._influence(products @ self._middle()))

    def _from_series(self, influence: np.ndarray) -> np.ndarray:
        """Every draw moves an estimate by its influence: the variance is the sum over states of N_k^2 times that of the mean of the influence there,
        which knows correlations."""
        variance, at = np.zeros(len(influence)), 0
        for n in self.counts.astype(int):
            part = influence[:, at : at + n]
            at += n
            if n == 0:
                continue
            found = core("IntegratedTime", np.ascontiguousarray(part.reshape(len(part), self.chains, -1)))
            plain = part.std(axis=1) / np.sqrt(max(n - 1, 1))
            se = np.where(np.isfinite(found["se"]), found["se"], plain)
            variance += (n * se) ** 2
        return np.sqrt(variance)


def mbar(u: Any, counts: Any, chains: int = 1, errors: str = "autocorrelated", tolerance: float = 1e-12) -> MBAR:
    r"""Free energies by multistate reweighting (MBAR), from draws of several states at once.

    With the reduced energies :math:`u_k(x_n)` of all N draws in all K states, whichever they come from,

    .. math:: e^{-f_k} = \sum_n \frac{e^{-u_k(x_n)}}{\sum_l N_l e^{f_l - u_l(x_n)}}, \qquad f_0 = 0.

    It is the estimate of least variance that uses all draws; for binned energies it is multi-histogram reweighting (WHAM). Newton's steps with
    self-consistent iteration where they fail.

    Parameters
    ----------
    u : array (K, N)
        Reduced energies, E / kT with whatever belongs to a state; +inf where a state forbids a draw. Draws stand in the order of their states, those
        of a state in the order of their chains and of time.
    counts : array (K,)
        Draws of each state, with the sum N; 0 for states that are only asked for.
    chains : int, default 1
        Chains of equal length that the draws of each state come from.
    errors : {"autocorrelated", "independent"}
        With the autocorrelation time of each estimate in each state, or the asymptotic covariance of independent draws.
    tolerance : float, default 1e-12
        Of the free energies.

    Returns
    -------
    MBAR
        ``f``, ``se``; :meth:`MBAR.differences`, :meth:`MBAR.expectation` and :meth:`MBAR.free_energy` of other states.

    Raises
    ------
    SpecError
        States do not overlap: their free energies have no common zero.
    ConvergenceError

    References
    ----------
    M. R. Shirts, J. D. Chodera, J. Chem. Phys. 129, 124105 (2008); A. M. Ferrenberg, R. H. Swendsen, Phys. Rev. Lett. 63, 1195 (1989).

    Examples
    --------
    Harmonic oscillators u = k x^2 / 2 have f = log(k) / 2:

    >>> import numpy as np
    >>> import ergodica as erg
    >>> k = np.array([1.0, 2.0, 4.0])
    >>> x = np.concatenate([np.random.default_rng(1).normal(size=2000) / np.sqrt(a) for a in k])
    >>> found = erg.stats.mbar(k[:, None] * x**2 / 2, [2000, 2000, 2000])
    >>> bool((abs(found.f - np.log(k) / 2) <= 5 * found.se).all())
    True
    """
    a = as_array(u, "u")
    n = np.asarray(as_array(counts, "counts"))
    if a.dtype.kind not in "fiu" or a.ndim != 2 or n.shape != a.shape[:1] or n.dtype.kind not in "iu" or (n < 0).any() or n.sum() != a.shape[1]:
        raise ShapeError(f"mbar: expected u of shape (states, draws) and as many draws in counts, got {a.dtype} of shape {a.shape} and counts "
                         f"{n.tolist()}", fields={"argument": "u"})  # fmt: skip
    a, n, chains = np.ascontiguousarray(a, np.float64), n.astype(np.int64), integer(chains, "chains", 1)
    if errors not in ("autocorrelated", "independent"):
        raise SpecError(f"errors: expected 'autocorrelated' or 'independent', got {errors!r}", fields={"argument": "errors"})
    if (n % chains).any():
        raise ShapeError(f"chains: expected counts that are multiples of {chains}, got {n.tolist()}", fields={"argument": "chains"})
    own = a[np.repeat(np.arange(len(n)), n), np.arange(a.shape[1])]
    if np.isnan(a).any() or (a == -np.inf).any() or not np.isfinite(own).all():
        raise NonFiniteError("u: expected finite reduced energies, or +inf in states that a draw is not from", fields={"argument": "u"})
    found = core("MBAR", a, n, tolerance=real(tolerance, "tolerance"))
    overlap = found["gram"] * n
    apart = np.sort(np.linalg.eigvals(overlap[np.ix_(n > 0, n > 0)]).real)[::-1]
    if len(apart) > 1 and 1 - apart[1] < LEAST_OVERLAP:
        raise SpecError("mbar: the states fall apart into groups that share no draws, whose free energies cannot be compared",
                        "Draw from states between them.")  # fmt: skip
    if not found["residual"][0] < max(tolerance, 1e-9):
        raise ConvergenceError(f"mbar: the equations are off by {found['residual'][0]:.2g} after {found['iterations'][0]} iterations")
    bare = MBAR(found["f"], np.zeros(len(n)), overlap, a, n, found["log_denominator"], found["gram"], chains, errors)
    se = bare._of_states(np.eye(len(n)) - np.eye(len(n))[0])
    return MBAR(bare.f, se, overlap, a, n, bare.log_denominator, bare.gram, chains, errors)


@dataclass(frozen=True)
class MultiHistogram:
    """Draws at several temperatures, joined by :func:`multi_histogram`."""

    states: MBAR
    energy: np.ndarray = field(repr=False)
    kT: np.ndarray

    def mean(self, a: Any, kT: Any) -> Estimate:
        """Mean of a quantity at other temperatures; ``a`` has the shape of the energies, values and errors that of ``kT``."""
        x = np.asarray(a, np.float64).reshape(-1)
        if x.size != self.energy.size:
            raise ShapeError(f"a: expected {self.energy.size} values, of the draws of the energies, got shape {np.shape(a)}",
                             fields={"argument": "a"})  # fmt: skip
        found = [self.states.expectation(x, self.energy / t) for t in _temperatures(kT)]
        shape = np.shape(kT)
        return Estimate(scalar(np.reshape([e.value for e in found], shape)), scalar(np.reshape([e.se for e in found], shape)))

    def log_z(self, kT: Any) -> Estimate:
        """log Z(kT) - log Z of the first temperature, with errors."""
        found = [self.states.free_energy(self.energy / t) for t in _temperatures(kT)]
        shape = np.shape(kT)
        return Estimate(scalar(np.reshape([-e.value for e in found], shape)), scalar(np.reshape([e.se for e in found], shape)))


def _temperatures(kT: Any) -> np.ndarray:
    t = np.asarray(as_array(kT, "kT"), np.float64).reshape(-1)
    if not (t.size and np.isfinite(t).all() and (t > 0).all()):
        raise SpecError(f"kT: expected temperatures above 0, got {t.tolist()}", fields={"argument": "kT"})
    return t


def multi_histogram(energy: Any, kT: Any = None, errors: str = "autocorrelated") -> MultiHistogram:
    """Draws at several temperatures as one: free energies between them, and means at any temperature in their range.

    Parameters
    ----------
    energy : Run, or array (K, draws) or (K, chains, draws)
        Energies at K temperatures; of a run over a sequence of kT, its own.
    kT : array (K,)
    errors : {"autocorrelated", "independent"}

    Returns
    -------
    MultiHistogram
        ``mean(a, kT)``, ``log_z(kT)`` and ``states``, the :class:`MBAR` behind them (no bins are made).

    References
    ----------
    A. M. Ferrenberg, R. H. Swendsen, Phys. Rev. Lett. 63, 1195 (1989).

    Examples
    --------
    >>> import ergodica as erg
    >>> magnet = erg.lattice.Ising((6, 6))
    >>> run = erg.sample(magnet, erg.Wolff(), kT=[2.0, 2.3, 2.6], sweeps=1000, seed=1, progress=False)
    >>> found = erg.stats.multi_histogram(run).mean(run["energy"], 2.45)
    >>> bool(abs(found.value - erg.solve(magnet, kT=2.45)["energy"]) < 5 * found.se)
    True
    """
    if isinstance(energy, Run):
        if "kT" not in energy.coords or "energy" not in energy:
            raise SpecError("multi_histogram: expected a run over a sequence of kT with the series 'energy'", "Try kT=[1.0, 1.2, 1.5].")
        kT, energy = energy.coords["kT"], energy["energy"]
    e, t = np.asarray(as_array(energy, "energy"), np.float64), _temperatures(kT)
    if e.ndim not in (2, 3) or len(e) != len(t):
        raise ShapeError(f"energy: expected shape ({len(t)}, draws) or ({len(t)}, chains, draws), got {e.shape}", fields={"argument": "energy"})
    flat = e.reshape(-1)
    counts = np.full(len(t), flat.size // len(t))
    return MultiHistogram(mbar(flat / t[:, None], counts, e.shape[1] if e.ndim == 3 else 1, errors), flat, t)

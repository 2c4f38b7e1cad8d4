"""Free energies from work."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica._base import real
from ergodica._estimate import Estimate
from ergodica.errors import ShapeError, SpecError
from ergodica.stats.series import as_series


def _works(work: Any, kT: Any, name: str) -> tuple[np.ndarray, float]:
    kT = real(kT, "kT")
    if kT <= 0:
        raise SpecError(f"kT: expected a number above 0, got {kT}", fields={"argument": "kT"})
    w = as_series(work, name)[0].ravel() / kT
    if len(w) < 2:
        raise ShapeError(f"{name}: expected at least two independent values of work, got {len(w)}", fields={"argument": name})
    return w, kT


def jarzynski(work: Any, kT: float = 1.0) -> Estimate:
    r"""Free energy difference from work done at any speed, of processes that start from equilibrium:

    .. math:: \Delta F = -kT \ln \frac1n \sum_i e^{-W_i/kT}.

    The standard error is that of the mean of the exponentials to first order. The mean is ruled by rare small work: where the spread of W exceeds a
    few kT the estimate is too high by more than its error says; work of the reversed process, :func:`bar`, cures that.

    Parameters
    ----------
    work : array of any shape
        Independent values: ``run["work"][:, -1]`` of a run of :class:`ergodica.Driven`. ``reduced_work`` has kT = 1.
    kT : float, default 1.0

    Returns
    -------
    Estimate
        Delta F in the unit of kT.

    Raises
    ------
    SpecError, ShapeError, NonFiniteError
        kT is not above 0; fewer than two values; values that are not finite.

    References
    ----------
    C. Jarzynski, Phys. Rev. Lett. 78, 2690 (1997).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> work = np.random.default_rng(1).normal(1.0, 1.0, 100_000)  # dF = mean - variance/2
    >>> print(erg.stats.jarzynski(work))
    0.5005(41)
    """
    w, kT = _works(work, kT, "work")
    e = np.exp(w.min() - w)
    return Estimate(kT * (w.min() - np.log(e.mean())), kT * e.std(ddof=1) / (e.mean() * np.sqrt(len(e))))


def bar(forward: Any, reverse: Any, kT: float = 1.0) -> Estimate:
    r"""Free energy difference from work in both directions (Bennett's acceptance ratio), which uses all of it in the best way: the root of

    .. math:: \sum_F \frac{1}{1 + e^{M + (W - \Delta F)/kT}} = \sum_R \frac{1}{1 + e^{-M + (W + \Delta F)/kT}}, \qquad M = \ln\frac{n_F}{n_R},

    where Crooks' relation makes both processes speak of one Delta F. The standard error is Bennett's.

    Parameters
    ----------
    forward, reverse : arrays of any shape
        Independent values of the work of a process, and of the reversed one, each from its own equilibrium.
    kT : float, default 1.0

    Returns
    -------
    Estimate
        Delta F of the forward process in the unit of kT.

    Raises
    ------
    SpecError, ShapeError, NonFiniteError
        As for :func:`jarzynski`.

    References
    ----------
    C. H. Bennett, J. Comput. Phys. 22, 245 (1976). G. E. Crooks, Phys. Rev. E 61, 2361 (2000).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> random = np.random.default_rng(1)
    >>> print(erg.stats.bar(random.normal(8.5, 4.0, 20_000), random.normal(7.5, 4.0, 20_000)))  # dF = 8.5 - 4^2/2
    0.470(37)
    """
    (f, kT), (r, _) = _works(forward, kT, "forward"), _works(reverse, kT, "reverse")
    M = np.log(len(f) / len(r))
    fermi = lambda x: 0.5 * (1 - np.tanh(0.5 * x))
    low, high = min(f.min(), -r.max()) - abs(M) - 1, max(f.max(), -r.min()) + abs(M) + 1
    while high - low > 1e-13 * max(1.0, abs(low), abs(high)):
        middle = 0.5 * (low + high)
        if middle in (low, high):
            break
        if fermi(M + f - middle).sum() < fermi(-M + r + middle).sum():
            low = middle
        else:
            high = middle
    d = 0.5 * (low + high)
    spread = [(np.mean(x**2) / np.mean(x) ** 2 - 1) / len(x) for x in (fermi(M + f - d), fermi(-M + r + d))]
    return Estimate(kT * d, kT * np.sqrt(sum(spread)))

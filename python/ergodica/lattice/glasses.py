"""Spins that all meet, with random couplings."""

from __future__ import annotations

from math import comb, factorial, sqrt
from typing import Any

import numpy as np

from ergodica._base import integer, real
from ergodica._specs import PSpin
from ergodica.errors import SpecError


def _gaussian(name: str, N: int, p: int, J: float, J0: float, h: Any, seed: int, scale: float, mean: float) -> PSpin:
    N = integer(N, f"{name}.N", 2, 65536)
    J, J0 = real(J, f"{name}.J"), real(J0, f"{name}.J0")
    draws = np.random.Generator(np.random.Philox(integer(seed, f"{name}.seed", 0))).standard_normal(comb(N, p))
    return PSpin(N, p=p, J=J0 * mean + J * scale * draws, h=h, law=[abs(J), J0])


def SherringtonKirkpatrick(N: int, *, J: float = 1.0, J0: float = 0.0, h: Any = 0.0, seed: int) -> PSpin:
    r"""The glass in which every pair meets, E = - sum_(i<j) J_ij s_i s_j - sum_i h_i s_i, with J_ij normal of mean J0/N and variance J^2/N.

    At h = 0 and J0 < J it is a paramagnet above kT = J, with E/N = -J^2/(2 kT) as N grows, and a glass with overlaps of all sizes below.

    Parameters
    ----------
    N : int
        Number of spins.
    J : float, default 1.0
        Scale of the couplings.
    J0 : float, default 0.0
        N times their mean: the ferromagnet's share.
    h : float, or array (N,), default 0.0
        Field.
    seed : int
        Names the disorder, whatever the seeds of runs.

    Returns
    -------
    PSpin
        With ``p`` = 2: its docstring has observables and methods.

    References
    ----------
    D. Sherrington, S. Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975).

    Examples
    --------
    >>> import ergodica as erg
    >>> glass = erg.lattice.SherringtonKirkpatrick(256, seed=1)
    >>> run = erg.sample(glass, kT=2.0, sweeps=400, warmup=100, seed=1)
    >>> bool(abs(run["energy"].mean() / 256 + 0.25) < 0.03)
    True
    """
    N = integer(N, "SherringtonKirkpatrick.N", 2, 65536)
    return _gaussian("SherringtonKirkpatrick", N, 2, J, J0, h, seed, 1 / sqrt(N), 1 / N)


def random_p_spin(N: int, p: int = 3, *, J: float = 1.0, h: Any = 0.0, seed: int) -> PSpin:
    r"""Derrida's glass with terms of p spins, for p = 3 E = - sum_(i<j<k) J_ijk s_i s_j s_k - sum_i h_i s_i.

    Couplings are normal with mean 0 and variance p! J^2 / (2 N^(p-1)). Above its transition (for p = 3 at kT = 0.651 J) E/N = -J^2/(2 kT) as N grows.

    Parameters
    ----------
    N : int
        Number of spins.
    p : int from 2 to 12, default 3
        Spins in a term; p = 2 is SherringtonKirkpatrick, p without limit the random energy model, whose transition is at kT = J / (2 sqrt(log 2)).
    J : float, default 1.0
        Scale of the couplings.
    h : float, or array (N,), default 0.0
        Field.
    seed : int
        Names the disorder, whatever the seeds of runs.

    Returns
    -------
    PSpin
        Its docstring has observables and methods.

    References
    ----------
    B. Derrida, Phys. Rev. B 24, 2613 (1981). E. Gardner, Nucl. Phys. B 257, 747 (1985).

    Examples
    --------
    >>> import ergodica as erg
    >>> glass = erg.lattice.random_p_spin(48, seed=1)
    >>> run = erg.sample(glass, kT=2.0, sweeps=400, warmup=100, seed=1)
    >>> bool(abs(run["energy"].mean() / 48 + 0.25) < 0.06)
    True
    """
    p = integer(p, "random_p_spin.p", 2)
    N = integer(N, "random_p_spin.N", p, 65536)
    if p > 12 or comb(N, p) > 1 << 30:
        raise SpecError(f"random_p_spin: expected p up to 12 and at most 2**30 groups, got {comb(N, p)} of {p}", fields={"argument": "p"})
    return _gaussian("random_p_spin", N, p, J, 0.0, h, seed, sqrt(factorial(p) / (2 * float(N) ** (p - 1))), 0.0)


__all__ = ["SherringtonKirkpatrick", "random_p_spin"]

"""Models of unit vectors by their names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ergodica._specs import ON

_ABOUT = """
    Parameters
    ----------
    lattice : side lengths, Graph or lattice
        Where the spins are.
    J : float, or array (bonds,), default 1.0
        Coupling; positive is ferromagnetic.
    h : float, array (n,), or array (sites, n), default 0.0
        Field: a number is along component 0.
    periodic : bool, or one for each axis, default True
        Boundary of a hypercubic lattice.

    Returns
    -------
    ON
        With ``n`` = {n}: its docstring has observables and methods.
"""


def XY(lattice: Any, J: Any = 1.0, h: Any = 0.0, periodic: bool | Sequence[bool] = True) -> ON:
    r"""Planar spins, the O(2) model: E = - sum_(i,j) J_ij cos(theta_i - theta_j) - sum_i h_i . s_i with s_i = (cos theta_i, sin theta_i).
    {about}
    Examples
    --------
    >>> import ergodica as erg
    >>> run = erg.sample(erg.lattice.XY((16, 16)), kT=0.7, sweeps=400, warmup=100, observe=["helicity", "vortices"], seed=1)
    >>> bool(0.5 < run["helicity"].mean() < 0.9), bool(run["vortices"].mean() < 0.02)
    (True, True)
    """
    return ON(lattice, n=2, J=J, h=h, periodic=periodic)


def Heisenberg(lattice: Any, J: Any = 1.0, h: Any = 0.0, periodic: bool | Sequence[bool] = True) -> ON:
    r"""Classical Heisenberg spins, the O(3) model: E = - sum_(i,j) J_ij s_i . s_j - sum_i h_i . s_i with \|s_i\| = 1, each bond counted once.
    {about}
    Examples
    --------
    >>> import ergodica as erg
    >>> run = erg.sample(erg.lattice.Heisenberg((6, 6, 6)), kT=1.2, sweeps=300, warmup=100, seed=1)
    >>> bool(0.4 < run["|magnetization|"].mean() < 0.7)
    True
    """
    return ON(lattice, n=3, J=J, h=h, periodic=periodic)


for _model, _n in ((XY, 2), (Heisenberg, 3)):
    _model.__doc__ = (_model.__doc__ or "").replace("    {about}\n", _ABOUT.format(n=_n) + "\n").replace("\\|", "|")

__all__ = ["XY", "Heisenberg"]

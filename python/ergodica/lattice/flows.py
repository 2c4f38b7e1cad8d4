"""Gradient flow of fields, and the scale that it sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ergodica import _door
from ergodica._arrays import as_array
from ergodica._base import System, real
from ergodica._encode import Request
from ergodica._estimate import Estimate
from ergodica._fit import lattice_shape
from ergodica._specs import ON, SU2, SU3, U1, Phi4, Villain
from ergodica.errors import ConvergenceError, ShapeError, SpecError
from ergodica.stats.series import asked, mean_se


@dataclass(frozen=True, eq=False)
class Flowed:
    """What :func:`gradient_flow` returns; ... are the leading axes of the configurations."""

    t: np.ndarray
    """Flow times, (times,)."""
    configurations: np.ndarray
    """(..., times, *configuration)."""
    energy: np.ndarray
    """E, (..., times)."""
    charge: np.ndarray | None
    """The topological charge, (..., times), or None where there is none."""
    steps: np.ndarray
    """Steps of the integrator, those that were taken back among them, (...)."""

    @property
    def t2E(self) -> np.ndarray:
        """t^2 E, (..., times)."""
        return self.t**2 * self.energy

    def scale(self, level: float = 0.3) -> Estimate:
        """The time t0 at which the mean of t^2 E first reaches a level, with its standard error.

        Parameters
        ----------
        level : float, default 0.3

        Returns
        -------
        Estimate
            Between the times that were looked at t^2 E is a straight line. The error is that of the mean of t^2 E there, of configurations
            (chains, draws) or (draws,) with their autocorrelation, over its slope; NaN of a single one.

        Raises
        ------
        ConvergenceError
            Where t^2 E stays below or above the level at all times.

        References
        ----------
        M. Luescher, JHEP 08, 071 (2010).
        """
        level = real(level, "scale.level")
        x = self.t2E.reshape(-1, len(self.t))
        mean = x.mean(axis=0)
        above = np.flatnonzero(mean >= level)
        if not len(above) or above[0] == 0:
            raise ConvergenceError(f"scale: expected <t^2 E> to pass {level:g}; it goes from {mean[0]:.4g} at t = {self.t[0]:g} to {mean[-1]:.4g} at "
                                   f"t = {self.t[-1]:g}", "Try other times.", {"argument": "level"})  # fmt: skip
        k = int(above[0])
        share = (level - mean[k - 1]) / (mean[k] - mean[k - 1])
        step = self.t[k] - self.t[k - 1]
        there = self.t2E[..., k - 1] + share * (self.t2E[..., k] - self.t2E[..., k - 1])
        if there.size < 2:
            return Estimate(float(self.t[k - 1] + share * step), float("nan"))
        se = mean_se(there if there.ndim in (1, 2) else there.reshape(-1)).se
        return Estimate(float(self.t[k - 1] + share * step), float(se * step / (mean[k] - mean[k - 1])))


def gradient_flow(system: System, configurations: Any, t: float | Sequence[float] | np.ndarray, *, step: float = 0.02,
                  tolerance: float | None = None) -> Flowed:  # fmt: skip
    r"""Let configurations follow the gradient of their action downhill.

    .. math:: \frac{dU}{dt} = -g^2 \frac{\partial S}{\partial U} U \quad\text{(links)}, \qquad \frac{dz}{dt} = -\frac{\partial S}{\partial z}
              \quad\text{(numbers, angles, unit vectors, these along the sphere)},

    which smooths them over a radius :math:`\sqrt{2 d t}` in d dimensions. Each configuration goes by itself, by Luescher's Runge-Kutta scheme of
    order 3, which stays in the group.

    Parameters
    ----------
    system : U1, SU2, SU3, Phi4, ON or Villain
        Links flow by Wilson's action with a coefficient that does not depend on beta; fields by S or E of the system, at kT = 1.
    configurations : array (..., *configuration)
        Such as ``run["configuration"]``; float64.
    t : float or sequence
        Flow times, at least 0 and not falling, in units of the lattice spacing squared.
    step : float, default 0.02
        Longest step; with a tolerance the first one.
    tolerance : float, optional
        Steps are chosen such that a result of order 2 beside that of order 3 differs in no number by more.

    Returns
    -------
    Flowed
        At each time ``configurations``; ``energy``, E: of links :math:`2 \sum_p \mathrm{Re\,tr}(1 - U_p) / N`, for U(1)
        :math:`\sum_p (1 - \cos P) / N`, which is :math:`\frac14 F_{\mu\nu} F_{\mu\nu}` in the continuum, of fields S/N or E/N; ``charge``, the
        system's topological charge (U(1) in two dimensions, SU(2) and SU(3) in four); ``t2E``; and ``scale(0.3)``, the time t0.

    Raises
    ------
    SpecError
        Another system, times that fall, a step or tolerance that is not above 0, configurations that are not in the group.
    ShapeError
        Configurations of another shape than the system's.
    NonFiniteError
        NaN or infinity in them.

    References
    ----------
    M. Luescher, JHEP 08, 071 (2010), doi:10.1007/JHEP08(2010)071. P. Fritzsch, A. Ramos, JHEP 10, 008 (2013), doi:10.1007/JHEP10(2013)008 for the
    result of order 2. C. Monahan, K. Orginos, Phys. Rev. D 91, 074513 (2015), doi:10.1103/PhysRevD.91.074513 for scalar fields.

    Examples
    --------
    >>> import ergodica as erg
    >>> theory = erg.lattice.SU2((4, 4, 4, 4), beta=2.4)
    >>> run = erg.sample(theory, sweeps=4, warmup=40, chains=2, seed=1, observe="configuration")
    >>> flowed = erg.lattice.gradient_flow(theory, run["configuration"], [0.0, 0.2, 0.4, 0.6])
    >>> flowed.energy.shape, flowed.charge.shape, bool((flowed.energy[..., 1:] < flowed.energy[..., :-1]).all())
    ((2, 4, 4), (2, 4, 4), True)
    """
    if not isinstance(system, (U1, SU2, SU3, Phi4, ON, Villain)):
        raise SpecError(f"gradient_flow: expected U1, SU2, SU3, Phi4, ON or Villain, got {system!r}", fields={"argument": "system"})
    times = np.atleast_1d(np.asarray(as_array(t, "gradient_flow.t"), float))
    if times.ndim != 1 or not len(times) or not np.isfinite(times).all():
        raise ShapeError(f"gradient_flow.t: expected a time or a sequence of finite ones, got {t!r}", fields={"argument": "t"})
    x = as_array(configurations, "gradient_flow.configurations")
    shape = lattice_shape(system)
    lead = x.shape[: x.ndim - len(shape)]
    if x.dtype.kind not in "fiu" or x.shape[x.ndim - len(shape) :] != shape or not x.size:
        raise ShapeError(f"gradient_flow.configurations: expected real numbers of shape (..., {', '.join(map(str, shape))}), got {x.dtype} of shape "
                         f"{x.shape}", fields={"argument": "configurations"})  # fmt: skip
    request = Request({"verb": "stats"})
    method = {"type": "GradientFlow", "system": request.encode(system, "system"), "times": times.tolist(), "step": real(step, "gradient_flow.step")}
    if tolerance is not None:
        method["tolerance"] = real(tolerance, "gradient_flow.tolerance")
        if not method["tolerance"] > 0:
            raise SpecError(f"gradient_flow.tolerance: expected a number above 0, got {tolerance!r}", fields={"argument": "tolerance"})
    request.arrays.append(np.ascontiguousarray(x, np.float64))
    request.names.append("configurations")
    request.spec |= {"method": method, "threads": _door.config.threads}
    found = asked(request)
    charge = found.get("charge")
    return Flowed(times, found["configurations"].reshape(*lead, len(times), *shape), found["energy"].reshape(*lead, len(times)),
                  None if charge is None else charge.reshape(*lead, len(times)), found["steps"].reshape(lead))  # fmt: skip


__all__ = ["Flowed", "gradient_flow"]

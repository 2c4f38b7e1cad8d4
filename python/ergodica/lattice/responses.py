"""How a system that ages answers to a small field."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from ergodica._base import Method, System, integer, real
from ergodica._encode import as_seed
from ergodica._estimate import Estimate
from ergodica._fit import lattice_shape
from ergodica._specs import Ising
from ergodica.errors import SpecError


class Response(NamedTuple):
    """At the times ``time`` after the waiting time: ``chi``, the integrated response, and ``C``, the correlation with the configuration then."""

    time: np.ndarray
    chi: Estimate
    C: Estimate


def response(system: System, method: Method | None = None, *, wait: float, time: float, every: float | None = None, kT: float = 1.0,
             field: float = 0.1, patterns: int = 16, chains: int = 8, start: Any = "random", seed: int | None = None,
             threads: int | None = None) -> Response:  # fmt: skip
    r"""Integrated response and correlation of Ising spins between a waiting time and later ones.

    .. math:: \chi(t, t_w) = \frac1N \sum_i \frac{\partial \langle s_i(t) \rangle}{\partial h_i}, \qquad
              C(t, t_w) = \frac1N \sum_i \langle s_i(t) s_i(t_w) \rangle,

    the field :math:`h_i` being on from :math:`t_w` to t. In equilibrium :math:`kT \chi = 1 - C`, the fluctuation-dissipation theorem. In a
    system that ages :math:`-kT \, d\chi/dC` is the fluctuation-dissipation ratio X, below 1 where t - t_w is longer than t_w.

    The field is :math:`h \epsilon_i` with random signs, so that :math:`\chi = \langle \epsilon_i s_i \rangle / h` in the mean over patterns
    (A. Barrat). Each pattern has chains of its own that age until t_w; from there three copies go on with the same random numbers, in the fields h,
    -h and none, and half the difference of the first two is what counts: noise that they share and terms of order h^2 cancel.

    Parameters
    ----------
    system : Ising
        Without fields.
    method : Method, optional
        Dynamics, as for :func:`ergodica.simulate`: heat bath where none is given.
    wait, time, every : float
        t_w, how far t goes beyond it, and time between records (a hundredth of ``time`` where it is not given).
    kT : float, default 1.0
    field : float, default 0.1
        h, in units of energy: small beside kT. What remains is of order (h/kT)^2.
    patterns : int, default 16
        Of random signs, at least 2; errors are from their scatter.
    chains : int, default 8
        For each pattern.
    start : {"random", "ordered"} or array, default "random"
        Where chains begin to age: "random" is a quench from infinite temperature.
    seed, threads
        As for :func:`ergodica.simulate`.

    Returns
    -------
    Response
        ``time`` (n,), t - t_w; ``chi`` and ``C``, values and errors (n,).

    Raises
    ------
    SpecError
        Another system, or one with fields; kT or field that is not above 0, fewer than two patterns.

    References
    ----------
    A. Barrat, Phys. Rev. E 57, 3629 (1998). L. F. Cugliandolo, J. Kurchan, Phys. Rev. Lett. 71, 173 (1993).

    Examples
    --------
    >>> import numpy as np
    >>> import ergodica as erg
    >>> free = erg.lattice.Ising((256,), J=0.0)
    >>> found = erg.lattice.response(free, wait=1.0, time=2.0, every=0.5, kT=2.0, seed=1)
    >>> bool(np.abs(found.chi.value - (1 - np.exp(-found.time)) / 2).max() < 0.02)
    True
    """
    from ergodica.verbs import simulate

    if not isinstance(system, Ising) or np.any(system.h):
        raise SpecError(f"response: expected Ising spins without fields, got {system!r}", "Try erg.lattice.Ising((64, 64)).", {"argument": "system"})
    kT, h = real(kT, "response.kT"), real(field, "response.field")
    for name, x in (("kT", kT), ("field", h)):
        if not x > 0:
            raise SpecError(f"response.{name}: expected a number above 0, got {x}", fields={"argument": name})
    shape, wait = lattice_shape(system), real(wait, "response.wait")
    random = np.random.default_rng(as_seed(seed))
    common: dict[str, Any] = {"kT": kT, "chains": chains, "threads": threads, "progress": False}
    found = []
    for _ in range(integer(patterns, "response.patterns", 2)):
        signs = random.choice([-1.0, 1.0], shape)
        before, after = (int(k) for k in random.integers(0, 2**63, 2))
        old = np.asarray(simulate(system, method, time=wait, every=wait or 1.0, observe="energy", start=start, seed=before, **common).final)
        copies = []
        for sign in (1.0, -1.0, 0.0):
            local = dataclasses.replace(system, h=(sign * h * signs).ravel() if sign else 0.0)
            beside = signs if sign else old.astype(np.float64)
            along = {"x": lambda s, y=beside: np.mean(s * y, axis=tuple(range(1, s.ndim)))}
            run = simulate(local, method, time=time, every=every, observe=along, start=old, seed=after, **common)
            copies.append(np.asarray(run["x"]).mean(axis=0))
        found.append([(copies[0] - copies[1]) / (2 * h), copies[2]])
    mean, se = np.mean(found, axis=0), np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    return Response(np.asarray(run.coords["time"]), Estimate(mean[0], se[0]), Estimate(mean[1], se[1]))


__all__ = ["Response", "response"]

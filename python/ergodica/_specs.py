"""Systems and methods as they are written in a request.

Generated from the Go structs by bindings/specgen; do not edit, run ``make generate``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from numpy.typing import ArrayLike

from ergodica._base import Method, System

LatticeLike: TypeAlias = "int | Sequence[int] | ArrayLike | Any"
"""Side lengths of a hypercubic lattice, or any graph: an edge array (bonds, 2), a scipy.sparse matrix, a networkx graph."""

__all__ = [
    "HeatBath",
    "Ising",
    "Metropolis",
    "SwendsenWang",
    "Wolff",
]


@dataclass(frozen=True, eq=False, repr=False)
class Ising(System):
    """Ising is Ising spins on a lattice or any graph:

        E = - sum_(i,j) J_ij s_i s_j - sum_i h_i s_i,   s_i = +1 or -1,

    each bond counted once. Energies, J, h and kT share one unit; with J = 1 the periodic square lattice
    orders below kT = 2 / log(1 + sqrt(2)) = 2.2692.

    Parameters
    ----------
    lattice : tuple of int, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or any graph: edges (bonds, 2), a scipy.sparse matrix of
        couplings, a networkx graph.
    J : float or array, unit energy, default 1.0
        Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,), in the
        lattice's order of bonds.
    h : float or array, unit energy, default 0.0
        Field; one number, or one for each site, shape (sites,) or the shape of the lattice.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.sample : HeatBath, Metropolis, SwendsenWang, Wolff
    erg.simulate : HeatBath
    """

    type: ClassVar[str] = "lattice.Ising"

    lattice: LatticeLike
    J: ArrayLike = field(default=1.0, metadata={"unit": "energy"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class HeatBath(Method):
    """HeatBath draws one spin after the other from its distribution given its neighbours,

        P(s_i = +1) = 1 / (1 + exp(-2 x_i / kT)),   x_i = sum_j J_ij s_j + h_i.

    Fits every Ising model: any lattice or graph, any J and h of either sign, kT >= 0 (at kT = 0 spins
    follow the sign of x_i, a fair coin where it is 0). With J >= 0, two chains that share a seed keep
    the order of their starts: s <= s' stays so at every site (the monotone coupling).

    Under erg.sample one sweep is N updates in the given order. The layout is chosen as for Metropolis,
    and as fast.

    Under erg.simulate this is Glauber dynamics in continuous time, and order is not used: every site
    is drawn anew at the events of a Poisson process of its own, of rate 1. So the unit of time is the
    mean time between two updates of a site, events of the whole lattice are exponential with rate N,
    and a free spin relaxes as <s(t)> = s(0) exp(-t). The dynamics is exact (no time step). Two updates
    of one site in a row do happen: the rate at which a spin truly flips is P(s_i -> -s_i).

    Parameters
    ----------
    order : {"checkerboard", "sequential", "random"}, default "checkerboard"
        Which sites a sweep visits: "checkerboard" is colour by colour (two on lattices with even sides;
        on any other graph as many as it takes that no bond joins two sites of one colour), "sequential"
        is site 0 to N-1, "random" draws N sites with replacement. All three leave exp(-E/kT) invariant;
        only "random" obeys detailed balance sweep by sweep.

    Info
    ----
    changed   share of the updates since the end of the warm-up that changed the spin
    events    updates so far (under erg.simulate)

    Examples
    --------
    >>> magnet = erg.lattice.Ising((64, 64))
    >>> run = erg.sample(magnet, erg.HeatBath(), kT=5.0, sweeps=2000, warmup=200, seed=1)
    >>> path = erg.simulate(magnet, erg.HeatBath(), kT=1.0, time=20.0, every=0.5, observe=["energy"], seed=1)
    >>> bool(path["energy"][0, -1] < path["energy"][0, 0])
    True

    References
    ----------
    R. J. Glauber, J. Math. Phys. 4, 294 (1963).
    """

    type: ClassVar[str] = "HeatBath"

    order: Literal["checkerboard", "sequential", "random"] = "checkerboard"


@dataclass(frozen=True, eq=False, repr=False)
class Metropolis(Method):
    """Metropolis proposes to flip one spin after the other and accepts each proposal with the probability

        min(1, exp(-dE/kT)),   dE = 2 s_i (sum_j J_ij s_j + h_i).

    Fits every Ising model: any lattice or graph, any J and h of either sign, kT >= 0 (at kT = 0 flips
    that cost nothing are made and flips that cost energy are not: the quench of a deep temperature).
    One sweep is N proposals.

    A proposal with dE <= 0 is always accepted. Where many spins are free (kT large against J and h,
    or h = 0 on sites without bonds), the orders that visit each site once flip nearly all of them at
    every sweep and hardly mix: use order "random", or HeatBath.

    On hypercubic lattices with one J and one h, even sides on periodic axes and the order
    "checkerboard", spins are one bit each and 512 are decided at once, by probabilities exact to 2^-53;
    chains stay independent, and several threads share the sweeps of a large lattice. Other models keep
    one byte a spin. The results do not depend on threads or on the processor's vector instructions.

    Parameters
    ----------
    order : {"checkerboard", "sequential", "random"}, default "checkerboard"
        Which sites a sweep visits: "checkerboard" is colour by colour (two on lattices with even sides;
        on any other graph as many as it takes that no bond joins two sites of one colour), "sequential"
        is site 0 to N-1, "random" draws N sites with replacement. All three leave exp(-E/kT) invariant;
        only "random" obeys detailed balance sweep by sweep.

    Info
    ----
    acceptance   accepted share of the proposals since the end of the warm-up

    Examples
    --------
    >>> run = erg.sample(erg.lattice.Ising((32, 32)), erg.Metropolis(), kT=5.0, sweeps=2000, warmup=200, seed=1)
    >>> bool(abs(run["magnetization"].mean()) < 0.02)
    True

    References
    ----------
    N. Metropolis, A. W. Rosenbluth, M. N. Rosenbluth, A. H. Teller, E. Teller, J. Chem. Phys. 21,
    1087 (1953).
    """

    type: ClassVar[str] = "Metropolis"

    order: Literal["checkerboard", "sequential", "random"] = "checkerboard"


@dataclass(frozen=True, eq=False, repr=False)
class SwendsenWang(Method):
    """SwendsenWang divides the whole system into clusters and turns each over with probability 1/2 (R. H.
    Swendsen, J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987)). A sweep is one such update.

    Every satisfied bond, J_ij s_i s_j > 0, is kept with probability

        p_ij = 1 - exp(-2 |J_ij| / kT);

    sites that hang together by kept bonds are a cluster of the representation of Fortuin and Kasteleyn.
    Any graph and any signs and sizes of J_ij are allowed. Fields act through one more spin, the ghost,
    which site i meets with the strength |h_i|: if h_i s_i > 0 the bond between them is kept with
    probability 1 - exp(-2 |h_i| / kT), and the cluster of the ghost keeps its orientation. The update
    obeys detailed balance with respect to exp(-E/kT). kT = 0 is allowed, but then no cluster ever
    breaks up. In strong random fields and in frustrated systems the method is correct but not fast.

    On hypercubic lattices with one J (and at most 16 different |h_i|) bonds are bits of words and
    clusters are joined from runs of bonded sites along the last axis; other systems take a slower
    general path with the same law. The run's info has clusters (the mean number of clusters in an
    update) and cluster_size (the mean number of sites in a cluster).

    Beside the observables of every method there are cluster_sizes (ragged: the sizes of the clusters
    of the last update, in the order of their smallest sites; with fields the cluster of the ghost,
    without the ghost and possibly empty, comes first) and cluster_magnetization^2, the improved
    estimator sum_c n_c^2 of M^2, valid without fields for J >= 0, whose variance is the smaller of the
    two in the disordered phase.

    Example:

        >>> magnet = erg.lattice.Ising((64, 64), h=0.01)
        >>> run = erg.sample(magnet, erg.SwendsenWang(), kT=2.269, sweeps=1000, warmup=100, observe=["energy", "cluster_sizes"], seed=1)
        >>> run["energy"].shape
        (1, 1000)
    """

    type: ClassVar[str] = "SwendsenWang"


@dataclass(frozen=True, eq=False, repr=False)
class Wolff(Method):
    """Wolff flips one cluster of spins a move (U. Wolff, Phys. Rev. Lett. 62, 361 (1989)), which keeps
    autocorrelation times of a few sweeps at the critical point, where single flips need L^2.17.

    A cluster grows from a random site: a neighbour j of one of its sites i joins if the bond is
    satisfied, J_ij s_i s_j > 0, with probability

        p_ij = 1 - exp(-2 |J_ij| / kT),

    each bond tried once from each of its ends that is in the cluster while the other is not; the
    finished cluster is flipped. Any graph and any signs and sizes of J_ij are allowed; site fields are
    not: SwendsenWang carries them. There are no rejections, and the move obeys detailed balance with
    respect to exp(-E/kT). kT = 0 is allowed (p_ij = 1). On frustrated systems the clusters percolate
    above the transition and the method is correct but not fast.

    A sweep is a fixed number of clusters: N over the mean size seen in the later half of the warm-up,
    at least 1, so that it costs about what a Metropolis sweep costs; without warm-up it is 1 cluster.
    The number never changes after the first recorded sweep: ending a sweep when N sites have been
    visited would favour ordered states.

    On hypercubic lattices with one |J| (J > 0, or any sign where two sublattices exist) the kernel is
    free of unpredictable branches and takes its decisions from bit planes; other systems take a slower
    general path with the same law. The run's info has clusters (moves since warm-up), cluster_size
    (their mean; at kTc of the square lattice it grows as L^(7/4)) and clusters_per_sweep.

    Example:

        >>> magnet = erg.lattice.Ising((64, 64))
        >>> run = erg.sample(magnet, erg.Wolff(), kT=2.269, sweeps=1000, warmup=200, observe=["|magnetization|"], seed=1)
        >>> run.info["cluster_size"].mean() > 500
        True
    """

    type: ClassVar[str] = "Wolff"

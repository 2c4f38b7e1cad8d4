"""Systems and methods as they are written in a request.

Generated from the Go structs by bindings/specgen; do not edit, run ``make generate``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, TypeAlias

from ergodica._base import Method, System

ArrayLike: TypeAlias = Any
"""A number, or an array with a number for each; kept as float or as a read-only float64 array."""

LatticeLike: TypeAlias = Any
"""Side lengths of a hypercubic lattice, a lattice of erg.lattice, or any graph: an edge array (bonds, 2), a scipy.sparse matrix,
a networkx graph."""

__all__ = [
    "HMC",
    "MALA",
    "MCLMC",
    "NUTS",
    "ON",
    "PMMH",
    "PPG",
    "SMC",
    "SMC2",
    "SU2",
    "SU3",
    "SVGD",
    "U1",
    "AdjustedMCLMC",
    "AnnealedImportanceSampling",
    "AuxiliaryFilter",
    "Baxter",
    "BeliefPropagation",
    "BestResponse",
    "BootstrapFilter",
    "CharacterExpansion",
    "Clock",
    "CreutzDemon",
    "DifferentialEvolution",
    "DiscreteGibbs",
    "Driven",
    "Elementary",
    "EllipticalSlice",
    "EnsembleKalman",
    "Enumeration",
    "EventChain",
    "Exclusion",
    "FFBSi",
    "FreeField",
    "GeneralisedLangevin",
    "GeodesicHMC",
    "GeodesicNUTS",
    "GibbsWithGradients",
    "GridFilter",
    "GuidedFilter",
    "HamiltonianFilter",
    "HarmonicExpansion",
    "HeatBath",
    "Hopfield",
    "Houtappel",
    "Independence",
    "Ising",
    "KalmanFilter",
    "KalmanSmoother",
    "Kaufman",
    "Kawasaki",
    "Langevin",
    "LifeLike",
    "LocallyInformed",
    "LongRangeIsing",
    "LongRangeON",
    "MajorityVote",
    "MassTransport",
    "MeanField",
    "MeanFieldLangevin",
    "Metropolis",
    "MinimaxLangevin",
    "Multicanonical",
    "NFoldWay",
    "NestedSampling",
    "NoseHoover",
    "OneStepRSB",
    "Onsager",
    "OverRelaxation",
    "Overdamped",
    "PSpin",
    "PaRIS",
    "Pairwise",
    "ParallelTempering",
    "ParticleDescent",
    "ParticleGibbs",
    "Phi4",
    "PopulationAnnealing",
    "Potts",
    "RandomSequential",
    "RandomWalk",
    "ReplicaSymmetric",
    "RiemannianHMC",
    "Sandpile",
    "SimulatedTempering",
    "Slice",
    "SlowDrive",
    "StretchMove",
    "SwendsenWang",
    "Synchronous",
    "Tabled",
    "TransferMatrix",
    "UmbrellaSampling",
    "Verlet",
    "Villain",
    "Voter",
    "WangLandau",
    "WeightedEuler",
    "Wolff",
    "ZeroRange",
]


@dataclass(frozen=True, eq=False, repr=False)
class Clock(System):
    """Clock is planar spins that point in one of q directions, the angles theta = 2 pi s / q, on a lattice
    or any graph:

        E = - sum_(i,j) J_ij cos(theta_i - theta_j) - sum_i h_i cos(theta_i),   s_i = 0, ..., q-1,

    each bond counted once. Energies, J, h and kT share one unit. q = 2 is Ising, q = 3 is Potts with
    J 3/2 as large and energies shifted by J/2 a bond, q = 4 is two uncoupled Ising models of J/2,
    large q is XY; for q >= 5 the square lattice has a quasi-ordered phase between two transitions.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or any graph.
    q : int, in [2, 256], default 6
        Number of directions.
    J : float or array, unit energy, default 1.0
        Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,).
    h : float or array, unit energy, default 0.0
        Field along direction 0; one number, or one for each site, shape (sites,) or the shape of the
        lattice.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.sample : AnnealedImportanceSampling, HeatBath, Kawasaki, Metropolis, Multicanonical,
        NestedSampling, ParallelTempering, PopulationAnnealing, SMC, SimulatedTempering,
        UmbrellaSampling, WangLandau, Wolff
    erg.simulate : CreutzDemon, Driven, HeatBath, Kawasaki, NFoldWay
    erg.solve : BeliefPropagation, Enumeration, MeanField, TransferMatrix

    Observables
    -----------
    energy                    of the whole lattice, E
    magnetization             the mean spin (cos, sin), shape (2,)
    |magnetization|, magnetization^2, magnetization^4
                              powers of its length
    occupation                (q,): the share of the sites with each value
    configuration             the values s, uint8, in the shape of the lattice (or (sites,))

    Methods
    -------
    erg.solve: TransferMatrix, Enumeration. erg.sample: HeatBath, Metropolis, Wolff, Kawasaki.
    erg.simulate: HeatBath, Kawasaki and NFoldWay in continuous time, Driven, CreutzDemon (q = 2, 3, 4,
    6).

    Examples
    --------
    >>> run = erg.sample(erg.lattice.Clock((16, 16), q=6), erg.Wolff(), kT=0.8, sweeps=500, warmup=100, seed=1)
    >>> bool(0.5 < run["|magnetization|"].mean() < 1)
    True

    References
    ----------
    J. V. Jose, L. P. Kadanoff, S. Kirkpatrick, D. R. Nelson, Phys. Rev. B 16, 1217 (1977).
    """

    type: ClassVar[str] = "lattice.Clock"

    lattice: LatticeLike
    q: int = field(default=6, metadata={"range": "[2, 256]"})
    J: ArrayLike = field(default=1.0, metadata={"unit": "energy"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class Elementary(System):
    """Elementary is a cellular automaton of a line of cells 0 and 1 in which a cell's next value depends
    on itself and its two neighbours: with S. Wolfram's number of the rule,

        x_i(t+1) = bit (4 x_(i-1) + 2 x_i + x_(i+1)) of the rule.

    With eight numbers in place of the rule, entry k is the probability of 1 after the neighbourhood k:
    the Domany-Kinzel automaton is one of those. flip turns every outcome round with a probability,
    independently (noise). All cells change at once; a unit of time is a step. Beyond open ends cells
    are 0.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Number of cells.
    rule : float or array, default 110.0
        Number of the rule, 0 to 255, or the eight probabilities of 1.
    flip : float, in [0, 1], default 0.0
        Probability that an outcome is turned round.
    density : float, in [0, 1], default 0.5
        Share of ones at the start.
    periodic : bool or sequence of bool, default True
        Whether the line is a ring.

    Methods that fit
    ----------------
    erg.simulate : Synchronous

    Observables
    -----------
    configuration             the cells, int8, (cells,)
    density                   share of cells that are 1

    Start
    -----
    "random" is 1 with probability density at each cell, "ordered" one cell 1, number cells // 2.

    Examples
    --------
    >>> run = erg.simulate(erg.lattice.Elementary((9,), rule=90), time=3, every=1, start="ordered", chains=1, observe=["configuration"], seed=1)
    >>> for row in run["configuration"][0]: print("".join("o*"[x] for x in row))
    oooo*oooo
    ooo*o*ooo
    oo*ooo*oo
    o*o*o*o*o

    References
    ----------
    S. Wolfram, Rev. Mod. Phys. 55, 601 (1983). E. Domany, W. Kinzel, Phys. Rev. Lett. 53, 311 (1984).
    """

    type: ClassVar[str] = "lattice.Elementary"

    lattice: LatticeLike
    rule: ArrayLike = 110.0
    flip: float = field(default=0.0, metadata={"range": "[0, 1]"})
    density: float = field(default=0.5, metadata={"range": "[0, 1]"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class Exclusion(System):
    """Exclusion is the simple exclusion process: at most one particle a site. Over every bond (i, j) of
    the lattice, in the direction in which the lattice lists it (upwards along the axes of a hypercubic
    lattice),

        1 0 -> 0 1 at rate forward,   0 1 -> 1 0 at rate backward,

    and at the first and last site of an open chain reservoirs let particles in (0 -> 1) at rates alpha
    and delta and out (1 -> 0) at rates gamma and beta. forward = backward is symmetric exclusion,
    or stirring: the coffee automaton, in which each bond exchanges its two cells at rate 1. backward =
    0 is the totally asymmetric process (TASEP). Time is in units of 1 over the rates.

    Without reservoirs the number of particles stays, and on a ring all arrangements are equally
    likely in the long run: the current of the TASEP with K of N sites is K (N-K) / (N (N-1)) a bond.
    The open chain of the TASEP has the current and densities of the matrix product of Derrida, Evans,
    Hakim and Pasquier: for alpha = beta = 1 the current (N+2) / (2 (2N+1)).

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any
        graph.
    forward : float, in [0, inf), unit 1/time, default 1.0
        Rate of a hop along a bond.
    backward : float, in [0, inf), unit 1/time, default 1.0
        Rate of a hop against it.
    alpha : float, in [0, inf), unit 1/time, default 0.0
        Rate at which particles come in at the first site.
    beta : float, in [0, inf), unit 1/time, default 0.0
        Rate at which they leave at the last site.
    gamma : float, in [0, inf), unit 1/time, default 0.0
        Rate at which they leave at the first site.
    delta : float, in [0, inf), unit 1/time, default 0.0
        Rate at which they come in at the last site.
    density : float, in [0, 1], default 0.5
        Share of the sites that are taken at the start.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.simulate : RandomSequential

    Observables
    -----------
    density                   share of the sites that are taken
    configuration             0 or 1, int8, in the shape of the lattice (or (sites,))
    flow                      hops forward less hops backward since the start, over all bonds: the current of a bond is
                              its increase over time and bonds
    inflow, outflow           particles that came in at the first site (alpha less gamma) and left at the last (beta less delta)

    Start
    -----
    "random" puts round(density N) particles on random sites, "ordered" on the first ones.

    Examples
    --------
    >>> chain = erg.lattice.Exclusion((50,), backward=0.0, alpha=0.3, beta=1.0, periodic=False)
    >>> run = erg.simulate(chain, time=2000.0, every=100.0, observe=["density", "outflow"], seed=1)
    >>> print(round(float((run["outflow"][:, -1] - run["outflow"][:, 4]).mean() / 1600), 2))
    0.21

    References
    ----------
    F. Spitzer, Adv. Math. 5, 246 (1970). B. Derrida, M. R. Evans, V. Hakim, V. Pasquier, J. Phys. A 26,
    1493 (1993).
    """

    type: ClassVar[str] = "lattice.Exclusion"

    lattice: LatticeLike
    forward: float = field(default=1.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    backward: float = field(default=1.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    alpha: float = field(default=0.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    beta: float = field(default=0.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    gamma: float = field(default=0.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    delta: float = field(default=0.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    density: float = field(default=0.5, metadata={"range": "[0, 1]"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class Hopfield(System):
    """Hopfield is N spins that store K patterns xi^mu by Hebb's rule, in groups of p spins:

        E = - (1/N^(p-1)) sum_mu sum_(i1 < ... < ip) xi^mu_i1 s_i1 ... xi^mu_ip s_ip - sum_i h_i s_i,   s_i = +1 or -1.

    No index occurs twice in a term, so that p = 2 is -(1/2N) sum_mu (sum_i xi^mu_i s_i)^2 up to a
    constant. Patterns are +1 and -1, or 0 where they say nothing (diluted patterns, of which a network
    retrieves several at once); for p = 2 any whole numbers, such as sums over examples. With fair
    patterns p = 2 retrieves up to K = 0.138 N of them at kT = 0, p > 2 up to about N^(p-1).

    An update costs K operations: what a spin meets is known from the K sums M_mu = sum_i xi^mu_i s_i,
    of which the elementary symmetric polynomial of each pattern is a function.

    Parameters
    ----------
    patterns : float or array
        Patterns, shape (K, N): +1, -1 or 0; for p = 2 whole numbers from -127 to 127.
    p : int, in [2, 12], default 2
        Spins that meet in a term.
    h : float or array, unit energy, default 0.0
        Field; one number, or one for each spin, shape (N,).

    Methods that fit
    ----------------
    erg.sample : AnnealedImportanceSampling, HeatBath, Kawasaki, Metropolis, Multicanonical,
        NestedSampling, ParallelTempering, PopulationAnnealing, SMC, SimulatedTempering,
        UmbrellaSampling, WangLandau
    erg.simulate : CreutzDemon, Driven, HeatBath, Kawasaki, NFoldWay
    erg.solve : BeliefPropagation, Enumeration, MeanField, ReplicaSymmetric

    Observables
    -----------
    energy           E
    overlaps         (K,): m_mu = M_mu / N
    magnetization    the mean spin, |magnetization|, magnetization^2, magnetization^4
    configuration    the spins, int8, shape (N,)

    Methods
    -------
    erg.solve: ReplicaSymmetric (N to infinity), MeanField, BeliefPropagation, Enumeration. erg.sample:
    HeatBath, Metropolis, Kawasaki. erg.simulate: HeatBath, Kawasaki and NFoldWay in continuous time,
    Driven. A sweep visits the spins one after the other ("checkerboard", which for spins that all meet
    is the same as "sequential") or at random.

    Examples
    --------
    >>> import numpy as np
    >>> patterns = np.random.default_rng(1).choice([-1, 1], (10, 400))
    >>> network = erg.lattice.Hopfield(patterns)
    >>> noisy = patterns[0] * np.where(np.arange(400) < 80, -1, 1)
    >>> run = erg.sample(network, kT=0.05, sweeps=20, chains=1, start=noisy, observe=["overlaps"], seed=1)
    >>> bool(run["overlaps"][0, -1, 0] > 0.98)
    True

    References
    ----------
    J. J. Hopfield, Proc. Natl. Acad. Sci. USA 79, 2554 (1982). E. Gardner, J. Phys. A 20, 3453 (1987).
    D. Krotov, J. J. Hopfield, NIPS 29 (2016). E. Agliari, A. Barra, A. Galluzzi, F. Guerra, F. Moauro,
    Phys. Rev. Lett. 109, 268101 (2012).
    """

    type: ClassVar[str] = "lattice.Hopfield"

    patterns: ArrayLike
    p: int = field(default=2, metadata={"range": "[2, 12]"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})


@dataclass(frozen=True, eq=False, repr=False)
class Ising(System):
    """Ising is Ising spins on a lattice or any graph:

        E = - sum_(i,j) J_ij s_i s_j - sum_i h_i s_i,   s_i = +1 or -1,

    each bond counted once. Energies, J, h and kT share one unit; with J = 1 the periodic square lattice
    orders below kT = 2 / log(1 + sqrt(2)) = 2.2692.

    A periodic axis of length 2 has both bonds between its two sites, an axis of length 1 has none.
    On a hypercubic lattice bonds are numbered site by site (C order, the last axis fastest) and axis
    by axis: from each site to the next one along axis 0, then along axis 1, and so on, where that
    neighbour exists.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any
        graph: edges (bonds, 2), a scipy.sparse matrix of couplings, a networkx graph.
    J : float or array, unit energy, default 1.0
        Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,), in the
        lattice's order of bonds.
    h : float or array, unit energy, default 0.0
        Field; one number, or one for each site, shape (sites,) or the shape of the lattice.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.sample : AnnealedImportanceSampling, HeatBath, Kawasaki, Metropolis, Multicanonical,
        NestedSampling, ParallelTempering, PopulationAnnealing, SMC, SimulatedTempering, SwendsenWang,
        UmbrellaSampling, WangLandau, Wolff
    erg.simulate : CreutzDemon, Driven, HeatBath, Kawasaki, NFoldWay
    erg.solve : BeliefPropagation, Enumeration, Houtappel, Kaufman, MeanField, Onsager, TransferMatrix

    Observables
    -----------
    energy                    of the whole lattice, E
    magnetization             mean spin, m = (1/N) sum_i s_i
    |magnetization|, magnetization^2, magnetization^4
    configuration             the spins, int8, in the shape of the lattice (or (sites,))
    two_point                 (r,): average of s_x s_(x + r e_d) over positions x and axes d, r = 0 up to half the shortest
                              periodic side (all of an open one); hypercubic lattices
    structure_factor          shape of the lattice: |sum_x s_x exp(-i k x)|^2 / N at k = 2 pi n / L in NumPy's order of
                              frequencies; hypercubic lattices
    cluster_sizes, cluster_magnetization^2
                              of the clusters of SwendsenWang

    Methods
    -------
    erg.sample: Metropolis, HeatBath, Wolff, SwendsenWang, Kawasaki. erg.simulate: HeatBath (Glauber
    dynamics), Kawasaki and NFoldWay in continuous time, Driven, CreutzDemon. erg.methods(system) lists
    those that fit.

    Where a hypercubic lattice falls into two colours (even periodic sides), Metropolis and HeatBath
    move 512 spins of a walker at once, fastest where couplings are one number or +J, -J and 0 (spin
    glasses, diluted magnets) and h is one number. Each spin has random bits of its own, as many as the
    comparison with its probability takes, which is exact to 2^-53. Walkers share no random numbers,
    so that rungs of a ladder are independent but for their swaps.

    Examples
    --------
    >>> run = erg.sample(erg.lattice.Ising((32, 32)), erg.Wolff(), kT=2.0, sweeps=2000, seed=1)
    >>> print(round(float(run["|magnetization|"].mean()), 1))
    0.9

    The +-J spin glass of Edwards and Anderson, by a ladder of temperatures:

    >>> import numpy as np
    >>> glass = erg.lattice.Ising((6, 6, 6), J=np.random.default_rng(1).choice([-1.0, 1.0], 3 * 6**3))
    >>> run = erg.sample(glass, erg.ParallelTempering(), kT=np.linspace(0.8, 2.0, 8), chains=2, sweeps=500, seed=1)
    >>> bool(run["energy"].mean((1, 2))[0] < run["energy"].mean((1, 2))[-1])
    True

    References
    ----------
    E. Ising, Z. Phys. 31, 253 (1925). L. Onsager, Phys. Rev. 65, 117 (1944).
    """

    type: ClassVar[str] = "lattice.Ising"

    lattice: LatticeLike
    J: ArrayLike = field(default=1.0, metadata={"unit": "energy"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class LifeLike(System):
    """LifeLike is a cellular automaton of the plane in which a cell's next value depends on itself and
    the number n of its neighbours that are 1: a cell 0 becomes 1 where n is in born, a cell 1 stays
    where n is in survive (outer totalistic rules; J. H. Conway's Game of Life is born 3, survive 2,
    3). flip turns every outcome round with a probability, independently. All cells change at once;
    a unit of time is a step. Beyond open edges cells are 0.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Rows and columns.
    born : int or sequence of int, in [0, 8], default (3,)
        Numbers of neighbours that make a cell 1.
    survive : int or sequence of int, in [0, 8], default (2, 3)
        Numbers of neighbours that keep a cell 1.
    neighbours : {"moore", "von neumann"}, default "moore"
        The eight cells around one, or the four that share a side with it.
    flip : float, in [0, 1], default 0.0
        Probability that an outcome is turned round.
    density : float, in [0, 1], default 0.5
        Share of ones at the start.
    periodic : bool or sequence of bool, default True
        Boundary: one value for both axes, or one for each.

    Methods that fit
    ----------------
    erg.simulate : Synchronous

    Observables
    -----------
    configuration             the cells, int8, in the shape of the lattice
    density                   share of cells that are 1

    Start
    -----
    "random" is 1 with probability density at each cell, "ordered" one cell 1, in the middle.

    Examples
    --------
    >>> glider = np.zeros((8, 8), int)
    >>> glider[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
    >>> run = erg.simulate(erg.lattice.LifeLike((8, 8)), time=4, every=4, start=glider, chains=1, observe=["configuration"], seed=1)
    >>> bool((run["configuration"][0, -1] == np.roll(glider, (1, 1), (0, 1))).all())
    True

    References
    ----------
    M. Gardner, Sci. Am. 223 (4), 120 (1970). N. H. Packard, S. Wolfram, J. Stat. Phys. 38, 901 (1985).
    """

    type: ClassVar[str] = "lattice.LifeLike"

    lattice: LatticeLike
    born: int | Sequence[int] = field(default=(3,), metadata={"range": "[0, 8]"})
    survive: int | Sequence[int] = field(default=(2, 3), metadata={"range": "[0, 8]"})
    neighbours: Literal["moore", "von neumann"] = "moore"
    flip: float = field(default=0.0, metadata={"range": "[0, 1]"})
    density: float = field(default=0.5, metadata={"range": "[0, 1]"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class LongRangeIsing(System):
    """LongRangeIsing is Ising spins that all meet, by couplings that depend on the displacement:

        E = - (1/2) sum_(i, j) J_ij s_i s_j - sum_i h_i s_i,   s_i = +1 or -1,

    over ordered pairs, so that each pair counts once; i = j are a site's own periodic images,
    a constant. For site a of cell x and site b of cell x + d, J_ij = couplings[d, a, b]. Tables are
    made by erg.lattice.power_law and erg.lattice.dipolar_tensor (erg.lattice.Dipoles takes an axis),
    or are any array of yours. The cost of a move is that of N numbers; proposals cost nothing.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or a crystal.
    couplings : float or array, unit energy
        Table J[d, a, b], shape (*cells, sites of a cell, sites of a cell): displacements modulo the
        number of cells on periodic axes; on open ones at least 2 L - 1 of them, of which the last stand
        for negative ones. J[d, a, b] = J[-d, b, a]; J[0, a, a] is of a site with its own images.
    h : float or array, unit energy, default 0.0
        Field; one number, or one for each site, shape (sites,) or that of the lattice.

    Methods that fit
    ----------------
    erg.sample : AnnealedImportanceSampling, HeatBath, Kawasaki, Metropolis, Multicanonical,
        NestedSampling, ParallelTempering, PopulationAnnealing, SMC, SimulatedTempering,
        UmbrellaSampling, WangLandau
    erg.simulate : CreutzDemon, Driven, HeatBath, Kawasaki, NFoldWay
    erg.solve : BeliefPropagation, Enumeration, MeanField

    Observables
    -----------
    energy                    E
    magnetization             the mean spin, |magnetization|, magnetization^2, magnetization^4
    configuration             the spins, int8, in the shape of the lattice (or (sites,))

    Methods
    -------
    erg.solve: Enumeration. erg.sample: HeatBath, Metropolis, Kawasaki. erg.simulate: HeatBath, Kawasaki
    and NFoldWay in continuous time (an event costs that of all N rates), Driven; neighbours are the
    nearest ones, with the boundary of the table. Sites are visited one after the other ("checkerboard",
    which for spins that all meet is the same as "sequential") or at random.

    Examples
    --------
    A ring whose couplings fall as 1/r^1.5 is ferromagnetic at low temperature (F. J. Dyson, Commun.
    Math. Phys. 12, 91 (1969)):

    >>> J = erg.lattice.power_law((256,), 1.5)
    >>> run = erg.sample(erg.lattice.LongRangeIsing((256,), J), kT=2.0, sweeps=200, warmup=100, start="ordered", seed=1)
    >>> bool(run["magnetization"].mean() > 0.9)
    True

    References
    ----------
    E. Luijten, H. W. J. Bloete, Phys. Rev. B 56, 8945 (1997) for the critical couplings of 1/r^a.
    """

    type: ClassVar[str] = "lattice.LongRangeIsing"

    lattice: LatticeLike
    couplings: ArrayLike = field(metadata={"unit": "energy"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})


@dataclass(frozen=True, eq=False, repr=False)
class LongRangeON(System):
    """LongRangeON is unit vectors of n components that all meet, by couplings that depend on the
    displacement, with an easy axis:

        E = - (1/2) sum_(i, j) s_i . J_ij s_j - sum_i h_i . s_i - sum_i D_i (axes_i . s_i)^2,   |s_i| = 1,

    over ordered pairs, so that each pair counts once; i = j are a site's own periodic images. For site
    a of cell x and site b of cell x + d, J_ij = couplings[d, a, b], a number or a symmetric matrix (n,
    n), such as that of dipoles. Tables are made by erg.lattice.power_law and erg.lattice.dipolar_tensor
    (erg.lattice.Dipoles is the model of dipoles), or are any array of yours. Weights are with respect
    to the uniform measure on spheres. A move costs of the order of N multiplications for each channel
    of the couplings, the fields being followed; what is not accepted costs nothing. Where all axes are
    periodic, spins of three components that are coupled by matrices and visited in turn cost of the
    order of the side L of the lattice, accepted or not: what has changed in a row or a plane is handed
    on to others when it is left, by Fourier transforms.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or a crystal.
    couplings : float or array, unit energy
        Table J[d, a, b], shape (*cells, sites of a cell, sites of a cell) or with (n, n) after it:
        displacements modulo the number of cells on periodic axes; on open ones at least 2 L - 1 of
        them, of which the last stand for negative ones. J[d, a, b] = J[-d, b, a] = its transpose.
    n : int, in [2, 64], default 3
        Number of components.
    h : float or array, unit energy, default 0.0
        Field: a number is along component 0; a vector, shape (n,); or one for each site, shape (sites,
        n).
    D : float or array, unit energy, default 0.0
        Strength of the easy axis, or with a negative sign of the easy plane; one number, or one for
        each site, shape (sites,).
    axes : float or array, default 0.0
        Unit vectors of the axes, shape (n,) or (sites, n); a number stands for the last component.

    Methods that fit
    ----------------
    erg.sample : AdjustedMCLMC, AnnealedImportanceSampling, EllipticalSlice, GeodesicHMC,
        GeodesicNUTS, HMC, HeatBath, MALA, MCLMC, Metropolis, Multicanonical, NUTS, NestedSampling,
        OverRelaxation, ParallelTempering, PopulationAnnealing, RandomWalk, SMC, SimulatedTempering,
        Slice, UmbrellaSampling, WangLandau
    erg.simulate : GeneralisedLangevin, HeatBath, Langevin, NoseHoover, Overdamped, Verlet
    erg.solve : MeanField

    Observables
    -----------
    energy                    E
    magnetization             the mean spin, shape (n,)
    |magnetization|, magnetization^2, magnetization^4
                              powers of its length
    configuration             the spins, float64, in the shape of the lattice (or (sites,)) and (n,)

    Methods
    -------
    erg.sample: HeatBath, Metropolis, OverRelaxation, HMC, and what else moves densities on spheres;
    fields of all spins are then summed at once, by Fourier transforms. erg.simulate: HeatBath in
    continuous time. erg.solve: MeanField, of energies that are linear in each spin. Sites are visited
    one after the other ("checkerboard", which for spins that all meet is the same as "sequential") or
    at random.

    What a spin has of its others is linear in it, so that HeatBath draws it exactly. Terms that are
    quadratic in it (D, and images of its own that are not alike along all axes) accept or reject the
    draw; then Metropolis, too, tries s -> -s after every turn, and OverRelaxation does not fit.

    Examples
    --------
    >>> model = erg.lattice.Dipoles(erg.lattice.fcc(2))
    >>> run = erg.sample(model, erg.HeatBath(), kT=0.3, sweeps=300, warmup=200, start="ordered", seed=1)
    >>> bool(run["|magnetization|"].mean() > 0.8)
    True

    References
    ----------
    J. M. Luttinger, L. Tisza, Phys. Rev. 70, 954 (1946). S. W. de Leeuw, J. W. Perram, E. R. Smith,
    Proc. R. Soc. London A 373, 27 (1980) for boundaries.
    """

    type: ClassVar[str] = "lattice.LongRangeON"

    lattice: LatticeLike
    couplings: ArrayLike = field(metadata={"unit": "energy"})
    n: int = field(default=3, metadata={"range": "[2, 64]"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    D: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    axes: ArrayLike = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class MajorityVote(System):
    """MajorityVote is the majority-vote model: at rate 1 every site takes the opinion of most of its
    neighbours with probability 1 - noise, and the opposite one with probability noise; where they are
    divided it tosses a fair coin,

        P(s_i <- +1) = (1/2) (1 + (1 - 2 noise) sign(sum_j s_j)).

    There is no detailed balance. On the square lattice opinions order below noise = 0.075, with the
    exponents of the Ising model; noise = 0 is Glauber dynamics of Ising spins at kT = 0.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any
        graph.
    noise : float, in [0, 1], default 0.0
        Probability of going against the majority.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.simulate : RandomSequential

    Observables
    -----------
    magnetization             mean opinion, m = (1/N) sum_i s_i
    |magnetization|, magnetization^2, magnetization^4
    active                    share of the bonds that join different opinions
    configuration             the opinions, int8, in the shape of the lattice (or (sites,))

    Examples
    --------
    >>> model = erg.lattice.MajorityVote((16, 16), noise=0.02)
    >>> run = erg.simulate(model, time=200.0, every=1.0, observe=["|magnetization|"], start="ordered", seed=1)
    >>> bool(run["|magnetization|"].mean() > 0.9)
    True

    References
    ----------
    M. J. de Oliveira, J. Stat. Phys. 66, 273 (1992).
    """

    type: ClassVar[str] = "lattice.MajorityVote"

    lattice: LatticeLike
    noise: float = field(default=0.0, metadata={"range": "[0, 1]"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class MassTransport(System):
    """MassTransport is a lattice of masses m_i >= 0 that are advected and mixed at random; their sum
    stays. By the rule

        "transfer"   every site, at rate 1, sends a share to one of its neighbours: m_j <- m_j + (1 - eps) m_i, m_i <- eps m_i
        "random"     the same with a share (1 - eps) that is uniform in (0, 1) anew each time
        "kmp"        every bond, at rate 1, shares its sum at random: m_i <- r (m_i + m_j), m_j <- (1 - r) (m_i + m_j), r uniform
                     (C. Kipnis, C. Marchioro, E. Presutti)

    A neighbour is drawn by its bond, so two bonds between the same sites count twice. eps = 0 is
    advection that coalesces, and ends with all mass on one site; eps mixes. On a ring of N sites
    with mean mass rho the transfer rule has, in the long run, <m_i m_j> = eps <m^2> for i != j,
    and so <m^2> = rho^2 N / (1 + eps (N - 1)). The masses of kmp become independent but for their sum,
    with the exponential law.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any
        graph.
    rule : {"transfer", "random", "kmp"}, default "transfer"
        What happens at an event.
    eps : float, in [0, 1], default 0.5
        Share that stays, of the transfer rule.
    density : float, in [0, 1e300], default 1.0
        Mean mass of the starts "random" and "ordered".
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.simulate : RandomSequential

    Observables
    -----------
    configuration             the masses, float64, in the shape of the lattice (or (sites,))
    moment2, moment3, moment4 means over sites of m^2, m^3, m^4
    largest                   the largest mass

    Start
    -----
    "ordered" is the density everywhere, "random" a point of the simplex of masses with this mean,
    drawn uniformly.

    Examples
    --------
    >>> ring = erg.lattice.MassTransport((16,), eps=0.5)
    >>> run = erg.simulate(ring, time=20000.0, every=10.0, observe=["moment2"], seed=1)
    >>> print(round(float(run["moment2"][:, 100:].mean()), 1))  # 16 / (1 + 0.5 * 15) = 1.882
    1.9

    References
    ----------
    C. Kipnis, C. Marchioro, E. Presutti, J. Stat. Phys. 27, 65 (1982).
    """

    type: ClassVar[str] = "lattice.MassTransport"

    lattice: LatticeLike
    rule: Literal["transfer", "random", "kmp"] = "transfer"
    eps: float = field(default=0.5, metadata={"range": "[0, 1]"})
    density: float = field(default=1.0, metadata={"range": "[0, 1e300]"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class ON(System):
    """ON is unit vectors of n components on a lattice or any graph:

        E = - sum_(i,j) J_ij s_i . s_j - sum_i h_i . s_i,   |s_i| = 1,

    each bond counted once. Energies, J, h and kT share one unit; weights are with respect to the
    uniform measure on spheres. n = 2 is XY (erg.lattice.XY), n = 3 Heisenberg (erg.lattice.Heisenberg).
    With J = 1 the square XY lattice has a transition of Kosterlitz and Thouless at kT = 0.8929,
    the cubic Heisenberg lattice orders below kT = 1.4429.

    Bonds are numbered and boundaries are as for Ising.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or any graph.
    n : int, in [2, 64], default 3
        Number of components.
    J : float or array, unit energy, default 1.0
        Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,).
    h : float or array, unit energy, default 0.0
        Field: a number is along component 0; a vector, shape (n,); or one for each site, shape (sites,
        n).
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.sample : AdjustedMCLMC, AnnealedImportanceSampling, EllipticalSlice, EventChain, GeodesicHMC,
        GeodesicNUTS, HMC, HeatBath, MALA, MCLMC, Metropolis, Multicanonical, NUTS, NestedSampling,
        OverRelaxation, ParallelTempering, PopulationAnnealing, RandomWalk, SMC, SimulatedTempering,
        Slice, UmbrellaSampling, WangLandau, Wolff
    erg.simulate : GeneralisedLangevin, HeatBath, Langevin, NoseHoover, Overdamped, Verlet
    erg.solve : HarmonicExpansion, MeanField

    Observables
    -----------
    energy                    of the whole lattice, E
    magnetization             the mean spin, shape (n,)
    |magnetization|, magnetization^2, magnetization^4
                              powers of its length
    configuration             the spins, float64, in the shape of the lattice (or (sites,)) and (n,)
    structure_factor          shape of the lattice: |sum_x s_x exp(-i k x)|^2 / N, summed over components; hypercubic lattices
    helicity                  n = 2 and n = 3: 1/(N d) sum over axes mu of sum_b J (s . s')_b - (sum_b J (s x s')_b)^2 / kT, b the bonds
                              along mu, s and s' the components that turn; the mean over the axes of rotation for n = 3. Its mean is the
                              helicity modulus (spin stiffness); periodic hypercubic lattices
    vortices                  n = 2: the share of the plaquettes around which angles turn by +-2 pi; hypercubic lattices of two dimensions

    Methods
    -------
    erg.solve: HarmonicExpansion of chains, MeanField. erg.sample: HeatBath, OverRelaxation, Metropolis,
    Wolff, EventChain; HMC along great circles, and what else follows spheres. erg.simulate: HeatBath in
    continuous time.

    Examples
    --------
    >>> run = erg.sample(erg.lattice.ON((8, 8, 8), n=3), erg.OverRelaxation(), kT=1.0, sweeps=500, warmup=100, seed=1)
    >>> bool(0.5 < run["|magnetization|"].mean() < 0.8)
    True

    References
    ----------
    H. E. Stanley, Phys. Rev. Lett. 20, 589 (1968). Temperatures: M. Hasenbusch, J. Phys. A 38,
    5869 (2005); M. Campostrini, M. Hasenbusch, A. Pelissetto, P. Rossi, E. Vicari, Phys. Rev. B 65,
    144520 (2002).
    """

    type: ClassVar[str] = "lattice.ON"

    lattice: LatticeLike
    n: int = field(default=3, metadata={"range": "[2, 64]"})
    J: ArrayLike = field(default=1.0, metadata={"unit": "energy"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class PSpin(System):
    """PSpin is N spins that all meet in groups of p, with a coupling for each group:

        p = 2   E = - sum_(i<j)   J_ij  s_i s_j     - sum_i h_i s_i,
        p = 3   E = - sum_(i<j<k) J_ijk s_i s_j s_k - sum_i h_i s_i,   s_i = +1 or -1,   and so on.

    One number J for all makes the magnet of Curie and Weiss. erg.lattice.SherringtonKirkpatrick(N) and
    erg.lattice.random_p_spin(N) draw Gaussian couplings, with which p = 2 is a glass below kT = J and p
    = 3 one below kT = 0.651 J, by a transition of first order in the overlap.

    Every walker keeps the local fields, so that a spin that stays costs a few operations, one that
    turns N (p = 2), N^2 (p = 3), or p times its groups, (N-1)! / ((p-1)! (N-p)!) of them, for larger p,
    whose couplings take p numbers each. Couplings are kept as whole multiples of a power of two below
    2^-60 of what a spin meets at most, in which fields are exact: nothing drifts, and nothing is summed
    again.

    Parameters
    ----------
    n : int, in [2, 65536]
        Number of spins.
    p : int, in [2, 12], default 2
        Spins that meet in a term.
    J : float or array, unit energy, default 1.0
        Couplings: a number, or one for each group of p spins, i < j (< k < ...), in lexicographic order
        (that of itertools.combinations), which is numpy.triu_indices(n, 1) for p = 2.
    h : float or array, unit energy, default 0.0
        Field; one number, or one for each spin, shape (N,).
    law : float or array, default 0.0
        J and J0 of the law that couplings were drawn from, shape (2,): for erg.ReplicaSymmetric and
        erg.OneStepRSB, which know no more of them.

    Methods that fit
    ----------------
    erg.sample : AnnealedImportanceSampling, HeatBath, Kawasaki, Metropolis, Multicanonical,
        NestedSampling, ParallelTempering, PopulationAnnealing, SMC, SimulatedTempering,
        UmbrellaSampling, WangLandau
    erg.simulate : CreutzDemon, Driven, HeatBath, Kawasaki, NFoldWay
    erg.solve : BeliefPropagation, Enumeration, MeanField, OneStepRSB, ReplicaSymmetric

    Observables
    -----------
    energy           E
    magnetization    the mean spin, |magnetization|, magnetization^2, magnetization^4
    configuration    the spins, int8, shape (N,); erg.lattice.overlaps of two runs is the order parameter of glasses

    Methods
    -------
    erg.solve: ReplicaSymmetric, OneStepRSB (N to infinity), MeanField, BeliefPropagation, Enumeration.
    erg.sample: HeatBath, Metropolis, Kawasaki, and by these tempering, annealing, flat histograms.
    erg.simulate: HeatBath, Kawasaki and NFoldWay in continuous time. A sweep visits the spins one after
    the other ("checkerboard", which for spins that all meet is the same as "sequential") or at random.

    Examples
    --------
    >>> import numpy as np
    >>> N = 200
    >>> magnet = erg.lattice.PSpin(N, J=1.0 / N)
    >>> run = erg.sample(magnet, kT=0.5, sweeps=500, warmup=100, observe=["|magnetization|"], seed=1)
    >>> bool(abs(run["|magnetization|"].mean() - 0.957) < 0.01)
    True

    References
    ----------
    D. Sherrington, S. Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975). B. Derrida, Phys. Rev. B 24,
    2613 (1981). D. J. Gross, M. Mezard, Nucl. Phys. B 240, 431 (1984).
    """

    type: ClassVar[str] = "lattice.PSpin"

    n: int = field(metadata={"range": "[2, 65536]"})
    p: int = field(default=2, metadata={"range": "[2, 12]"})
    J: ArrayLike = field(default=1.0, metadata={"unit": "energy"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    law: ArrayLike = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class Pairwise(System):
    """Pairwise is spins of a few values with any energy of pairs and of single sites, on a lattice or any
    graph:

        E = sum_(i,j) J_ij V(s_i, s_j) + sum_i U_i(s_i),   s_i = 0, ..., q-1,

    each bond counted once. erg.lattice.Model makes it of functions in NumPy.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or any graph.
    numbers : float or array
        What the numbers 0, ..., q-1 stand for, shape (q,), 2 <= q <= 256.
    pair : float or array, unit energy
        Energies of pairs, symmetric, shape (q, q).
    site : float or array, unit energy, default 0.0
        Energies of sites, shape (q,) or (sites, q).
    J : float or array, default 1.0
        Factor of each bond: one number, or shape (bonds,).
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.sample : AnnealedImportanceSampling, HeatBath, Kawasaki, Metropolis, Multicanonical,
        NestedSampling, ParallelTempering, PopulationAnnealing, SMC, SimulatedTempering,
        UmbrellaSampling, WangLandau
    erg.simulate : CreutzDemon, Driven, HeatBath, Kawasaki, NFoldWay
    erg.solve : BeliefPropagation, Enumeration, MeanField, TransferMatrix

    Observables
    -----------
    energy             of the whole lattice, E
    magnetization      the mean of values[s_i]
    |magnetization|, magnetization^2, magnetization^4
    occupation         (q,): the share of the sites with each value
    configuration      the numbers s of the values, uint8, in the shape of the lattice (or (sites,))

    Methods
    -------
    erg.solve: TransferMatrix, Enumeration. erg.sample: HeatBath, Metropolis, Kawasaki. erg.simulate:
    HeatBath, Kawasaki and NFoldWay in continuous time, Driven, CreutzDemon.
    """

    type: ClassVar[str] = "lattice.Pairwise"

    lattice: LatticeLike
    numbers: ArrayLike
    pair: ArrayLike = field(metadata={"unit": "energy"})
    site: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    J: ArrayLike = 1.0
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class Phi4(System):
    """Phi4 is a real scalar field with a quartic potential on a lattice. Its action is

        S = sum_(x,y) (phi_x - phi_y)^2 / 2 + sum_x [ mass2 phi_x^2 / 2 + lam phi_x^4 / 4 - h phi_x ],

    each bond (x,y) counted once; configurations have the weight exp(-S/kT), kT = 1 by convention. All
    numbers are in units of the lattice. On a hypercubic lattice of dimension d the quadratic part is (d
    + mass2/2) phi_x^2 less the products of neighbours. The symmetry phi -> -phi of h = 0 is broken in
    the infinite lattice where mass2 is below a critical value, negative for d > 1; the order parameter
    is the mean field.

    Other conventions: sum (d phi)^2 + mass2 phi^2 + lam phi^4 of flow models is this action of sqrt(2)
    phi, with the same mass2 and lam. The hopping form -2 kappa sum phi_x phi_y + phi^2 + l (phi^2 -
    1)^2 is that of phi = phi_here / sqrt(2 kappa) with mass2 = (1 - 2 l)/kappa - 2 d and lam = l /
    kappa^2.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or any graph: edges (bonds, 2), a scipy.sparse matrix,
        a networkx graph (weights are not used).
    mass2 : float, default 1.0
        Squared mass; may be negative where lam is above 0.
    lam : float, in [0, inf), default 0.0
        Coupling.
    h : float, default 0.0
        External field.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.sample : AdjustedMCLMC, AnnealedImportanceSampling, EllipticalSlice, GeodesicHMC,
        GeodesicNUTS, HMC, HeatBath, MALA, MCLMC, Metropolis, Multicanonical, NUTS, NestedSampling,
        OverRelaxation, ParallelTempering, PopulationAnnealing, RandomWalk, SMC, SimulatedTempering,
        Slice, UmbrellaSampling, WangLandau
    erg.simulate : GeneralisedLangevin, Langevin, NoseHoover, Overdamped, Verlet
    erg.solve : FreeField

    Observables
    -----------
    configuration             phi, in the shape of the lattice (or (sites,))
    energy                    S
    action_density            S / N
    magnetization             M = (1/N) sum_x phi_x
    |magnetization|, magnetization^2, magnetization^4
    phi^2, phi^4              means over sites of phi^2 and phi^4
    kinetic                   sum_(x,y) (phi_x - phi_y)^2 / (2 N)
    correlator                (r,): (A/T) sum_t f_t f_(t+r), r = 0 up to T/2, f_t the mean field of the slice t of the first axis, of length T,
                              A the sites of a slice: the sum over a slice of <phi phi>, decaying as exp(-m r); first axis periodic

    Examples
    --------
    >>> field = erg.lattice.Phi4((16, 16), mass2=-4.0, lam=8.0)
    >>> run = erg.sample(field, erg.HMC(steps=10, integrator="omelyan"), sweeps=500, warmup=200, seed=1)
    >>> run["energy"].shape
    (4, 500)
    >>> free = erg.lattice.Phi4((8, 8), mass2=0.5, lam=0.0)
    >>> print(round(float(erg.solve(free)["phi^2"]), 4))
    0.3176

    References
    ----------
    M. S. Albergo, G. Kanwar, P. E. Shanahan, Phys. Rev. D 100, 034515 (2019),
    doi:10.1103/PhysRevD.100.034515 (sum (d phi)^2 form). I. Montvay, G. Muenster, Quantum Fields on a
    Lattice (Cambridge, 1994), chapter 2.
    """

    type: ClassVar[str] = "lattice.Phi4"

    lattice: LatticeLike
    mass2: float = 1.0
    lam: float = field(default=0.0, metadata={"range": "[0, inf)"})
    h: float = 0.0
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class Potts(System):
    """Potts is spins of q values on a lattice or any graph:

        E = - sum_(i,j) J_ij delta(s_i, s_j) - sum_i h_i(s_i),   s_i = 0, ..., q-1,

    each bond counted once. Energies, J, h and kT share one unit. With J = 1 the periodic square lattice
    orders below kT = 1 / log(1 + sqrt(q)), at a continuous transition for q <= 4, at one of first order
    for q > 4. q = 2 is Ising with half its J: delta = (1 + s s')/2.

    Bonds are numbered and boundaries are as for Ising.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or any graph.
    q : int, in [2, 256], default 3
        Number of values.
    J : float or array, unit energy, default 1.0
        Coupling; positive is ferromagnetic. One number, or one for each bond, shape (bonds,).
    h : float or array, unit energy, default 0.0
        Fields on the values: a number is on value 0; one for each value, shape (q,); or for each site,
        shape (sites, q).
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.sample : AnnealedImportanceSampling, HeatBath, Kawasaki, Metropolis, Multicanonical,
        NestedSampling, ParallelTempering, PopulationAnnealing, SMC, SimulatedTempering, SwendsenWang,
        UmbrellaSampling, WangLandau, Wolff
    erg.simulate : CreutzDemon, Driven, HeatBath, Kawasaki, NFoldWay
    erg.solve : Baxter, BeliefPropagation, Enumeration, MeanField, TransferMatrix

    Observables
    -----------
    energy              of the whole lattice, E
    magnetization       (q max_a rho_a - 1) / (q - 1), rho_a the share of the sites with value a: 0 in the disordered phase, 1 in a ground state
    magnetization^2     (q sum_a rho_a^2 - 1) / (q - 1): the square of the order parameter as a vector of the simplex
    magnetization^4     the square of that
    occupation          (q,): rho_a
    configuration       the values, uint8, in the shape of the lattice (or (sites,))
    cluster_sizes       of the clusters of SwendsenWang

    Methods
    -------
    erg.solve: TransferMatrix, Enumeration, Baxter (at kTc), MeanField, BeliefPropagation. erg.sample:
    HeatBath, Metropolis, Wolff, SwendsenWang, Kawasaki. erg.simulate: HeatBath, Kawasaki and NFoldWay
    in continuous time, Driven, CreutzDemon.

    Examples
    --------
    >>> run = erg.sample(erg.lattice.Potts((16, 16), q=3), erg.SwendsenWang(), kT=0.9, sweeps=500, warmup=100, seed=1)
    >>> bool(0.8 < run["magnetization"].mean() < 1)
    True

    References
    ----------
    R. B. Potts, Proc. Camb. Phil. Soc. 48, 106 (1952). F. Y. Wu, Rev. Mod. Phys. 54, 235 (1982).
    """

    type: ClassVar[str] = "lattice.Potts"

    lattice: LatticeLike
    q: int = field(default=3, metadata={"range": "[2, 256]"})
    J: ArrayLike = field(default=1.0, metadata={"unit": "energy"})
    h: ArrayLike = field(default=0.0, metadata={"unit": "energy"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class SU2(System):
    """SU2 is SU(2) lattice gauge theory with Wilson's plaquette action

        S = beta sum_p (1 - Re tr U_p / 2),   U_p = U_mu(x) U_nu(x+mu) U_mu(x+nu)* U_nu(x)*,

    with a matrix on every link of a periodic hypercubic lattice and each plaquette (mu < nu) counted
    once, beta = 4/g^2; configurations have the weight exp(-S/kT) with respect to Haar's measure,
    kT = 1 by convention. All numbers are in units of the lattice. The order parameter of deconfinement
    is the Polyakov loop, whose sign is spontaneously broken. Strong coupling: <plaquette> = beta/4 +
    O(beta^3).

    A matrix is held as a unit quaternion, U = a0 + i (a1 s1 + a2 s2 + a3 s3) with Pauli's matrices s;
    methods move it on the sphere, with mass 1 for each number of a.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths, two to six of them, each at least 2. The first axis is the one of the Polyakov
        loops.
    beta : float, in [0, inf), default 1.0
        Inverse coupling.
    flow : float or sequence of float, default 0.0
        Flow times, in units of the lattice spacing squared, of the observables after the gradient flow.

    Methods that fit
    ----------------
    erg.sample : AdjustedMCLMC, AnnealedImportanceSampling, EllipticalSlice, GeodesicHMC,
        GeodesicNUTS, HMC, HeatBath, MALA, MCLMC, Metropolis, Multicanonical, NUTS, NestedSampling,
        OverRelaxation, ParallelTempering, PopulationAnnealing, RandomWalk, SMC, SimulatedTempering,
        Slice, UmbrellaSampling, WangLandau
    erg.simulate : GeneralisedLangevin, Langevin, NoseHoover, Overdamped, Verlet
    erg.solve : CharacterExpansion

    Observables
    -----------
    configuration        U, shape (d, *lattice, 4)
    energy               S
    action_density       S / N
    plaquette            mean of Re tr U_p / 2
    wilson_loops         (r, t): mean of Re tr / 2 around rectangles of sides r+1 and t+1, up to half the shortest side, over
                         positions and planes
    polyakov             mean of tr/2 of the products along the first axis
    |polyakov|           its modulus
    topological_charge   of four dimensions: Q = -(1/4 pi^2) sum_x tr(F_01 F_23 - F_02 F_13 + F_03 F_12), F from the clover
                         of four plaquettes; near whole numbers only of smooth fields
    flow_energy          (time,): E = 2 sum_p Re tr(1 - U_p) / N after the gradient flow dU/dt = -g^2 dS/dU U, at each time
                         of flow
    flow_charge          (time,): topological_charge after the flow; four dimensions

    Examples
    --------
    >>> theory = erg.lattice.SU2((8, 8), beta=4.0)
    >>> print(round(float(erg.solve(theory)["plaquette"]), 4))
    0.658
    >>> run = erg.sample(theory, erg.HMC(steps=8, integrator="omelyan"), sweeps=200, warmup=200, seed=1, observe=["plaquette"])
    >>> print(abs(float(run["plaquette"].mean()) - 0.658) < 0.01)
    True

    References
    ----------
    K. G. Wilson, Phys. Rev. D 10, 2445 (1974), doi:10.1103/PhysRevD.10.2445. M. Luescher, JHEP 08,
    071 (2010), doi:10.1007/JHEP08(2010)071 for the flow.
    """

    type: ClassVar[str] = "lattice.SU2"

    lattice: LatticeLike
    beta: float = field(default=1.0, metadata={"range": "[0, inf)"})
    flow: float | Sequence[float] = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class SU3(System):
    """SU3 is SU(3) lattice gauge theory with Wilson's plaquette action

        S = beta sum_p (1 - Re tr U_p / 3),   U_p = U_mu(x) U_nu(x+mu) U_mu(x+nu)* U_nu(x)*,

    with a matrix on every link of a periodic hypercubic lattice and each plaquette (mu < nu) counted
    once, beta = 6/g^2; configurations have the weight exp(-S/kT) with respect to Haar's measure,
    kT = 1 by convention. All numbers are in units of the lattice. The order parameter of deconfinement
    is the Polyakov loop, whose phase is spontaneously broken. Strong coupling: <plaquette> = beta/18 +
    beta^2/216 + ...; at beta = 6 in four dimensions it is 0.59365 of large lattices.

    A matrix is held as its real parts, row by row, and its imaginary parts: U = x[..., 0, :, :] + 1j
    x[..., 1, :, :]; methods move it with the kinetic energy tr(P* P)/2, P = dU/dt.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths, two to six of them, each at least 2. The first axis is the one of the Polyakov
        loops.
    beta : float, in [0, inf), default 1.0
        Inverse coupling.
    flow : float or sequence of float, default 0.0
        Flow times, in units of the lattice spacing squared, of the observables after the gradient flow.

    Methods that fit
    ----------------
    erg.sample : AdjustedMCLMC, AnnealedImportanceSampling, EllipticalSlice, GeodesicHMC,
        GeodesicNUTS, HMC, HeatBath, MALA, MCLMC, Metropolis, Multicanonical, NUTS, NestedSampling,
        OverRelaxation, ParallelTempering, PopulationAnnealing, RandomWalk, SMC, SimulatedTempering,
        Slice, UmbrellaSampling, WangLandau
    erg.simulate : GeneralisedLangevin, Langevin, NoseHoover, Overdamped, Verlet
    erg.solve : CharacterExpansion

    Observables
    -----------
    configuration        U, shape (d, *lattice, 2, 3, 3)
    energy               S
    action_density       S / N
    plaquette            mean of Re tr U_p / 3
    wilson_loops         (r, t): mean of Re tr / 3 around rectangles of sides r+1 and t+1, up to half the shortest side, over
                         positions and planes
    polyakov             (2,): real and imaginary part of the mean of tr/3 of the products along the first axis
    |polyakov|           its modulus
    topological_charge   of four dimensions: Q = -(1/4 pi^2) sum_x tr(F_01 F_23 - F_02 F_13 + F_03 F_12), F from the clover
                         of four plaquettes; near whole numbers only of smooth fields
    flow_energy          (time,): E = 2 sum_p Re tr(1 - U_p) / N after the gradient flow dU/dt = -g^2 dS/dU U, at each time
                         of flow
    flow_charge          (time,): topological_charge after the flow; four dimensions

    Examples
    --------
    >>> theory = erg.lattice.SU3((4, 4, 4, 4), beta=5.5, flow=[0.0, 0.5])
    >>> run = erg.sample(theory, erg.HMC(steps=8), chains=1, sweeps=5, warmup=20, seed=1, observe=["plaquette", "polyakov", "flow_energy"])
    >>> run["polyakov"].shape, run["flow_energy"].shape, bool((run["flow_energy"][..., 1] < run["flow_energy"][..., 0]).all())
    ((1, 5, 2), (1, 5, 2), True)

    References
    ----------
    K. G. Wilson, Phys. Rev. D 10, 2445 (1974), doi:10.1103/PhysRevD.10.2445. M. Luescher, JHEP 08,
    071 (2010), doi:10.1007/JHEP08(2010)071 for the flow.
    """

    type: ClassVar[str] = "lattice.SU3"

    lattice: LatticeLike
    beta: float = field(default=1.0, metadata={"range": "[0, inf)"})
    flow: float | Sequence[float] = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class Sandpile(System):
    """Sandpile is the Abelian sandpile: z_i >= 0 grains on every site, which topples where z_i >=
    Delta_ii,

        z_i -> z_i - Delta_ii,   z_j -> z_j + 1 for each bond (i, j),   Delta_ii = bonds of i inside the lattice and over its edge + loss_i.

    Grains over an open edge, and loss_i of them at each toppling, leave; so a hypercubic lattice of
    d dimensions has Delta_ii = 2 d everywhere. On a graph, which has no edge, loss says where grains
    leave. The final state does not depend on the order of topplings (D. Dhar).

    One unit of time adds a grain at a random site and lets topplings end. In the long run all recurrent
    states are equally likely, det Delta in number, and a grain at i makes site j topple (Delta^-1)_ij
    times on average.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8),
        periodic=False), or any graph.
    loss : float or array, default 0.0
        Grains that leave at each toppling, beside those over an edge: whole numbers, one for all or one
        for each site.
    periodic : bool or sequence of bool, default False
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.simulate : SlowDrive

    Observables
    -----------
    configuration             grains, int32, in the shape of the lattice (or (sites,))
    grains                    mean number of grains of a site
    size, area, duration      of the last avalanche: topplings, sites that toppled, steps in which all unstable sites topple at once
    sizes, areas, durations   of the avalanches of all grains since the record before, ragged; grains that move nothing have 0
    topplings                 of each site in the last avalanche, int32
    activity                  of each site j, int32: of the states that come from this one by a grain more, one for each site, in how many j topples
    responses                 of each site i, int32: topplings in all if the next grain were added at i

    Start
    -----
    "random" is a recurrent state, drawn uniformly: a spanning tree by D. B. Wilson's walks, burnt
    backwards (S. N. Majumdar, D. Dhar). "ordered" is the empty lattice. States that are given are
    stable.

    Examples
    --------
    >>> pile = erg.lattice.Sandpile((32, 32))
    >>> run = erg.simulate(pile, time=1000.0, every=100.0, observe=["sizes", "grains"], seed=1)
    >>> run["sizes"][0, 1].shape
    (100,)
    >>> print(round(float(run["grains"].mean()), 1))
    2.1

    References
    ----------
    P. Bak, C. Tang, K. Wiesenfeld, Phys. Rev. Lett. 59, 381 (1987). D. Dhar, Phys. Rev. Lett. 64,
    1613 (1990). S. N. Majumdar, D. Dhar, Physica A 185, 129 (1992). D. B. Wilson, STOC 1996, 296.
    """

    type: ClassVar[str] = "lattice.Sandpile"

    lattice: LatticeLike
    loss: ArrayLike = 0.0
    periodic: bool | Sequence[bool] = False


@dataclass(frozen=True, eq=False, repr=False)
class Tabled(System):
    """Tabled is spins of a few values with any energy of a site and all its z neighbours together,
    on a lattice where every site has z:

        E = sum_i e(s_i; s_j1, ..., s_jz),   s_i = 0, ..., q-1,

    j1, ..., jz the neighbours of i in the order of the lattice: on hypercubic ones one back and one on
    along axis 0, then along axis 1, ...; elsewhere in the order of the bonds. erg.lattice.Model makes
    it of a function in NumPy.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or any graph.
    numbers : float or array
        What the numbers 0, ..., q-1 stand for, shape (q,), 2 <= q <= 256.
    table : float or array, unit energy
        e, shape (q,) * (1 + z): the site's own value first.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.sample : AnnealedImportanceSampling, HeatBath, Kawasaki, Metropolis, Multicanonical,
        NestedSampling, ParallelTempering, PopulationAnnealing, SMC, SimulatedTempering,
        UmbrellaSampling, WangLandau
    erg.simulate : CreutzDemon, Driven, HeatBath, Kawasaki, NFoldWay
    erg.solve : BeliefPropagation, Enumeration, MeanField, TransferMatrix

    Observables
    -----------
    energy             of the whole lattice, E
    magnetization      the mean of numbers[s_i]
    |magnetization|, magnetization^2, magnetization^4
    occupation         (q,): the share of the sites with each value
    configuration      the numbers s of the values, uint8, in the shape of the lattice (or (sites,))

    Methods
    -------
    erg.solve: TransferMatrix, Enumeration. erg.sample: HeatBath, Metropolis, Kawasaki. erg.simulate:
    HeatBath, Kawasaki and NFoldWay in continuous time, Driven.
    """

    type: ClassVar[str] = "lattice.Tabled"

    lattice: LatticeLike
    numbers: ArrayLike
    table: ArrayLike = field(metadata={"unit": "energy"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class U1(System):
    """U1 is compact U(1) lattice gauge theory with Wilson's plaquette action

        S = beta sum_p (1 - cos P),   P_(mu nu)(x) = t_mu(x) + t_nu(x+mu) - t_mu(x+nu) - t_nu(x),

    with an angle t on every link of a periodic hypercubic lattice and each plaquette (mu < nu) counted
    once; configurations have the weight exp(-S/kT) with respect to Haar's measure dt/2pi, kT = 1 by
    convention. All numbers are in units of the lattice. In two dimensions beta -> infinity is the
    continuum, and the topological charge freezes on the way; in four the Coulomb phase begins at beta =
    1.0111.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths, two to six of them, each at least 2. The first axis is the one of the Polyakov
        loops.
    beta : float, in [0, inf), default 1.0
        Inverse coupling 1/g^2.

    Methods that fit
    ----------------
    erg.sample : AdjustedMCLMC, AnnealedImportanceSampling, EllipticalSlice, GeodesicHMC,
        GeodesicNUTS, HMC, HeatBath, MALA, MCLMC, Metropolis, Multicanonical, NUTS, NestedSampling,
        OverRelaxation, ParallelTempering, PopulationAnnealing, RandomWalk, SMC, SimulatedTempering,
        Slice, UmbrellaSampling, WangLandau
    erg.simulate : GeneralisedLangevin, Langevin, NoseHoover, Overdamped, Verlet
    erg.solve : CharacterExpansion

    Observables
    -----------
    configuration        t, shape (d, *lattice), in [-pi, pi]
    energy               S
    action_density       S / N
    plaquette            mean of cos P
    wilson_loops         (r, t): mean of the cosine of the angle around rectangles of sides r+1 and t+1, up to half the shortest side, over
                         positions and planes
    polyakov             (2,): real and imaginary part of the mean of exp(i sum t) along the first axis
    |polyakov|           its modulus
    topological_charge, topological_charge^2
                         of two dimensions: Q = (1/2pi) sum_p wrap(P), wrap to [-pi, pi), an integer

    Examples
    --------
    >>> theory = erg.lattice.U1((8, 8), beta=2.0)
    >>> exact = erg.solve(theory)
    >>> print(round(float(exact["plaquette"]), 6), round(float(exact["topological_charge^2"]), 4))
    0.697775 1.2393
    >>> run = erg.sample(theory, erg.HMC(steps=10), sweeps=300, warmup=200, seed=1, observe=["plaquette", "topological_charge"])
    >>> print(abs(float(run["plaquette"].mean()) - 0.6978) < 0.02)
    True

    References
    ----------
    K. G. Wilson, Phys. Rev. D 10, 2445 (1974), doi:10.1103/PhysRevD.10.2445. M. Luescher, Commun. Math.
    Phys. 85, 39 (1982) for the charge.
    """

    type: ClassVar[str] = "lattice.U1"

    lattice: LatticeLike
    beta: float = field(default=1.0, metadata={"range": "[0, inf)"})


@dataclass(frozen=True, eq=False, repr=False)
class Villain(System):
    """Villain is planar spins, angles theta on a lattice or any graph, with a periodic Gaussian for the
    weight of each bond: exp(-E/kT), kT = 1 by convention,

        E = - sum_(i,j) log sum_n exp(-(K_ij/2) (theta_i - theta_j - 2 pi n)^2),   n over all integers,

    each bond counted once. K is J/T of the physical model, whose temperature is in the weight and not
    in kT; kT other than 1 are there for ladders and paths. Spin waves and vortices of this model do not
    interact. On the square lattice it has a transition of Kosterlitz and Thouless at K = 0.752.

    Sums over n are exact to double precision: four terms on each side for K >= 1/(2 pi); below that
    their Fourier series, (2 pi K)^(-1/2) sum_m exp(-m^2/(2K)) cos(m x), with as many (what is left out
    is under 1e-21 of the sum).

    Bonds are numbered and boundaries are as for Ising.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, or any graph.
    K : float or array, default 1.0
        Stiffness J/T, above 0: one number, or one for each bond, shape (bonds,).
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.sample : AdjustedMCLMC, AnnealedImportanceSampling, EllipticalSlice, GeodesicHMC,
        GeodesicNUTS, HMC, HeatBath, MALA, MCLMC, Metropolis, Multicanonical, NUTS, NestedSampling,
        ParallelTempering, PopulationAnnealing, RandomWalk, SMC, SimulatedTempering, Slice,
        UmbrellaSampling, WangLandau
    erg.simulate : GeneralisedLangevin, Langevin, NoseHoover, Overdamped, Verlet
    erg.solve : MeanField

    Observables
    -----------
    energy                    E; its mean is that of -log of the weight, not the derivative of log Z by the temperature
    magnetization             the mean of (cos theta, sin theta), shape (2,)
    |magnetization|, magnetization^2, magnetization^4
                              powers of its length
    configuration             theta in [-pi, pi], float64, in the shape of the lattice (or (sites,))
    helicity                  1/(N d) sum over axes mu of sum_b E'' - (sum_b E')^2 / kT, b the bonds along mu, E' and E'' the derivatives of a bond's
                              energy by its angle. Its mean is the helicity modulus over T of the physical model, which jumps from 2/pi to 0 at the
                              transition of the square lattice; periodic hypercubic lattices
    vortices                  the share of the plaquettes around which angles turn by +-2 pi; hypercubic lattices of two dimensions

    Methods
    -------
    erg.sample: HeatBath, Metropolis, HMC, and what else moves densities of angles. A visit of HeatBath
    draws the n of each bond of a site, then its angle from the Gaussian that they make together,
    and forgets them: it is always accepted at kT = 1, else with the probability that makes up for the
    difference of the weights. erg.solve: MeanField, of laws of single angles.

    Examples
    --------
    >>> run = erg.sample(erg.lattice.Villain((8, 8), K=1.5), sweeps=500, warmup=100, seed=1)
    >>> bool(0.7 < run["|magnetization|"].mean() < 1)
    True

    References
    ----------
    J. Villain, J. Physique 36, 581 (1975). W. Janke, K. Nather, Phys. Rev. B 48, 7419 (1993).
    """

    type: ClassVar[str] = "lattice.Villain"

    lattice: LatticeLike
    K: ArrayLike = 1.0
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class Voter(System):
    """Voter is the voter model: at rate 1 every site takes over the opinion of a neighbour, drawn by its
    bond, and at the rate noise it makes up its mind by a fair coin,

        s_i <- s_j at rate 1/k_i for each bond (i, j) of its k_i,   s_i <- +1 or -1 at rate noise/2 each.

    Without noise a finite connected lattice ends in consensus, on +1 with probability sum_i k_i (1
    + s_i)/2 / sum_i k_i of the start (walks that coalesce backwards in time), and sum_i k_i s_i is a
    martingale. On a ring the share of active bonds falls as t^(-1/2). A site without bonds keeps its
    opinion but for noise.

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any
        graph.
    noise : float, in [0, inf), unit 1/time, default 0.0
        Rate at which a site tosses a coin.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.simulate : RandomSequential

    Observables
    -----------
    magnetization             mean opinion, m = (1/N) sum_i s_i
    |magnetization|, magnetization^2, magnetization^4
    active                    share of the bonds that join different opinions
    configuration             the opinions, int8, in the shape of the lattice (or (sites,))

    Examples
    --------
    >>> run = erg.simulate(erg.lattice.Voter((200,)), time=100.0, every=10.0, observe=["active"], seed=1)
    >>> bool(run["active"][:, -1].mean() < 0.1 < run["active"][:, 0].mean())
    True

    References
    ----------
    P. Clifford, A. Sudbury, Biometrika 60, 581 (1973). R. A. Holley, T. M. Liggett, Ann. Probab. 3,
    643 (1975). A. Kirman, Q. J. Econ. 108, 137 (1993), with noise.
    """

    type: ClassVar[str] = "lattice.Voter"

    lattice: LatticeLike
    noise: float = field(default=0.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class ZeroRange(System):
    """ZeroRange is the zero-range process: any number of particles a site, one of which hops over a bond
    at a rate that depends on the site it leaves,

        n_i -> n_i - 1, n_j -> n_j + 1 at rate forward u(n_i) along a bond (i, j), n_j -> n_j - 1, n_i -> n_i + 1 at rate backward u(n_j) against it,

    where u(n) is 1 ("constant"), n ("linear": independent walkers), or 1 + b/n ("condensing"), and u(0)
    = 0. On a ring, and on any lattice where forward = backward, the number K of particles stays and the
    arrangements have the product law

        P(n) = (1/Z) prod_i f(n_i),   f(n) = prod_(k=1..n) 1/u(k).

    With u = 1 + b/n, b > 2, a finite share of the particles condenses on one site above the density
    1/(b-2).

    Parameters
    ----------
    lattice : tuple of int, lattice, edge array (bonds, 2), scipy.sparse matrix or networkx graph
        Side lengths of a hypercubic lattice, a lattice such as erg.lattice.kagome((8, 8)), or any
        graph.
    law : {"constant", "linear", "condensing"}, default "constant"
        The rate u(n) at which a site with n particles loses one.
    b : float, in [0, 1e6], default 0.0
        Of u(n) = 1 + b/n.
    forward : float, in [0, inf), unit 1/time, default 1.0
        Rate of a hop along a bond, as a multiple of u.
    backward : float, in [0, inf), unit 1/time, default 1.0
        Rate of a hop against it.
    density : float, in [0, 1e6], default 1.0
        Particles a site at the start.
    periodic : bool or sequence of bool, default True
        Boundary of a hypercubic lattice: one value for all axes, or one for each.

    Methods that fit
    ----------------
    erg.simulate : RandomSequential

    Observables
    -----------
    configuration             numbers of particles, int32, in the shape of the lattice (or (sites,))
    largest                   most particles on a site
    occupied                  share of the sites with a particle
    moment2, moment3          means over sites of n^2, n^3
    flow                      hops forward less hops backward since the start, over all bonds

    Start
    -----
    "random" puts round(density N) particles on sites drawn with replacement, "ordered" spreads them
    evenly.

    Examples
    --------
    >>> ring = erg.lattice.ZeroRange((100,), law="condensing", b=4.0, density=2.0)
    >>> run = erg.simulate(ring, time=1000.0, every=10.0, observe=["largest", "occupied"], seed=1)
    >>> run["largest"].shape
    (4, 101)

    References
    ----------
    F. Spitzer, Adv. Math. 5, 246 (1970). M. R. Evans, T. Hanney, J. Phys. A 38, R195 (2005).
    """

    type: ClassVar[str] = "lattice.ZeroRange"

    lattice: LatticeLike
    law: Literal["constant", "linear", "condensing"] = "constant"
    b: float = field(default=0.0, metadata={"range": "[0, 1e6]"})
    forward: float = field(default=1.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    backward: float = field(default=1.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    density: float = field(default=1.0, metadata={"range": "[0, 1e6]"})
    periodic: bool | Sequence[bool] = True


@dataclass(frozen=True, eq=False, repr=False)
class AdjustedMCLMC(Method):
    """AdjustedMCLMC moves along microcanonical trajectories, each with a new direction, and accepts their
    ends by Metropolis (J. Robnik, R. Cohn-Gordon, U. Seljak, arXiv:2503.01707). The number of steps of
    a trajectory is uniform about its mean, which passes the length. At least two dimensions.

    Parameters
    ----------
    target_accept : float, in (0, 1), default 0.9
        Mean acceptance that the step size is adapted to.
    length : float, in [0, inf), default 0.0
        Mean length of a trajectory, in scaled coordinates; 0 is sqrt(n) pi/2, that of a Gaussian's
        quarter turn.
    metric : {"diagonal", "unit"}, default "diagonal"
        Scales that warm-up estimates, or none.
    step_size : float, in [0, inf), default 0.0
        Step in scaled coordinates; 0 is adapted.
    """

    type: ClassVar[str] = "AdjustedMCLMC"

    target_accept: float = field(default=0.9, metadata={"range": "(0, 1)"})
    length: float = field(default=0.0, metadata={"range": "[0, inf)"})
    metric: Literal["diagonal", "unit"] = "diagonal"
    step_size: float = field(default=0.0, metadata={"range": "[0, inf)"})


@dataclass(frozen=True, eq=False, repr=False)
class AnnealedImportanceSampling(Method):
    """AnnealedImportanceSampling draws from the reference, anneals each particle on its own and weighs it
    by

        log w = sum over steps of -(u_new(x) - u_old(x)) + log of the reference's normaliser,

    without resampling. The mean of w is the evidence without bias; its logarithm is biased by half its
    relative variance. Path, reference and results are those of SMC. Steps (where they are placed by
    cess) and kernels come from a pilot population, which keeps the weights unbiased.

    Parameters
    ----------
    kernel : method, default None
        How particles move; where none is given HMC for densities, Metropolis for spins.
    sweeps : int, in [1, 1e9], default 1
        Sweeps of the kernel after each step.
    cess : float, in (0, 1), default 0.99
        Conditional effective size of the pilot, as a share, that a step leaves.
    steps : int, in [0, 1e9], default 0
        Number of equal steps from temperature to temperature; 0 places them by cess.
    pilot : int, in [2, 1e9], default 200
        Particles beside each population that set its steps and kernels.
    reference : {"automatic", "prior", "gaussian"}, default "automatic"
        What populations begin from: "prior" the laws of an erg.Posterior, so that the evidence is the
        marginal likelihood (of kT = 1), "gaussian" that of center and scale; "automatic" the prior of a
        posterior of laws where center and scale are not given.
    center : float or array, default 0.0
        Mean of the Gaussian reference of a density, in unconstrained coordinates: one number or one for
        each. That of angles, spheres and other surfaces is uniform.
    scale : float or array, default 1.0
        Its standard deviation.

    Observables
    -----------
    Beside the system's: log_weights (draw,), family (draw,), log_evidence and log_evidence_se.

    Info
    ----
    ess     effective particles at a temperature
    stages  steps to a temperature from the one before

    Examples
    --------
    >>> magnet = erg.lattice.Ising((4, 4))
    >>> run = erg.sample(magnet, erg.AnnealedImportanceSampling(), kT=2.0, draws=2000, seed=1)
    >>> exact = erg.solve(magnet, kT=2.0)
    >>> bool(abs(run.log_evidence.value - exact["log_z"]) < 0.1)
    True

    References
    ----------
    R. M. Neal, Stat. Comput. 11, 125 (2001). C. Jarzynski, Phys. Rev. E 56, 5018 (1997).
    """

    type: ClassVar[str] = "AnnealedImportanceSampling"
    staged: ClassVar[bool] = True
    unit: ClassVar[str] = "ladder"

    kernel: Method | None = None
    sweeps: int = field(default=1, metadata={"range": "[1, 1e9]"})
    cess: float = field(default=0.99, metadata={"range": "(0, 1)"})
    steps: int = field(default=0, metadata={"range": "[0, 1e9]"})
    pilot: int = field(default=200, metadata={"range": "[2, 1e9]"})
    reference: Literal["automatic", "prior", "gaussian"] = "automatic"
    center: ArrayLike = 0.0
    scale: ArrayLike = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class AuxiliaryFilter(Method):
    """AuxiliaryFilter draws parents by their weights times eta_t(x_{t-1}), how well they foresee y_t (M.
    K. Pitt, N. Shephard, JASA 94, 590 (1999)), and divides their children's weights by it. The proposal
    is the model's where it has one, else the transition.

    The model needs log_lookahead, log eta_t. With eta_t = p(y_t | x_{t-1}) and the best proposal no
    child differs in weight.

    Parameters
    ----------
    particles : int, in [1, 1e9], default 1000
        Number N.
    resampling : {"systematic", "stratified", "residual", "multinomial"}, default "systematic"
        How parents are drawn by their weights: all but "multinomial" have a smaller variance.
    threshold : float, in [0, 1], default 1.0
        Share of N below which the effective number, by weights that look ahead, leads to resampling;
        1 is at every time, 0 never.
    """

    type: ClassVar[str] = "AuxiliaryFilter"
    staged: ClassVar[bool] = True

    particles: int = field(default=1000, metadata={"range": "[1, 1e9]"})
    resampling: Literal["systematic", "stratified", "residual", "multinomial"] = "systematic"
    threshold: float = field(default=1.0, metadata={"range": "[0, 1]"})


@dataclass(frozen=True, eq=False, repr=False)
class Baxter(Method):
    """Baxter is the infinite square lattice of Potts spins without field, J > 0, at its transition,
    whatever kT is asked for. With 2 cosh(theta) = sqrt(q) for q > 4 and 2 cos(mu) = sqrt(q) for q <= 4

        critical_temperature            kTc = J / log(1 + sqrt q), where the model is its own dual
        critical_free_energy_per_site   -kTc [log(q)/2 + theta + 2 sum_n exp(-n theta) tanh(n theta)/n], q > 4,
                                        -kTc [log(q)/2 + int_-inf^inf sinh((pi - mu) x) tanh(mu x) / (x sinh(pi x)) dx], q <= 4
        critical_energy_per_site        -J (1 + 1/sqrt q): of both phases, the mean of the two where they differ
        latent_heat_per_site            2 J (1 + 1/sqrt q) tanh(theta/2) prod_n tanh^2(n theta), q > 4; else 0
        critical_magnetization          of the ordered phase, prod_n (1 - x^(2n-1)) / (1 + x^(2n)), x = exp(-2 theta), q > 4; else 0

    On triangular and honeycomb lattices critical_temperature alone: J / log(1 + v) with v^3 + 3 v^2 = q
    and v^3 - 3 q v = q^2.

    Examples
    --------
    >>> exact = erg.solve(erg.lattice.Potts((8, 8), q=10), erg.Baxter())
    >>> print(exact["latent_heat_per_site"].round(4), exact["critical_magnetization"].round(4))
    0.696 0.8571

    References
    ----------
    R. J. Baxter, J. Phys. C 6, L445 (1973); J. Phys. A 15, 3329 (1982). R. J. Baxter, H. N. V.
    Temperley, S. E. Ashley, Proc. R. Soc. London A 358, 535 (1978). F. Y. Wu, Rev. Mod. Phys. 54,
    235 (1982).
    """

    type: ClassVar[str] = "Baxter"


@dataclass(frozen=True, eq=False, repr=False)
class BeliefPropagation(Method):
    """BeliefPropagation is the approximation of Bethe and Peierls, the cavity method on one graph:
    what a site hears from one term does not know of the others. With messages m from terms t to sites i
    and the fields of sites psi,

        n_it(a) = psi_i(a) prod_(u at i, u != t) m_ui(a),   m_ti(a) = sum over the values of t's other sites j of exp(-E_t/kT) prod_j n_jt,
        log Z   = sum_t log sum exp(-E_t/kT) prod_j n_jt + sum_i log sum_a psi_i prod_t m_ti - sum_(i,t) log sum_a n_it m_ti.

    Exact on trees; on lattices with z neighbours it is the Bethe lattice, kTc = 2 J / log(z/(z-2)) for
    Ising spins; on sparse random graphs it is exact in the limit of many sites as long as there is one
    state (no replica symmetry breaking). On other graphs log_z is neither a bound from below nor from
    above.

    Parameters
    ----------
    starts : int, in [0, 100000], default 2
        Random messages from which it begins, beside the ordered ones.
    damping : float, in [0, 1), default 0.0
        Share of the old message's logarithm in the new one.
    rounds : int, in [1, 100000000], default 5000
        Rounds in which every message is renewed, at most.

    Results
    -------
    log_z, free_energy        of Bethe, of the whole system
    energy, entropy           of the beliefs, the same as from derivatives of log Z
    heat_capacity             d<E>/dkT, from the derivatives of all messages
    magnetization, local_magnetization, occupation, local_occupation
                              of the beliefs b_i(a) ~ psi_i prod_t m_ti, as for MeanField
    stationary_free_energy    (points,) of the fixed points that were found, ascending, NaN where there are fewer than at other temperatures

    Messages begin with sites in each value, in none, in alternating values and at random; the fixed
    point of the lowest free energy is taken. They are renewed in turn; where they do not come to rest
    (frustrated loops), more damping may help. Without fields the disordered point is a fixed point at
    any temperature; where it is the only one that is found and has a negative entropy, it is not to be
    believed.

    Examples
    --------
    >>> found = erg.solve(erg.lattice.Ising(erg.lattice.random_regular(200, 4, seed=1)), erg.BeliefPropagation(), kT=[2.6, 3.1])
    >>> print(abs(found["magnetization"]).round(2))    # kTc = 2 / log 2 = 2.885
    [0.66 0.  ]

    References
    ----------
    H. A. Bethe, Proc. R. Soc. London A 150, 552 (1935). J. S. Yedidia, W. T. Freeman, Y. Weiss, IEEE
    Trans. Inf. Theory 51, 2282 (2005). M. Mezard, A. Montanari, Information, Physics, and Computation
    (2009).
    """

    type: ClassVar[str] = "BeliefPropagation"

    starts: int = field(default=2, metadata={"range": "[0, 100000]"})
    damping: float = field(default=0.0, metadata={"range": "[0, 1)"})
    rounds: int = field(default=5000, metadata={"range": "[1, 100000000]"})


@dataclass(frozen=True, eq=False, repr=False)
class BestResponse(Method):
    """BestResponse finds the equilibrium of a zero-sum game by mean-field Langevin anchored best response
    (MFL-ABR): against the clouds of this outer step both players' particles walk inner Langevin steps,
    which brings them near their best responses exp(-dL/kT); then each particle of either cloud is
    replaced by its walker with probability rate. Its last clouds converge, not averages.

    The run has trace_payoff, trace_mean and trace_variance (over N) of the coordinates (x, y) after
    each kept outer step.

    Parameters
    ----------
    steps : int, in [1, 1e12], default 200
        Outer steps.
    inner : int, in [1, 1e9], default 50
        Langevin steps in each.
    step : float, in (0, inf), default 0.02
        Step of the dynamics.
    rate : float, in (0, 1], default 0.1
        Part of the particles that is replaced.
    opponents : int, in [1, 1e7], default 64
        Particles of the other cloud that a force is taken from.
    trace : int, in [0, 1e9], default 1000
        Rows of the traces at most.
    """

    type: ClassVar[str] = "BestResponse"
    staged: ClassVar[bool] = True

    steps: int = field(default=200, metadata={"range": "[1, 1e12]"})
    inner: int = field(default=50, metadata={"range": "[1, 1e9]"})
    step: float = field(default=0.02, metadata={"range": "(0, inf)"})
    rate: float = field(default=0.1, metadata={"range": "(0, 1]"})
    opponents: int = field(default=64, metadata={"range": "[1, 1e7]"})
    trace: int = field(default=1000, metadata={"range": "[0, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class BootstrapFilter(Method):
    """BootstrapFilter moves particles by the transition and weighs them by the observation (N. J. Gordon,
    D. J. Salmond, A. F. M. Smith, IEE Proc. F 140, 107 (1993)).

    The evidence that it estimates, p(y_0, ..., y_{T-1}), is unbiased (its logarithm is not: it lies
    below by about half its variance); means are biased by O(1/N). Particles are resampled before a step
    where the effective number 1 / sum of w^2 has fallen below threshold N.

    Parameters
    ----------
    particles : int, in [1, 1e9], default 1000
        Number N.
    resampling : {"systematic", "stratified", "residual", "multinomial"}, default "systematic"
        How parents are drawn by their weights: all but "multinomial" have a smaller variance.
    threshold : float, in [0, 1], default 0.5
        Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
    """

    type: ClassVar[str] = "BootstrapFilter"
    staged: ClassVar[bool] = True

    particles: int = field(default=1000, metadata={"range": "[1, 1e9]"})
    resampling: Literal["systematic", "stratified", "residual", "multinomial"] = "systematic"
    threshold: float = field(default=0.5, metadata={"range": "[0, 1]"})


@dataclass(frozen=True, eq=False, repr=False)
class CharacterExpansion(Method):
    """CharacterExpansion is gauge theory on a two-dimensional torus of V plaquettes, exactly: with the
    coefficients a_r of the weight of a plaquette in the characters of the group and the dimensions d_r
    of its representations r,

        Z = sum_r (a_r / d_r)^V

    (A. A. Migdal, Sov. Phys. JETP 42, 413 (1975)). U(1): a_n = I_n(b), b = beta/kT. SU(2): a_n = (2n/b)
    I_n(b), d_n = n. SU(3): sums of determinants of I_k(b/3) (A. B. Balantekin, J. Math. Phys. 25,
    2028 (1984)). At every kT it gives

        log_z           of integrals over normalised Haar measures
        energy          <S>
        heat_capacity   d<S>/dkT
        plaquette       mean of (1/N) Re tr of a plaquette

    and for U(1), from Z with a theta term, where n becomes a real number,

        topological_charge^2   <Q^2>
        charge_distribution    P(Q) for Q = -m, ..., m, beyond which it is below 1e-16
        charges                these Q

    Examples
    --------
    >>> exact = erg.solve(erg.lattice.U1((8, 8), beta=4.0), erg.CharacterExpansion())
    >>> print(round(float(exact["plaquette"]), 6), round(float(exact["topological_charge^2"]), 6))
    0.86353 0.482016
    >>> print(exact["charge_distribution"][exact["charges"] == 0].round(6))
    [0.574421]
    """

    type: ClassVar[str] = "CharacterExpansion"


@dataclass(frozen=True, eq=False, repr=False)
class CreutzDemon(Method):
    """CreutzDemon keeps the energy: a demon with a purse of D >= 0 goes from site to site at random
    and proposes one of the other values. What costs dE <= D is done, and D falls by dE; else nothing
    happens. E + D stays what it is at the start, to the last bit, and all states of spins and demon
    with this sum are equally likely: the microcanonical ensemble, with the demon as its thermometer. As
    it is small against the system, D has the law exp(-D/kT); where costs are multiples of a quantum e,

        kT = e / log(1 + e/<D>).

    Its own kT is wrong by what one degree of freedom takes from N, a relative O(1/N). No exponential is
    ever computed.

    Time is in sweeps of N visits. Fits models whose costs have such a quantum: Ising and Potts with
    couplings and fields that are multiples of one number, erg.lattice.Model with such energies, Clock
    with q = 2, 3, 4 or 6. The start sets the energy, so that is what a run goes on from: of erg.sample
    at the temperature that is wanted. kT is not a temperature of the dynamics; D begins with a draw
    from exp(-D/kT) (0 at kT = 0).

    Observables
    -----------
    demon    D, beside those of the model

    Info
    ----
    acceptance    share of visits that changed the site
    demon         mean of D over all visits
    quantum       e
    temperature   kT from the mean of D

    Examples
    --------
    >>> import numpy as np
    >>> magnet = erg.lattice.Ising((32, 32))
    >>> warm = erg.sample(magnet, erg.Wolff(), kT=3.0, sweeps=100, chains=1, seed=1)
    >>> run = erg.simulate(magnet, erg.CreutzDemon(), kT=3.0, time=2000.0, every=1.0, start=warm, chains=1, seed=2, observe=["energy", "demon"])
    >>> float(np.ptp(run["energy"] + run["demon"])), bool(2.5 < run.info["kernel"]["temperature"][0] < 3.5)
    (0.0, True)

    References
    ----------
    M. Creutz, Phys. Rev. Lett. 50, 1411 (1983).
    """

    type: ClassVar[str] = "CreutzDemon"


@dataclass(frozen=True, eq=False, repr=False)
class DifferentialEvolution(Method):
    """DifferentialEvolution moves the chains of each temperature as one ensemble (C. J. F. ter Braak,
    Stat. Comput. 16, 239 (2006)): a walker's proposal is y = x_i + gamma (x_j - x_k) + noise n for two
    random walkers of the other half and normal n, accepted with min(1, p(y)/p(x_i)); with probability
    jump gamma is 1, so that walkers find other modes. Halves take turns as for StretchMove. At least 2
    d chains, and 4, are needed.

    Parameters
    ----------
    gamma : float, in [0, inf), default 0.0
        gamma; 0 is 2.38/sqrt(2 d).
    noise : float, in (0, inf), default 1e-5
        Standard deviation of the noise, small beside the target's width.
    jump : float, in [0, 1], default 0.1
        Probability of a step with gamma = 1.
    steps : int, in [1, 1e9], default 1
        Moves of each walker in one draw: what lies between is thrown away.
    """

    type: ClassVar[str] = "DifferentialEvolution"
    unit: ClassVar[str] = "all"

    gamma: float = field(default=0.0, metadata={"range": "[0, inf)"})
    noise: float = field(default=1e-5, metadata={"range": "(0, inf)"})
    jump: float = field(default=0.1, metadata={"range": "[0, 1]"})
    steps: int = field(default=1, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class DiscreteGibbs(Method):
    """DiscreteGibbs draws the sites of Binary and Integers one after the other, each from its law given
    the others, for which the energies of all its values are computed in one batch: the heat bath of any
    energy (S. Geman, D. Geman, IEEE PAMI 6, 721 (1984)). It needs no gradient.

    Parameters
    ----------
    sweeps : int, in [1, 1e9], default 1
        Passes over all sites of one draw.
    """

    type: ClassVar[str] = "DiscreteGibbs"

    sweeps: int = field(default=1, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class Driven(Method):
    """Driven changes couplings, fields and temperature while the spins move, and counts work and heat.
    At time t the energy is

        E(t) = J(t) E_J + h(t) E_h,

    E_J and E_h what the model's couplings and fields make of its configuration, and the bath has kT(t)
    times the kT of the run: J, h and kT here are factors, linear between the times given and constant
    before and after; two equal times are a jump (a quench), of which the later value holds. For a field
    h that is driven, give the model h=1, or h_i of any pattern.

    Every site is visited at the events of a Poisson process of rate 1 and is drawn anew, or proposed
    to, with the energies and kT of that time, so that the dynamics is exact (no time step); "attempts"
    are N visits of random sites in a unit of time, at equal distances. What the changing factors do to
    the energy between two events is work, what an event does to it is heat:

        dW = E_J dJ + E_h dh,   dQ = dE of events,   W + Q = E(t) - E(0).

    Started from equilibrium at J(0), h(0), kT(0) the work obeys <exp(-W/kT)> = exp(-dF/kT) (Jarzynski)
    and, against the reversed protocol, P(W)/P_reversed(-W) = exp((W - dF)/kT) (Crooks), at any speed.
    Where kT changes too, the same holds of the reduced work, the change of E/kT by the factors.
    erg.stats.jarzynski and erg.stats.bar find dF.

    Parameters
    ----------
    times : float or array, unit time, default 0.0
        When the factors have the values below, shape (n,): not falling. One number: at all times.
    J : float or array, default 1.0
        Factor of the couplings: one number, or one for each time.
    h : float or array, default 1.0
        Factor of the fields, likewise.
    kT : float or array, default 1.0
        Factor of the temperature, likewise; at least 0.
    period : float, in [0, inf), unit time, default 0.0
        After this time the protocol begins again; 0: never.
    rates : {"heatbath", "metropolis"}, default "heatbath"
        What a visit does.
    clock : {"continuous", "attempts"}, default "continuous"
        How time passes.

    Observables
    -----------
    work, heat       W on, and Q into, the spins since the start (a jump at time 0 is part of it); energy is E(t)
    reduced_work     the sum of what changes of the factors do to E/kT; W/kT where kT stays (NaN once kT was 0)
    entropy_flow     - sum dQ/kT: entropy that the bath has taken up, in units of k (NaN once kT was 0)

    Info
    ----
    changed    share of the visits that changed the site
    events     visits so far

    Examples
    --------
    >>> import numpy as np
    >>> spin = erg.lattice.Ising((1,), h=1.0)
    >>> ramp = erg.Driven(times=[0, 2], h=[0.0, 1.0])
    >>> run = erg.simulate(spin, ramp, kT=1.0, time=2.0, every=2.0, chains=4000, observe=["work"], seed=1)
    >>> bool(abs(-np.log(np.exp(-run["work"][:, -1]).mean()) + np.log(np.cosh(1.0))) < 0.07)  # Jarzynski
    True

    References
    ----------
    C. Jarzynski, Phys. Rev. Lett. 78, 2690 (1997). G. E. Crooks, J. Stat. Phys. 90, 1481 (1998).
    """

    type: ClassVar[str] = "Driven"

    times: ArrayLike = field(default=0.0, metadata={"unit": "time"})
    J: ArrayLike = 1.0
    h: ArrayLike = 1.0
    kT: ArrayLike = 1.0
    period: float = field(default=0.0, metadata={"unit": "time", "range": "[0, inf)"})
    rates: Literal["heatbath", "metropolis"] = "heatbath"
    clock: Literal["continuous", "attempts"] = "continuous"


@dataclass(frozen=True, eq=False, repr=False)
class EllipticalSlice(Method):
    """EllipticalSlice moves along ellipses through the present point and a draw from a Gaussian N(m, C),
    the prior (I. Murray, R. P. Adams, D. J. C. MacKay, AISTATS 2010):

        z' = m + (z - m) cos a + (d - m) sin a,    d ~ N(m, C),

    with a slice of what the density has beside the Gaussian, so that nothing is tuned. The energy
    is the whole one, with the Gaussian in it; any m and C leave the density invariant, those of its
    prior make the moves long. It needs no gradient. m and C are those of unconstrained coordinates;
    angles stay in [-pi, pi], as the Gaussian is not periodic.

    Parameters
    ----------
    covariance : float or array, default 1.0
        C: a variance, variances (n), or a matrix (n, n).
    mean : float or array, default 0.0
        m: a number or one for each coordinate.
    steps : int, in [1, 1e9], default 10
        Ellipses of one draw.
    """

    type: ClassVar[str] = "EllipticalSlice"

    covariance: ArrayLike = 1.0
    mean: ArrayLike = 0.0
    steps: int = field(default=10, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class EnsembleKalman(Method):
    """EnsembleKalman samples the posterior of an inverse problem without derivatives, by particles that
    follow

        dz_i = -C_zR R_i / kT dt + ((d + 1)/N) (z_i - mean z) dt + sqrt(2 C) dW_i,

    where R is the whitened residual of data and prior, C the covariance of the particles (over N)
    and C_zR theirs with R: the ensemble Kalman sampler, with the term that makes the posterior of a
    linear problem exact for every N > d + 1 (affine-invariant Langevin dynamics). For others it is an
    approximation, of the gradient by differences over the cloud. Steps of size h bias what is sampled
    by O(h).

    The run has trace_misfit, the mean of |R|^2/2 before each kept step, trace_mean and trace_variance
    (over N) of the coordinates after it.

    Parameters
    ----------
    steps : int, in [1, 1e12], default 1000
        Steps of every particle.
    step : float, in (0, inf), default 0.02
        h.
    adaptive : bool, default True
        h = step / (1 + step |D|), |D| the root mean square over pairs of the drift's weights R_i.(R_k -
        mean R)/kT: careful far from the data.
    uncorrected : bool, default False
        Without the term in (d + 1)/N: the sampler as it was published first, exact for large N.
    trace : int, in [0, 1e9], default 1000
        Rows of the traces at most.
    """

    type: ClassVar[str] = "EnsembleKalman"
    staged: ClassVar[bool] = True

    steps: int = field(default=1000, metadata={"range": "[1, 1e12]"})
    step: float = field(default=0.02, metadata={"range": "(0, inf)"})
    adaptive: bool = True
    uncorrected: bool = False
    trace: int = field(default=1000, metadata={"range": "[0, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class Enumeration(Method):
    """Enumeration visits all 2^N configurations of up to 26 spins, on any graph, with any couplings and
    fields. At every kT it gives

        log_z            log Z,  Z = sum over states of exp(-E/kT)
        free_energy      -kT log Z
        energy           <E> of the whole system, like the observable energy of a sample
        heat_capacity    d<E>/dkT = (<E^2> - <E>^2) / kT^2 of the whole system
        entropy          log Z + <E>/kT
        magnetization, |magnetization|, magnetization^2, magnetization^4
                         <m>, <|m|>, <m^2>, <m^4> of the mean spin m = sum_i s_i / N
        susceptibility   d<m>/dh = N (<m^2> - <m>^2) / kT, per site
        binder           1 - <m^4> / (3 <m^2>^2)

    and the full distributions: magnetization_level (N+1,), the values of m, with
    magnetization_degeneracy, the number of states, and magnetization_probability; and the same for
    energy_level (levels,), ascending. Energy levels are given without being asked for when there are
    at most 4096 of them; with observe=["distribution"], always. They are refused for more than 20 spins
    whose energies have no common unit (random couplings), since then nearly every state is a level of
    its own.

    Neighbouring states of a Gray code differ by one spin, so a state costs a few additions:
    26 spins take about half a second on one core. Energies are integers, multiples of 2^-61 of the
    largest energy possible, hence without drift, and states of equal energy are found exactly.
    Where couplings have a common unit, states are counted in a table over (energy, spins up) and any
    number of temperatures costs nothing more; else each temperature costs one exponential per state.
    Weights are relative to the ground state: no kT is too small.

    Potts, Clock, Pairwise, Tabled (what Model makes), Hopfield and LongRangeIsing are listed up
    to 2^22 states, with log_z, free_energy, energy, heat_capacity, entropy and the means of their
    magnetizations; no distributions.
    """

    type: ClassVar[str] = "Enumeration"


@dataclass(frozen=True, eq=False, repr=False)
class EventChain(Method):
    """EventChain turns one spin on and on, without ever rejecting, until a neighbour stops it, which then
    turns in its place: irreversible, and exact by global balance. For unit vectors (XY, Heisenberg,
    ON) of any couplings, without fields.

    A chain begins at a random site and turns spins in one plane and one sense (n = 2: always the same;
    else a plane drawn for the chain) by the angle length in total. In the plane every bond is a factor
    of its own with the energy

        -A cos(x),   A = J_ij r_i r_j,

    x the angle from spin j to spin i and r their parts in the plane: it stops i where the energy that
    i has climbed in this factor exceeds an exponential number of mean kT. The first factor to do so
    is an event: its other end j goes on. Each factor is left by the flow with which it is entered as A
    depends on x alone, so exp(-E/kT) stays (factorised Metropolis). Spin waves of XY decay faster than
    under local reversible moves.

    A recorded sweep is a fixed number of chains: N over their mean number of events in the later half
    of the warm-up, at least 1. kT > 0.

    Parameters
    ----------
    length : float, in [0, inf), unit rad, default 0.0
        Sum of the angles by which the spins of a chain turn; 0 is half a radian a site.

    Info
    ----
    events              mean number of events of a chain
    chains_per_sweep    of the recorded sweeps

    Examples
    --------
    >>> run = erg.sample(erg.lattice.XY((16, 16)), erg.EventChain(), kT=0.7, sweeps=500, warmup=100, seed=1)
    >>> bool(0.7 < run["|magnetization|"].mean() < 0.9)
    True

    References
    ----------
    M. Michel, S. C. Kapfer, W. Krauth, J. Chem. Phys. 140, 054116 (2014). M. Michel, J. Mayer, W.
    Krauth, EPL 112, 20003 (2015).
    """

    type: ClassVar[str] = "EventChain"

    length: float = field(default=0.0, metadata={"unit": "rad", "range": "[0, inf)"})


@dataclass(frozen=True, eq=False, repr=False)
class FFBSi(Method):
    """FFBSi draws paths from the smoothing distribution: forward filtering, then backward simulation,
    in which x_t of a path is a particle drawn with probability proportional to w_t p(x_{t+1} | x_t) (S.
    J. Godsill, A. Doucet, M. West, JASA 99, 156 (2004)).

    The work is particles times paths a time. The model needs log_transition.

    Parameters
    ----------
    particles : int, in [1, 1e9], default 1000
        Number N of the filter.
    paths : int, in [1, 1e9], default 100
        Paths that are drawn.
    resampling : {"systematic", "stratified", "residual", "multinomial"}, default "systematic"
        How parents are drawn by their weights in the filter.
    threshold : float, in [0, 1], default 0.5
        Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
    """

    type: ClassVar[str] = "FFBSi"
    staged: ClassVar[bool] = True

    particles: int = field(default=1000, metadata={"range": "[1, 1e9]"})
    paths: int = field(default=100, metadata={"range": "[1, 1e9]"})
    resampling: Literal["systematic", "stratified", "residual", "multinomial"] = "systematic"
    threshold: float = field(default=0.5, metadata={"range": "[0, 1]"})


@dataclass(frozen=True, eq=False, repr=False)
class FreeField(Method):
    """FreeField is the field without coupling, lam = 0, on a periodic hypercubic lattice of N sites,
    where plane waves are independent: with w(k) = mass2 + sum_axes (2 sin(k/2))^2, k = 2 pi n / L,
    at every kT it gives

        log_z             sum_k log(2 pi kT / w(k)) / 2 + N h^2 / (2 mass2 kT)
        energy            N kT / 2 - N h^2 / (2 mass2)
        heat_capacity     N / 2
        magnetization     h / mass2
        magnetization^2   kT / (N mass2) + (h / mass2)^2
        phi^2             (kT/N) sum_k 1/w(k) + (h / mass2)^2
        kinetic           (kT/N) sum_k (1 - mass2/w(k)) / 2
        correlator        (r,) as the model's observable: (kT/T) sum_k0 cos(k0 r) / w(k0, 0) + A (h / mass2)^2
        propagator        shape of the lattice: kT / w(k), <|phi_k|^2>/N of the fluctuations, in NumPy's order of frequencies

    Examples
    --------
    >>> free = erg.lattice.Phi4((16, 16), mass2=0.25, lam=0.0)
    >>> exact = erg.solve(free, erg.FreeField())
    >>> print(float(exact["propagator"][0, 0]))
    4.0
    """

    type: ClassVar[str] = "FreeField"


@dataclass(frozen=True, eq=False, repr=False)
class GeneralisedLangevin(Method):
    """GeneralisedLangevin is Langevin dynamics with memory:

        m dv/dt = -grad E - friction m v - m int_0^t K(t-s) v(s) ds + R(t),   K(t) = sum_k amplitudes_k exp(-t / times_k),

    where R is Gaussian, of the covariance m kT K(t-s) and white noise of the friction. It is Markovian
    with variables z_k that begin in equilibrium,

        dv = sum_k sqrt(amplitudes_k) z_k dt + ...,   dz_k = -sqrt(amplitudes_k) v dt - z_k/times_k dt + sqrt(2 kT / (m times_k)) dW_k,

    which with the friction are moved exactly, between the kicks and drifts of BAOAB (A. D. Baczewski,
    S. D. Bond, J. Chem. Phys. 139, 044107 (2013); M. Ceriotti, G. Bussi, M. Parrinello, J. Chem. Theory
    Comput. 6, 1170 (2010)). Of weak order 2, as are stationary averages. "conserved" as for Langevin.

    Parameters
    ----------
    amplitudes : float or array, default 1.0
        K at 0 of each exponential, in units of 1/time^2: one number, or one for each.
    times : float or array, default 1.0
        Memory time of each exponential.
    friction : float, in [0, inf), default 0.0
        Rate of the friction without memory.
    dt : float, in (0, inf), default 0.01
        Step of time; the largest one below it is taken of which a whole number fits between two
        records.
    scheme : {"BAOAB", "OBABO", "ABOBA", "OABAO", "BOAOB", "AOBOA"}, default "BAOAB"
        The word of A (drift), B (kick) and O (all else).
    masses : float or array, default 1.0
        One mass, or one for each coordinate; an array is broadcast over x.
    """

    type: ClassVar[str] = "GeneralisedLangevin"

    amplitudes: ArrayLike = 1.0
    times: ArrayLike = 1.0
    friction: float = field(default=0.0, metadata={"range": "[0, inf)"})
    dt: float = field(default=0.01, metadata={"range": "(0, inf)"})
    scheme: Literal["BAOAB", "OBABO", "ABOBA", "OABAO", "BOAOB", "AOBOA"] = "BAOAB"
    masses: ArrayLike = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class GeodesicHMC(Method):
    """GeodesicHMC is Hamiltonian Monte Carlo on spheres, Stiefel manifolds, rotations, special
    unitary matrices and their products with flat spaces (S. Byrne, M. Girolami, Scand. J. Stat.
    40, 825 (2013)): gradients kick momenta in tangent directions, and between kicks positions flow
    along geodesics, which on SU(n) is the hybrid Monte Carlo of lattice gauge theory (S. Duane,
    A. D. Kennedy, B. J. Pendleton, D. Roweth, Phys. Lett. B 195, 216 (1987)). Densities are with
    respect to the surface's measure, Haar's on groups. Points leave the surface by rounding alone.
    In warm-up flat coordinates get their variances as inverse masses, each curved block one number.
    Without curved spaces it is HMC.

    Parameters
    ----------
    steps : int, in [1, 1e9], default 20
        Steps of a trajectory.
    target_accept : float, in (0, 1), default 0.8
        Mean acceptance that the step size is adapted to.
    metric : {"diagonal", "unit"}, default "diagonal"
        Inverse masses that warm-up estimates.
    step_size : float, in [0, inf), default 0.0
        Step of time; 0 is adapted.
    jitter : float, in [0, 1), default 0.2
        Relative half width of the steps drawn.
    """

    type: ClassVar[str] = "GeodesicHMC"

    steps: int = field(default=20, metadata={"range": "[1, 1e9]"})
    target_accept: float = field(default=0.8, metadata={"range": "(0, 1)"})
    metric: Literal["diagonal", "unit"] = "diagonal"
    step_size: float = field(default=0.0, metadata={"range": "[0, inf)"})
    jitter: float = field(default=0.2, metadata={"range": "[0, 1)"})


@dataclass(frozen=True, eq=False, repr=False)
class GeodesicNUTS(Method):
    """GeodesicNUTS is NUTS whose trajectories follow geodesics between kicks, as those of GeodesicHMC.
    They turn back where the sum of their momenta, in the space around the surface, no longer points
    along the velocities at both ends: on a sphere without forces after half a great circle.

    Parameters
    ----------
    target_accept : float, in (0, 1), default 0.8
        Mean acceptance that the step size is adapted to; higher means shorter steps.
    max_depth : int, in [1, 20], default 10
        A trajectory has at most 2^MaxDepth - 1 steps.
    metric : {"diagonal", "unit"}, default "diagonal"
        Inverse masses that warm-up estimates.
    step_size : float, in [0, inf), default 0.0
        Step of time; 0 is adapted.
    """

    type: ClassVar[str] = "GeodesicNUTS"

    target_accept: float = field(default=0.8, metadata={"range": "(0, 1)"})
    max_depth: int = field(default=10, metadata={"range": "[1, 20]"})
    metric: Literal["diagonal", "unit"] = "diagonal"
    step_size: float = field(default=0.0, metadata={"range": "[0, inf)"})


@dataclass(frozen=True, eq=False, repr=False)
class GibbsWithGradients(Method):
    """GibbsWithGradients changes one site of Binary or Integers at a time by 1, up or down, proposed with
    a probability proportional to exp(-+ u'_i(x) / 2), u' the gradient of E/kT as a function of real x,
    with Metropolis' correction (W. Grathwohl, K. Swersky, M. Hashemi, D. Duvenaud, C. Maddison,
    ICML (2021), arXiv:2102.04509). A step costs one gradient. It is exact for any energy that has one
    at all points, and quick where differences follow it.

    Parameters
    ----------
    steps : int, in [1, 1e9], default 10
        Steps of one draw; by a coin there is one more, lest where all are accepted draws keep the
        parity of flips.
    """

    type: ClassVar[str] = "GibbsWithGradients"

    steps: int = field(default=10, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class GridFilter(Method):
    """GridFilter filters and smooths states of one number by sums over equally spaced points (G. Kitagawa,
    JASA 82, 1032 (1987)): the referee of particle filters. Densities are those of the model; what lies
    outside of [low, high] is lost, and what varies within a step of the grid is not seen.

    The work is points^2 a time. It needs the densities of initial state and transition.

    Parameters
    ----------
    low : float
        First point.
    high : float
        Last point.
    points : int, in [2, 100000], default 1001
        How many points.
    """

    type: ClassVar[str] = "GridFilter"

    low: float
    high: float
    points: int = field(default=1001, metadata={"range": "[2, 100000]"})


@dataclass(frozen=True, eq=False, repr=False)
class GuidedFilter(Method):
    """GuidedFilter moves particles by the model's proposal, which knows the observation, and weighs them
    by p(y_t | x_t) p(x_t | x_{t-1}) / q(x_t | x_{t-1}, y_t) (A. Doucet, S. Godsill, C. Andrieu, Stat.
    Comput. 10, 197 (2000)).

    The model needs a proposal with its density, and the densities of transition and initial state.

    Parameters
    ----------
    particles : int, in [1, 1e9], default 1000
        Number N.
    resampling : {"systematic", "stratified", "residual", "multinomial"}, default "systematic"
        How parents are drawn by their weights: all but "multinomial" have a smaller variance.
    threshold : float, in [0, 1], default 0.5
        Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
    """

    type: ClassVar[str] = "GuidedFilter"
    staged: ClassVar[bool] = True

    particles: int = field(default=1000, metadata={"range": "[1, 1e9]"})
    resampling: Literal["systematic", "stratified", "residual", "multinomial"] = "systematic"
    threshold: float = field(default=0.5, metadata={"range": "[0, 1]"})


@dataclass(frozen=True, eq=False, repr=False)
class HMC(Method):
    """HMC is Hamiltonian Monte Carlo with a fixed number of steps (S. Duane, A. D. Kennedy, B. J.
    Pendleton, D. Roweth, Phys. Lett. B 195, 216 (1987)). The step of each trajectory is drawn uniformly
    within the jitter, against resonances. Step size and metric adapt in warm-up. On spheres, rotations
    and special unitary matrices positions flow along geodesics between kicks, as in GeodesicHMC;
    fields on lattices bring their own code for that.

    The change of the Hamiltonian over a trajectory, before it is accepted or not, can be observed as
    "dH", and "exp(-dH)", whose mean is 1 where all is right.

    Parameters
    ----------
    steps : int, in [1, 1e9], default 20
        Steps of a trajectory.
    target_accept : float, in (0, 1), default 0.8
        Mean acceptance that the step size is adapted to.
    metric : {"automatic", "low_rank", "diagonal", "dense", "unit"}, default "automatic"
        Inverse mass matrix that warm-up estimates: scales, these and the directions that stand out,
        the covariance, or none. "automatic" is low_rank; diagonal on curved spaces, where each block
        has one number and neither low_rank nor dense can be; and unit for fields on lattices.
    step_size : float, in [0, inf), default 0.0
        Step of the integrator; 0 is adapted.
    jitter : float, in [0, 1), default 0.2
        Relative half width of the steps drawn.
    integrator : {"leapfrog", "omelyan", "omelyan4"}, default "leapfrog"
        "leapfrog" has one gradient a step; "omelyan" two, and about a tenth of its error at order 2
        (lambda = 0.1931833275037836); "omelyan4" five, at order 4.
    """

    type: ClassVar[str] = "HMC"

    steps: int = field(default=20, metadata={"range": "[1, 1e9]"})
    target_accept: float = field(default=0.8, metadata={"range": "(0, 1)"})
    metric: Literal["automatic", "low_rank", "diagonal", "dense", "unit"] = "automatic"
    step_size: float = field(default=0.0, metadata={"range": "[0, inf)"})
    jitter: float = field(default=0.2, metadata={"range": "[0, 1)"})
    integrator: Literal["leapfrog", "omelyan", "omelyan4"] = "leapfrog"


@dataclass(frozen=True, eq=False, repr=False)
class HamiltonianFilter(Method):
    """HamiltonianFilter moves particles by the transition and then, in levels, towards the observation:
    with b_k = (k/K)^2 a particle's weight is multiplied by p(y_t | x)^(b_k - b_{k-1}), after which one
    step of Hamiltonian Monte Carlo (leapfrog, accepted or not) leaves p(x | x_{t-1}) p(y_t | x)^b_k
    invariant, its parent held fixed (annealed importance sampling within a time: R. M. Neal, Stat.
    Comput. 11, 125 (2001)).

    The evidence stays unbiased, no proposal is needed, and weights vary less than those of the
    bootstrap filter. The model needs the densities of transition and initial state; its scale(y, t, b,
    theta), where it has one, multiplies the step size at each level.

    Parameters
    ----------
    particles : int, in [1, 1e9], default 1000
        Number N.
    levels : int, in [1, 1000], default 10
        Levels K.
    steps : int, in [1, 1000], default 5
        Leapfrog steps of a move.
    step_size : float, in (0, inf), default 0.5
        Size of a leapfrog step, in units of x, for unit masses.
    resampling : {"systematic", "stratified", "residual", "multinomial"}, default "systematic"
        How parents are drawn by their weights: all but "multinomial" have a smaller variance.
    threshold : float, in [0, 1], default 0.5
        Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
    """

    type: ClassVar[str] = "HamiltonianFilter"
    staged: ClassVar[bool] = True

    particles: int = field(default=1000, metadata={"range": "[1, 1e9]"})
    levels: int = field(default=10, metadata={"range": "[1, 1000]"})
    steps: int = field(default=5, metadata={"range": "[1, 1000]"})
    step_size: float = field(default=0.5, metadata={"range": "(0, inf)"})
    resampling: Literal["systematic", "stratified", "residual", "multinomial"] = "systematic"
    threshold: float = field(default=0.5, metadata={"range": "[0, 1]"})


@dataclass(frozen=True, eq=False, repr=False)
class HarmonicExpansion(Method):
    """HarmonicExpansion is chains and rings of unit vectors of n components, with any couplings and no
    field, exactly. On spherical harmonics of degree l, of which there are d_l, the transfer along a
    bond of K = J/kT is a number times the area S of the sphere,

        lambda_l(K) = Gamma(n/2) (2/K)^(n/2-1) I_(n/2-1+l)(K),   exp(K s.s') = sum_l lambda_l(K) d_l P_l(s.s'),

    so that Z = S^N prod_b lambda_0(K_b) for an open chain and S^N sum_l d_l prod_b lambda_l(K_b) for
    a ring (where a frustrated ring's terms cancel at low kT and more than 8 digits would be lost,
    it is refused). Two spins with bonds A between them and, on a ring, B the other way round have

        <s.s'> Z / S^N = sum_l a_l (prod_A lambda_l prod_B lambda_(l+1) + prod_A lambda_(l+1) prod_B lambda_l),   a_l = d_l - a_(l-1).

    Results
    -------
    log_z             with respect to the uniform measure on spheres, like the weights of the model
    free_energy, energy, heat_capacity, entropy
                      of the whole system
    correlation       (sites,): <s_0 . s_r>
    correlation_length
                      -1 / log(I_(n/2)(|K|) / I_(n/2-1)(|K|)) of the infinite chain, for one J
    magnetization^2   <|m|^2>, m the mean spin, for one J

    Examples
    --------
    >>> ring = erg.lattice.Heisenberg((12,))
    >>> exact = erg.solve(ring, erg.HarmonicExpansion(), kT=0.5)
    >>> print(exact["energy"].round(4), exact["correlation"][:3].round(4))
    -6.4545 [1.     0.5379 0.2904]

    References
    ----------
    M. E. Fisher, Am. J. Phys. 32, 343 (1964). G. S. Joyce, Phys. Rev. 155, 478 (1967). H. E. Stanley,
    Phys. Rev. 179, 570 (1969).
    """

    type: ClassVar[str] = "HarmonicExpansion"


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

    Fields and gauge theories: sites of phi^4 are drawn by rejection from the Gaussian that lies closest
    above; links of U(1) from von Mises' distribution; links of SU(2) by the rejection of Kennedy and
    Pendleton, or Creutz's where the others hardly pull; links of SU(3) in three subgroups SU(2) in turn
    (Cabibbo and Marinari). Links of SU(2) and SU(3) know the order "checkerboard" alone: even sites
    before odd ones, axis by axis; one by one where a side is odd.

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
class Houtappel(Method):
    """Houtappel is the infinite triangular, honeycomb and kagome lattice of Ising spins without field, per
    site. Side lengths and boundary of the crystal play no part; J may have either sign. With K = J/kT,
    C = cosh 2K, S = sinh 2K the triangular lattice has

        log z_t(K) = log 2 + (1/8 pi^2) int int_0^2pi log[C^3 + S^3 - S (cos a + cos b + cos(a + b))] da db,

    of which one integral is done in closed form and the other by panels that shrink towards its
    singularities. Summing over every other site of the honeycomb lattice, with exp(4 K') = 2 cosh 2L -
    1, and decorating its bonds, with w = exp(4K) and exp(2L) = (w + 1)/2, give

        log z_h(L) = (log A(L) + log z_t(K'))/2,                                     A = 2 cosh(L) exp(K'),
        log z_k(K) = log 2 + L - (log(w + 3) + 2K)/3 + (2/3) log z_h(L).

    Results
    -------
    free_energy_per_site, energy_per_site, heat_capacity_per_site, entropy_per_site
    spontaneous_magnetization    below the critical temperature; of one sublattice for a honeycomb antiferromagnet, 0 for the frustrated others.
                                 Triangular: m^8 = 1 - 16 x^3 / ((1 + 3x) (1 - x)^3), x = exp(-4K); honeycomb: m_t(K');
                                 kagome: m_h(L) (1 - 4/(w+1)^2)^(1/2)
    critical_temperature         |J| times 4/log 3 = 3.6410, 2/log(2 + sqrt 3) = 1.5187, 4/log(3 + 2 sqrt 3) = 2.1433; 0 where frustrated

    Frustrated lattices keep an entropy of 0.32307 (triangular) and 0.50183 (kagome) a site at kT = 0.

    Examples
    --------
    >>> exact = erg.solve(erg.lattice.Ising(erg.lattice.triangular((4, 4)), J=-1.0), erg.Houtappel(), kT=0.05)
    >>> print(exact["energy_per_site"].round(6), exact["entropy_per_site"].round(6))
    -1.0 0.323066

    References
    ----------
    R. M. F. Houtappel, Physica 16, 425 (1950). G. H. Wannier, Phys. Rev. 79, 357 (1950). K. Kano, S.
    Naya, Prog. Theor. Phys. 10, 158 (1953). R. B. Potts, Phys. Rev. 88, 352 (1952) and S. Naya, Prog.
    Theor. Phys. 11, 53 (1954) for magnetizations.
    """

    type: ClassVar[str] = "Houtappel"


@dataclass(frozen=True, eq=False, repr=False)
class Independence(Method):
    """Independence proposes draws from a distribution q that was made beforehand, wherever the chain is:
    a trained flow, of an erg.Proposed target, or the prior of an erg.Posterior. A proposal y replaces x
    with probability (L. Tierney, Ann. Stat. 22, 1701 (1994))

        min(1, p(y) q(x) / (p(x) q(y))).

    Draws of the target are independent as long as proposals are accepted; where q is too small by a
    factor w a chain stays some w proposals at a place, so that weights p/q without a bound make chains
    without a rate. All proposals of a transition are drawn at once.

    Parameters
    ----------
    steps : int, in [1, 1e6], default 10
        Proposals of one draw.
    """

    type: ClassVar[str] = "Independence"

    steps: int = field(default=10, metadata={"range": "[1, 1e6]"})


@dataclass(frozen=True, eq=False, repr=False)
class KalmanFilter(Method):
    """KalmanFilter gives the exact filter of a linear Gaussian model (R. E. Kalman, J. Basic Eng. 82,
    35 (1960)): mean, variance and covariance of x_t given y_0, ..., y_t, and log p(y_0, ..., y_t).
    Covariances are updated in Joseph's form. Components of y that are NaN are left out.
    """

    type: ClassVar[str] = "KalmanFilter"


@dataclass(frozen=True, eq=False, repr=False)
class KalmanSmoother(Method):
    """KalmanSmoother gives mean, variance and covariance of x_t given all observations, and
    lag_covariance, Cov(x_t, x_{t+1}): the numbers of H. E. Rauch, F. Tung, C. T. Striebel, AIAA J. 3,
    1445 (1965), by the backward recursion of J. Durbin, S. J. Koopman, Time Series Analysis by State
    Space Methods (2012), 4.4, which inverts no predicted covariance, so that noise may be singular.
    """

    type: ClassVar[str] = "KalmanSmoother"


@dataclass(frozen=True, eq=False, repr=False)
class Kaufman(Method):
    """Kaufman is the exact solution of the square lattice on a finite torus of L x M sites, without field
    (B. Kaufman, Phys. Rev. 76, 1232 (1949)). With K = J/kT,

        Z = (2 sinh 2K)^(L M/2) / 2 * [ prod 2 cosh(M g_(2r+1)/2) + prod 2 sinh(M g_(2r+1)/2) + prod 2 cosh(M g_(2r)/2) + prod 2 sinh(M g_(2r)/2) ],
        cosh g_l = cosh 2K coth 2K - cos(pi l/L),   g_0 = 2K + log tanh K,

    products over r = 0..L-1; g_0 changes sign at the bulk's critical point and takes the last term's
    sign with it. At every kT it gives

        log_z            log Z
        free_energy      -kT log Z
        energy           <E> of the whole system
        heat_capacity    d<E>/dkT of the whole system
        entropy          log Z + <E>/kT

    J may be negative when both sides are even: flipping one sublattice changes its sign. On an axis of
    length 2 both bonds between two sites count, as everywhere in this package.

    The formula is evaluated in as many bits as its cancellations take (about 130 near the critical
    point, 12 J/kT more at low kT), in exp(g) instead of g, together with its first two derivatives:
    every result is right to the last digits at any kT, the critical one included. The cost grows as
    min(L, M) log(max(L, M)): about 10 ms for 1024 x 1024.
    """

    type: ClassVar[str] = "Kaufman"


@dataclass(frozen=True, eq=False, repr=False)
class Kawasaki(Method):
    """Kawasaki exchanges the values of two sites, so that magnetisation, the numbers of sites of each
    colour, stays what it is at the start: the lattice gas, alloys, phase separation. Two sites with
    different values are exchanged with probability

        heatbath: 1 / (1 + exp(dE/kT))        metropolis: min(1, exp(-dE/kT)).

    kT >= 0. Either obeys detailed balance with respect to exp(-E/kT) among the configurations with the
    same counts (and, for neighbours, on each connected part of the graph). Fields that are the same at
    all sites have no effect.

    Under erg.sample a sweep is as many attempts, of pairs drawn at random, as there are bonds
    (neighbours) or sites (any). There metropolis makes exchanges that cost nothing every other time,
    since with 1 a state in which nothing costs anything would go round in step.

    Under erg.simulate time is continuous, and the dynamics exact (no time step). neighbours: every bond
    attempts an exchange at the events of a Poisson process of its own, of rate 1; at kT much above J
    metropolis is erg.lattice.Exclusion with rates 1. any: every site does, with any other one.

    Parameters
    ----------
    pairs : {"neighbours", "any"}, default "neighbours"
        Which sites are exchanged: "neighbours", the ends of a bond, or "any" two. Where all sites meet
        (Hopfield) they are the same.
    rates : {"heatbath", "metropolis"}, default "heatbath"
        How an exchange is accepted.

    Info
    ----
    acceptance   share of the attempts since the end of the warm-up that changed the configuration; pairs of equal values are among the attempts
    events       attempts so far (under erg.simulate)

    Examples
    --------
    >>> import numpy as np
    >>> mixed = np.where(np.random.default_rng(1).permutation(256) < 128, 1, -1).reshape(16, 16)
    >>> run = erg.simulate(erg.lattice.Ising((16, 16)), erg.Kawasaki(), kT=1.2, time=50.0, every=10.0, start=mixed, seed=1)
    >>> bool((run["magnetization"] == 0).all()), bool(run["energy"][:, -1].mean() < run["energy"][:, 0].mean() - 50)
    (True, True)

    References
    ----------
    K. Kawasaki, Phys. Rev. 145, 224 (1966).
    """

    type: ClassVar[str] = "Kawasaki"

    pairs: Literal["neighbours", "any"] = "neighbours"
    rates: Literal["heatbath", "metropolis"] = "heatbath"


@dataclass(frozen=True, eq=False, repr=False)
class Langevin(Method):
    """Langevin is underdamped Langevin dynamics:

        dx = v dt,   m dv = -grad E dt - friction m v dt + sqrt(2 friction m kT) dW,

    by B. Leimkuhler and C. Matthews, Appl. Math. Res. Express 2013, 34 (2013): words of A (drift),
    B (kick) and O (friction and noise, exact). All of them are of weak order 2, with errors O(dt^2) of
    stationary averages of positions and of velocities. BAOAB has none in the positions of a harmonic
    well, and one of O(dt^4) at high friction; OBABO and ABOBA cost the same and have errors there.
    BBK (A. Bruenger, C. L. Brooks, M. Karplus, Chem. Phys. Lett. 105, 495 (1984)) has errors O(dt^2)
    in positions, O(dt) in velocities. GJF (N. Gronbech-Jensen, O. Farago, Mol. Phys. 111, 983 (2013))
    is exact for the positions of a harmonic well and for free diffusion, with errors O(dt^2) in
    velocities. Velocities begin as those of kT.

    "conserved", of words, is E + K less the heat that the bath has given (G. Bussi, M. Parrinello,
    Phys. Rev. E 75, 056707 (2007)); its drift measures the error of the step.

    Parameters
    ----------
    friction : float, in [0, inf), default 1.0
        Rate at which velocities are forgotten.
    dt : float, in (0, inf), default 0.01
        Step of time; the largest one below it is taken of which a whole number fits between two
        records.
    scheme : {"BAOAB", "OBABO", "ABOBA", "OABAO", "BOAOB", "AOBOA", "BBK", "GJF"}, default "BAOAB"
        The word, or another scheme's name.
    masses : float or array, default 1.0
        One mass, or one for each coordinate; an array is broadcast over x.
    """

    type: ClassVar[str] = "Langevin"

    friction: float = field(default=1.0, metadata={"range": "[0, inf)"})
    dt: float = field(default=0.01, metadata={"range": "(0, inf)"})
    scheme: Literal["BAOAB", "OBABO", "ABOBA", "OABAO", "BOAOB", "AOBOA", "BBK", "GJF"] = "BAOAB"
    masses: ArrayLike = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class LocallyInformed(Method):
    """LocallyInformed changes one site of Binary or Integers at a time: y, which differs from x at
    one site, is proposed with a probability proportional to g(p(y)/p(x)), where g(t) = t g(1/t),
    and accepted with min(1, Z(x)/Z(y)), Z the sum of these weights (G. Zanella, J. Am. Stat. Assoc.
    115, 852 (2020)). A step costs the energies of all y, computed in batches. It needs no gradient.

    Parameters
    ----------
    steps : int, in [1, 1e9], default 10
        Steps of one draw; by a coin there is one more, lest where all are accepted draws keep the
        parity of flips.
    balancing : {"barker", "sqrt"}, default "barker"
        g(t): t/(1+t) is "barker", the root of t "sqrt".
    """

    type: ClassVar[str] = "LocallyInformed"

    steps: int = field(default=10, metadata={"range": "[1, 1e9]"})
    balancing: Literal["barker", "sqrt"] = "barker"


@dataclass(frozen=True, eq=False, repr=False)
class MALA(Method):
    """MALA is the Metropolis-adjusted Langevin algorithm (G. O. Roberts, R. L. Tweedie, Bernoulli 2,
    341 (1996)): one leapfrog step with a new momentum, that is z' = z - h^2/2 M^-1 du/dz + h M^-1/2 n,
    accepted by Metropolis and Hastings.

    Parameters
    ----------
    target_accept : float, in (0, 1), default 0.574
        Mean acceptance that the step size is adapted to.
    metric : {"low_rank", "diagonal", "dense", "unit"}, default "low_rank"
        Inverse mass matrix that warm-up estimates: scales, these and the directions that stand out,
        the covariance, or none.
    step_size : float, in [0, inf), default 0.0
        Step h; 0 is adapted.
    """

    type: ClassVar[str] = "MALA"

    target_accept: float = field(default=0.574, metadata={"range": "(0, 1)"})
    metric: Literal["low_rank", "diagonal", "dense", "unit"] = "low_rank"
    step_size: float = field(default=0.0, metadata={"range": "[0, inf)"})


@dataclass(frozen=True, eq=False, repr=False)
class MCLMC(Method):
    """MCLMC is microcanonical Langevin dynamics (J. Robnik, G. B. De Luca, E. Silverstein, U. Seljak,
    JMLR 24, 311 (2023)): a particle of speed 1,

        dz = v dt,    dv = -(1 - v v') grad u / (n - 1) dt + noise that turns v,

    whose law has the density of z as its marginal. Nothing is rejected, so that steps can be long
    in many dimensions, and the step size leaves a bias of second order in it: warm-up sets the step
    so that the mean square of the energy error of one is Error n, and the bias of variances is then
    of about that size. AdjustedMCLMC has none. A draw is as many steps as pass the length in which v
    forgets. At least two dimensions.

    Parameters
    ----------
    error : float, in (0, 1), default 5e-4
        Mean square of the energy error of a step, over n, that the step size is adapted to.
    length : float, in [0, inf), default 0.0
        Length over which v forgets, in scaled coordinates; 0 is sqrt(n).
    metric : {"diagonal", "unit"}, default "diagonal"
        Scales that warm-up estimates, or none.
    step_size : float, in [0, inf), default 0.0
        Step in scaled coordinates; 0 is adapted.
    """

    type: ClassVar[str] = "MCLMC"

    error: float = field(default=5e-4, metadata={"range": "(0, 1)"})
    length: float = field(default=0.0, metadata={"range": "[0, inf)"})
    metric: Literal["diagonal", "unit"] = "diagonal"
    step_size: float = field(default=0.0, metadata={"range": "[0, inf)"})


@dataclass(frozen=True, eq=False, repr=False)
class MeanField(Method):
    """MeanField takes every site as independent of the others, in the field of their means. Of all
    products of single-site laws it finds the one of the lowest

        F = <E> - kT sum_i S_i,   so that F >= -kT log Z   (Gibbs, Bogoliubov, Feynman),

    where -dF = 0 reads x_i = law of a single site in the field b_i = -d<E>/dx_i. x_i are the
    probabilities of its values, or its mean spin for O(n) models (tanh(b/kT) of Ising spins,
    A_n(|b|/kT) b/|b|, A_n = I_(n/2) / I_(n/2-1), of n components). For models that all meet with
    couplings J/N (erg.lattice.complete(N) with J = 1/N) it is exact as N grows: then m = tanh((J m +
    h)/kT) for Curie and Weiss, kTc = J/n for n components, and for q values of Potts a transition of
    first order at kTc = J (q-2) / (2 (q-1) log(q-1)). On lattices with z neighbours kTc = J z/n lies
    too high.

    Parameters
    ----------
    starts : int, in [0, 100000], default 4
        Random states from which it descends, beside the ordered ones.

    Results
    -------
    log_z, free_energy        -F/kT, a lower bound, and F, of the whole system
    energy, entropy           <E> and sum_i S_i
    heat_capacity             d<E>/dkT, by linear response
    magnetization             the mean of the numbers that values stand for; of the order parameter for Potts; a vector for Clock and O(n)
    local_magnetization       of every site
    occupation, local_occupation
                              probabilities of the values, for more than two
    susceptibility            d/dh of the mean of what a field couples to (component 0, value 0), per site, by linear response
    stability                 the smallest eigenvalue of the curvature of F, 1 - B^T K B / kT, K_ij = -d^2<E>/dx_i dx_j, B B^T the covariance
                              of single sites. Positive in a minimum, zero at a continuous transition and where a direction costs
                              nothing (ordered O(n) models without field)
    stationary_free_energy    (points,) F of the minima and saddle points that were found, ascending; NaN where there are fewer than at
                              other temperatures

    It descends from ordered states of each value, the disordered one, one of alternating values on
    the colours of the graph, and random ones: sites are given their best law one after the other,
    so that F falls, then Newton's iteration ends it. Where several minima exist (below transitions of
    first order, in glasses), nothing tells that the lowest was among them; points of equal F are one.
    A disordered state that stays where it is may be a saddle point.

    Examples
    --------
    >>> magnet = erg.lattice.Ising(erg.lattice.complete(400), J=1 / 400)
    >>> found = erg.solve(magnet, erg.MeanField(), kT=0.5)
    >>> print(round(float(found["magnetization"]), 3))
    0.957
    >>> potts = erg.solve(erg.lattice.Potts((8, 8, 8), q=3), erg.MeanField(), kT=[2.1, 2.2])
    >>> print(potts["magnetization"].round(3))
    [0.616 0.   ]

    References
    ----------
    R. Feynman, Statistical Mechanics (1972), section 2.11. F. Y. Wu, Rev. Mod. Phys. 54, 235 (1982) for
    Potts.
    """

    type: ClassVar[str] = "MeanField"

    starts: int = field(default=4, metadata={"range": "[0, 100000]"})


@dataclass(frozen=True, eq=False, repr=False)
class MeanFieldLangevin(Method):
    """MeanFieldLangevin minimises F(mu) + kT int mu log mu over probability measures by N particles with
    the forces -N dF(mu_N)/dx_i, the gradients of the first variation of F, and noise of the temperature
    kT, in the coordinates of the space:

        dx = -g dt + sqrt(2 kT) dW                              friction = 0, by Euler steps,
        dx = v dt, dv = -friction v dt - g dt + sqrt(2 friction kT) dW

    where each step integrates all but g, which is frozen, exactly. Steps of size h shift the stationary
    law by O(h), N particles that of mu by O(1/N). draws is the number of particles, chains that of
    independent clouds.

    The run has trace_objective, F(mu_N) before each kept step, trace_mean and trace_variance (over N)
    of the coordinates after it.

    Parameters
    ----------
    steps : int, in [1, 1e12], default 1000
        Steps of every particle.
    step : float, in (0, inf), unit time, default 0.01
        h.
    friction : float, in [0, inf), unit 1/time, default 0.0
        Of the underdamped dynamics; 0 is overdamped.
    trace : int, in [0, 1e9], default 1000
        Rows of the traces at most.
    """

    type: ClassVar[str] = "MeanFieldLangevin"
    staged: ClassVar[bool] = True

    steps: int = field(default=1000, metadata={"range": "[1, 1e12]"})
    step: float = field(default=0.01, metadata={"unit": "time", "range": "(0, inf)"})
    friction: float = field(default=0.0, metadata={"unit": "1/time", "range": "[0, inf)"})
    trace: int = field(default=1000, metadata={"range": "[0, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class Metropolis(Method):
    """Metropolis proposes to flip one spin after the other and accepts each proposal with the probability

        min(1, exp(-dE/kT)),   dE = 2 s_i (sum_j J_ij s_j + h_i).

    Fits every Ising model: any lattice or graph, any J and h of either sign, kT >= 0 (at kT = 0 flips
    that cost nothing are made and flips that cost energy are not: the quench of a deep temperature).
    One sweep is N proposals.

    The orders that visit every site once per sweep accept a proposal with dE = 0 with probability 1/2
    instead of 1, which detailed balance leaves open: with 1, spins on which the others cancel would
    turn over in step for ever, and such a state (on small lattices a random start can hit it) would
    never be left. Order "random" needs no such care and accepts it always. Where kT is large against J
    and h, nearly every proposal is accepted, and HeatBath mixes better.

    On hypercubic lattices with one J and one h, even sides on periodic axes and the order
    "checkerboard", spins are one bit each and 512 are decided at once, by probabilities exact to 2^-53;
    chains stay independent, and several threads share the sweeps of a large lattice. Other models
    of values keep one byte a spin. Links of SU(2) and SU(3) know the order "checkerboard" alone.
    The results do not depend on threads or on the processor's vector instructions.

    Parameters
    ----------
    order : {"checkerboard", "sequential", "random"}, default "checkerboard"
        Which sites a sweep visits: "checkerboard" is colour by colour (two on lattices with even sides;
        on any other graph as many as it takes that no bond joins two sites of one colour), "sequential"
        is site 0 to N-1, "random" draws N sites with replacement. All three leave exp(-E/kT) invariant;
        only "random" obeys detailed balance sweep by sweep.
    step : float, in [0, inf), default 0.0
        Scale of proposals where sites are continuous. To a vector a normal one of this scale is added
        before its length is made 1, to an angle or a field a normal number; a matrix U of SU(N) becomes
        U exp(X), X of the algebra with normal coordinates (for SU(2) i x . sigma, for SU(3) i x .
        lambda, with Pauli's and Gell-Mann's matrices). 0 starts at 0.7 and is set by the warm-up so
        that half of them are accepted. Spins with values have no use for it.

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
    step: float = field(default=0.0, metadata={"range": "[0, inf)"})


@dataclass(frozen=True, eq=False, repr=False)
class MinimaxLangevin(Method):
    """MinimaxLangevin finds the equilibrium of a zero-sum game, min over mu and max over nu of int F dmu
    dnu + kT KL(mu|rho) - kT KL(nu|rho'), by two clouds whose forces are those of the averages of their
    opponents over the past (mean-field Langevin averaged gradient, MFL-AG):

        x -= step [sum_s s^q grad_x F(x, nu_s) / sum_s s^q + kT grad U(x)] - sqrt(2 kT step) n, s = 1 ... t,

    and y alike with the other sign. The averages are kept as reservoirs of memory x N particles,
    each of which is replaced by one of the latest with probability t^q / sum_s s^q; each step's force
    is that of so many of them as opponents says.

    What converges are the averages: average_x, average_y of the run, samples of them by the name of
    their slot. trace_mean and trace_variance are those of the averaged measures in the coordinates (x,
    y), exact sums over all the past; x and y are the last particles. trace_payoff is the mean of F(x,
    nu) - F(mu, y) against the averages, with the priors' energies times kT.

    Parameters
    ----------
    steps : int, in [1, 1e12], default 3000
        Steps of every particle.
    step : float, in (0, inf), default 0.01
        Step of the dynamics.
    power : float, in [0, 100], default 1.0
        q, the power of time in the weights of the averages.
    opponents : int, in [1, 1e7], default 64
        Particles of the averages that a force is taken from.
    memory : int, in [1, 1e6], default 16
        Particles of the averages, in units of N.
    trace : int, in [0, 1e9], default 1000
        Rows of the traces at most.
    """

    type: ClassVar[str] = "MinimaxLangevin"
    staged: ClassVar[bool] = True

    steps: int = field(default=3000, metadata={"range": "[1, 1e12]"})
    step: float = field(default=0.01, metadata={"range": "(0, inf)"})
    power: float = field(default=1.0, metadata={"range": "[0, 100]"})
    opponents: int = field(default=64, metadata={"range": "[1, 1e7]"})
    memory: int = field(default=16, metadata={"range": "[1, 1e6]"})
    trace: int = field(default=1000, metadata={"range": "[0, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class Multicanonical(Method):
    """Multicanonical learns the bias f of WangLandau by the recursion of B. A. Berg: rounds of sweeps with
    f as it stands, after each of which

        f(x) -> f(x) - log H(x)

    for every level x with H(x) > 0 visits; levels beyond what was visited take the bias at the edge.
    Round r has r times the first one's sweeps. In a round f stands still, so that each is a sample of a
    distribution that is known. Draws and results are those of WangLandau.

    Parameters
    ----------
    low : float, default None
        Lowest level; where neither it nor high is given, the levels are all those of the system,
        which Ising and Potts know.
    high : float, default None
        Highest level.
    bins : int, in [2, 1e7], default None
        Number of levels; the system's, or 100 between low and high.
    observable : str, default "energy"
        What is made flat: "energy", "magnetization", a recorded number, an element as in "x[0]".
    kernel : method, default None
        How walkers move; single-site updates, or for densities RandomWalk where none is given.
    rounds : int, in [1, 1e6], default 20
        Number of rounds.
    length : int, in [1, 1e9], default 200
        Sweeps of the first round.
    sweeps : int, in [1, 1e9], default 10
        Sweeps between draws.

    Observables
    -----------
    As for WangLandau.

    Info
    ----
    moves       elementary updates
    flatness    smallest visits of a level over the mean, while drawing

    Examples
    --------
    >>> magnet = erg.lattice.Ising((6, 6))
    >>> method = erg.Multicanonical(observable="magnetization")
    >>> run = erg.sample(magnet, method, kT=2.0, draws=300, warmup=10, chains=2, seed=1)
    >>> run["log_p"].shape
    (2, 37)

    References
    ----------
    B. A. Berg, T. Neuhaus, Phys. Rev. Lett. 68, 9 (1992). B. A. Berg, J. Stat. Phys. 82, 323 (1996).
    """

    type: ClassVar[str] = "Multicanonical"
    staged: ClassVar[bool] = True
    unit: ClassVar[str] = "ladder"

    low: float | None = None
    high: float | None = None
    bins: int | None = field(default=None, metadata={"range": "[2, 1e7]"})
    observable: str = "energy"
    kernel: Method | None = None
    rounds: int = field(default=20, metadata={"range": "[1, 1e6]"})
    length: int = field(default=200, metadata={"range": "[1, 1e9]"})
    sweeps: int = field(default=10, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class NFoldWay(Method):
    """NFoldWay is the dynamics of single sites without its rejections: only changes are events, and time
    goes on by as much as the attempts between would have taken. So a nucleus or a domain wall far below
    the transition is followed for times that no other method reaches. In law it is, exactly, either of

        continuous   every site is visited at the events of a Poisson process of rate 1: the waiting time of the next change is exponential
                     with the sum W of all rates, and which change it is has the probability rate/W. rates="heatbath" is erg.HeatBath() under
                     erg.simulate, Glauber's dynamics;
        attempts     N attempts at random sites in a unit of time, at equal distances: the number of attempts up to the next change is
                     geometric with W/N. These are the sweeps of HeatBath(order="random") and Metropolis(order="random") under erg.sample.

    The rate of a change of site i to b is heatbath: P(b) given the others; metropolis: min(1,
    exp(-dE/kT)) / (q-1). kT >= 0; where nothing can change any more time passes and nothing happens.
    After an event the rates of a site and of those whose energies it enters are found anew, and sites
    are chosen by a tree of sums of rates: an event costs O(log N), whatever the number of different
    rates (in Hopfield's model, where all meet, O(N)).

    It pays where most attempts are rejected; where few are, HeatBath is faster.

    Parameters
    ----------
    rates : {"heatbath", "metropolis"}, default "heatbath"
        The rates of changes.
    clock : {"continuous", "attempts"}, default "continuous"
        How time passes.

    Info
    ----
    events   changes so far
    rate     W, at the end

    Examples
    --------
    >>> magnet = erg.lattice.Ising((32, 32), h=-0.3)
    >>> run = erg.simulate(magnet, erg.NFoldWay(), kT=0.6, time=1e4, every=1e3, start="ordered", chains=1, seed=1)
    >>> bool(run["magnetization"][0, -1] > 0.99), bool(run.info["kernel"]["events"][0] < 1e5)
    (True, True)

    References
    ----------
    A. B. Bortz, M. H. Kalos, J. L. Lebowitz, J. Comput. Phys. 17, 10 (1975).
    """

    type: ClassVar[str] = "NFoldWay"

    rates: Literal["heatbath", "metropolis"] = "heatbath"
    clock: Literal["continuous", "attempts"] = "continuous"


@dataclass(frozen=True, eq=False, repr=False)
class NUTS(Method):
    """NUTS is Hamiltonian Monte Carlo that follows a trajectory until it turns back (M. D. Hoffman, A.
    Gelman, JMLR 15, 1593 (2014)), with multinomial choice along it and the generalised criterion (M.
    Betancourt, arXiv:1701.02434), as in Stan: the criterion is also tried across the borders of
    subtrees. Step size and metric adapt in warm-up, by dual averaging and in windows of doubling
    length. A step in which the energy changes by more than 2 is divided (N. Bou-Rabee, B. Carpenter,
    T. S. Kleppe, S. Liu, arXiv:2506.18746), so that chains go into the necks of hierarchical models and
    out again.

    Parameters
    ----------
    target_accept : float, in (0, 1), default 0.8
        Mean acceptance that the step size is adapted to; higher means shorter steps.
    max_depth : int, in [1, 20], default 10
        A trajectory has at most 2^MaxDepth - 1 steps.
    metric : {"low_rank", "diagonal", "dense", "unit"}, default "low_rank"
        Inverse mass matrix that warm-up estimates: scales, these and the directions that stand out,
        the covariance, or none.
    step_size : float, in [0, inf), default 0.0
        Step of the leapfrog; 0 is adapted.
    halvings : int, in [0, 20], default 4
        A step in which the energy changes too much, as in the neck of a funnel, is halved so often; 0:
        never.
    """

    type: ClassVar[str] = "NUTS"

    target_accept: float = field(default=0.8, metadata={"range": "(0, 1)"})
    max_depth: int = field(default=10, metadata={"range": "[1, 20]"})
    metric: Literal["low_rank", "diagonal", "dense", "unit"] = "low_rank"
    step_size: float = field(default=0.0, metadata={"range": "[0, inf)"})
    halvings: int = field(default=4, metadata={"range": "[0, 20]"})


@dataclass(frozen=True, eq=False, repr=False)
class NestedSampling(Method):
    """NestedSampling integrates over shells of the reference distribution. "live" points are drawn from
    it; again and again the worst ones, with the largest

        D = u(kT) - u_reference,   u = E/kT - log|dx/dz|,

    are taken away, and copies of others are moved within D < D_worst by the kernel at the reference,
    under a bias that forbids the rest. Each point taken from n stands for a share 1 - exp(-1/n) of what
    was left of the reference's mass X, so that

        Z = Z_reference sum_i (X_i-1 - X_i) exp(-D_i),

    which is unbiased in log X only; the error of log Z is sqrt(H / live), H the information. Points
    of equal D (spins) are told apart by labels drawn uniformly. It ends when the live points hold less
    than "tolerance" of Z at every kT; shells are ordered by D at the lowest kT.

    "draws" are drawn from all points by their weights, by a comb. The reference is that of SMC: fair
    coins for spins, for densities a Gaussian N(center, scale^2) of the unconstrained coordinates z.

    The mean is exact only as far as moves forget where they began: repeat with more sweeps and compare.

    Parameters
    ----------
    kernel : method, default None
        How walkers move: RandomWalk for densities, Metropolis for spins where none is given.
    live : int, in [10, 1e8], default 400
        Points of a population.
    sweeps : int, in [1, 1e9], default 5
        Sweeps of a new point.
    replace : float, in (0, 0.5], default 0.1
        Share of the points that are replaced at once.
    tolerance : float, in (0, 1), default 1e-3
        Share of the evidence in the live points at which it ends.
    reference : {"automatic", "prior", "gaussian"}, default "automatic"
        What populations begin from: "prior" the laws of an erg.Posterior, so that the evidence is the
        marginal likelihood (of kT = 1), "gaussian" that of center and scale; "automatic" the prior of a
        posterior of laws where center and scale are not given.
    center : float or array, default 0.0
        Mean of the Gaussian reference of a density, in unconstrained coordinates: one number or one for
        each. That of angles, spheres and other surfaces is uniform.
    scale : float or array, default 1.0
        Its standard deviation.

    Observables
    -----------
    Beside the system's: log_weights (draw,), equal within a population; log_evidence and
    log_evidence_se; information, H = log Z_reference - log Z - <D>.

    Info
    ----
    points      taken away, live ones included
    ess         effective number of points
    acceptance  of the kernel, of the latest moves

    Examples
    --------
    >>> import numpy as np
    >>> wells = lambda x: 5 * np.sum((x**2 - 1) ** 2) + 0.5 * np.sum(x)
    >>> run = erg.sample(wells, erg.NestedSampling(live=100), space=erg.Real(2), draws=200, chains=2, seed=1)
    >>> run["x"].shape, run["log_evidence"].shape
    ((2, 200, 2), (2,))

    References
    ----------
    J. Skilling, Bayesian Anal. 1, 833 (2006). G. Ashton et al., Nat. Rev. Methods Primers 2, 39 (2022).
    """

    type: ClassVar[str] = "NestedSampling"
    staged: ClassVar[bool] = True
    unit: ClassVar[str] = "ladder"

    kernel: Method | None = None
    live: int = field(default=400, metadata={"range": "[10, 1e8]"})
    sweeps: int = field(default=5, metadata={"range": "[1, 1e9]"})
    replace: float = field(default=0.1, metadata={"range": "(0, 0.5]"})
    tolerance: float = field(default=1e-3, metadata={"range": "(0, 1)"})
    reference: Literal["automatic", "prior", "gaussian"] = "automatic"
    center: ArrayLike = 0.0
    scale: ArrayLike = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class NoseHoover(Method):
    """NoseHoover is Newton's equations with a chain of thermostats, deterministic and reversible (G. J.
    Martyna, M. L. Klein, M. Tuckerman, J. Chem. Phys. 97, 2635 (1992)):

        dx/dt = v,   m dv/dt = -grad E - m v w_1,   dw_1/dt = (2K - n kT) / Q_1 - w_1 w_2,   dw_j/dt = (Q_j-1 w_j-1^2 - kT) / Q_j - w_j w_j+1,

    with Q_1 = n kT relaxation^2 and Q_j = kT relaxation^2, and d xi_j/dt = w_j. Its averages are
    canonical where the motion is ergodic, which a chain of one is not for a harmonic well; "conserved"
    is E + K + sum_j Q_j w_j^2 / 2 + n kT xi_1 + kT (xi_2 + xi_3 + ...). n counts all coordinates:
    where the total momentum is conserved, use Langevin, or start with it at 0 and read temperatures
    accordingly. By the reversible scheme of G. J. Martyna, M. E. Tuckerman, D. J. Tobias, M. L. Klein,
    Mol. Phys. 87, 1117 (1996), thermostats in three parts of order 4; of second order. kT > 0.

    Parameters
    ----------
    relaxation : float, in (0, inf), default 1.0
        Time in which the thermostat answers; about that of the system's fast motions.
    chain : int, in [1, 1000], default 3
        Thermostats of the chain.
    dt : float, in (0, inf), default 0.01
        Step of time; the largest one below it is taken of which a whole number fits between two
        records.
    masses : float or array, default 1.0
        One mass, or one for each coordinate; an array is broadcast over x.
    """

    type: ClassVar[str] = "NoseHoover"

    relaxation: float = field(default=1.0, metadata={"range": "(0, inf)"})
    chain: int = field(default=3, metadata={"range": "[1, 1000]"})
    dt: float = field(default=0.01, metadata={"range": "(0, inf)"})
    masses: ArrayLike = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class OneStepRSB(Method):
    """OneStepRSB is the limit N -> infinity of a PSpin glass with one step of replica symmetry breaking
    (G. Parisi, 1980): states whose overlap with themselves is q1, with each other q0, and weights of
    which x is the breaking point. With a spin's field y = J0 m^(p-1) + h + J sqrt(p q0^(p-1)/2) z0 + J
    sqrt(p (q1^(p-1) - q0^(p-1))/2) z1,

        f(x) = - (J^2/4kT) (1 - p q1^(p-1) + (p-1) ((1-x) q1^p + x q0^p)) + J0 (p-1) m^p / p - (kT/x) E_h E_z0 log E_z1 (2 cosh(y/kT))^x,

    stationary in q0, q1 and m; x is where df/dx = 0, or 1 where there is no such x below 1. The
    complexity, log of the number of states per spin of which f(x) counts the typical ones, is Sigma
    = (x^2/kT) df/dx. At x = 1 it is that of the states that make up equilibrium: it exists below the
    dynamic transition and vanishes at the static one (p = 3 and h = 0: kT = 0.6815 J and 0.6513 J),
    below which x < 1 and Sigma = 0.

    Parameters
    ----------
    x : float, in [0, 1], default 0.0
        Breaking point x; 0 seeks the one where f is stationary.

    Results
    -------
    free_energy_per_site, energy_per_site, entropy_per_site
                      f, u = -(J^2/2kT) (1 - (1-x) q1^p - x q0^p) - J0 m^p / p - E h tanh, (u - f)/kT
    breaking_point    x; 1 where replicas are alike
    overlap, inner_overlap
                      q0 and q1; q1 = q0 where there is one state
    magnetization     m
    complexity        Sigma at x; 0 where x was sought and lies below 1
    stability         of the states against a further step (Gardner's transition): 1 - (p (p-1)/2) q1^(p-2) (J/kT)^2 E <cosh^-4>, the mean
                      over z1 with the weight cosh^x

    f is a lower bound of the true free energy, above the replica-symmetric one; where the stability is
    positive it is believed, for p > 2, to be exact. For p = 2 it is a first correction.

    Examples
    --------
    >>> glass = erg.lattice.random_p_spin(12, 3, seed=1)
    >>> found = erg.solve(glass, erg.OneStepRSB(), kT=[0.5, 0.7])
    >>> print(found["breaking_point"].round(3), found["inner_overlap"].round(3))
    [0.71 1.  ] [0.893 0.   ]

    References
    ----------
    E. Gardner, Nucl. Phys. B 257, 747 (1985). D. J. Gross, M. Mezard, Nucl. Phys. B 240, 431 (1984). R.
    Monasson, Phys. Rev. Lett. 75, 2847 (1995) for x as a parameter.
    """

    type: ClassVar[str] = "OneStepRSB"

    x: float = field(default=0.0, metadata={"range": "[0, 1]"})


@dataclass(frozen=True, eq=False, repr=False)
class Onsager(Method):
    """Onsager is the infinite square lattice without field (L. Onsager, Phys. Rev. 65, 117 (1944)),
    per site. The side lengths and the boundary of the model play no part; J may have either sign.
    With K = |J|/kT, k = 2 sinh 2K / cosh^2 2K, k' = 2 tanh^2 2K - 1 and the complete elliptic integrals
    K1(k) and E1(k), at every kT it gives

        free_energy_per_site      f = -kT [log(2 cosh 2K) + (1/pi) int_0^(pi/2) log((1 + sqrt(1 - k^2 sin^2 x))/2) dx]
        energy_per_site           u = -|J| coth 2K [1 + (2/pi) k' K1]
        heat_capacity_per_site    (2/pi) (K coth 2K)^2 [2 K1 - 2 E1 - (1 - k') (pi/2 + k' K1)]
        entropy_per_site          (u - f)/kT
        spontaneous_magnetization (1 - sinh^-4 2K)^(1/8) below the critical temperature sinh(2K) = 1, else 0 (C. N. Yang, Phys. Rev. 85, 808
                                  (1952)); for J < 0 it is that of one sublattice

    The heat capacity has a logarithmic singularity at kT = 2 |J| / log(1 + sqrt 2); no float64 is that
    number, and next to it the heat capacity is about 18.
    """

    type: ClassVar[str] = "Onsager"


@dataclass(frozen=True, eq=False, repr=False)
class OverRelaxation(Method):
    """OverRelaxation reflects spins, which costs no energy and goes far, and lets a heat bath see to
    ergodicity: a sweep is so many sweeps of

        s_i -> 2 (s_i . x_i) x_i / |x_i|^2 - s_i,   x_i = sum_j J_ij s_j + h_i,

    followed by one of HeatBath. Each leaves exp(-E/kT) invariant. Near critical points the
    autocorrelation time, counted in sweeps, falls by about the number of reflections, each of which
    takes a fraction of a heat bath's time.

    Links of gauge theories are reflected alike, t -> 2 angle - t, U -> u U* u with u = V/|V| along the
    sum V of staples, those of SU(3) in three subgroups; a site of phi^4 about where the quadratic part
    of the action is least, and the quartic part accepts.

    Parameters
    ----------
    reflections : int, in [1, 1000], default 4
        Sweeps of reflections before each sweep of the heat bath.
    order : {"checkerboard", "sequential"}, default "checkerboard"
        Which sites a sweep visits: "checkerboard" is colour by colour, "sequential" is site 0 to N-1.

    Info
    ----
    changed   share of the heat bath's updates that changed the spin

    Examples
    --------
    >>> run = erg.sample(erg.lattice.XY((16, 16)), erg.OverRelaxation(), kT=0.8, sweeps=500, warmup=100, seed=1)
    >>> bool(0.6 < run["|magnetization|"].mean() < 0.9)
    True

    References
    ----------
    M. Creutz, Phys. Rev. D 36, 515 (1987). F. R. Brown, T. J. Woch, Phys. Rev. Lett. 58, 2394 (1987).
    """

    type: ClassVar[str] = "OverRelaxation"

    reflections: int = field(default=4, metadata={"range": "[1, 1000]"})
    order: Literal["checkerboard", "sequential"] = "checkerboard"


@dataclass(frozen=True, eq=False, repr=False)
class Overdamped(Method):
    """Overdamped is Brownian motion in a potential:

        dx = -mobility grad E dt + sqrt(2 mobility kT) dW.

    Schemes: Euler and Maruyama's, of weak order 1; Heun's, of weak order 2 (the noise is additive);
    SRK, the SRA1 of A. Roessler (SIAM J. Numer. Anal. 48, 922 (2010)), of weak order 2 and strong order
    1.5; and LeimkuhlerMatthews, x' = x - mobility grad E h + sqrt(mobility kT h / 2) (n_k + n_k+1),
    of weak order 1 in transients but 2 in stationary averages, with one gradient a step and no error in
    a harmonic well (B. Leimkuhler, C. Matthews, M. V. Tretyakov, Proc. R. Soc. A 470, 20140120 (2014)).

    Parameters
    ----------
    mobility : float or array, default 1.0
        Velocity per force, 1 / (friction m): one number, or one for each coordinate; an array is
        broadcast over x.
    dt : float, in (0, inf), default 0.001
        Step of time; the largest one below it is taken of which a whole number fits between two
        records.
    scheme : {"Euler", "Heun", "SRK", "LeimkuhlerMatthews"}, default "Euler"
        Scheme.
    """

    type: ClassVar[str] = "Overdamped"

    mobility: ArrayLike = 1.0
    dt: float = field(default=0.001, metadata={"range": "(0, inf)"})
    scheme: Literal["Euler", "Heun", "SRK", "LeimkuhlerMatthews"] = "Euler"


@dataclass(frozen=True, eq=False, repr=False)
class PMMH(Method):
    """PMMH is particle marginal Metropolis-Hastings (C. Andrieu, A. Doucet, R. Holenstein, J. R. Stat.
    Soc. B 72, 269 (2010)): Gaussian steps of the parameters, accepted by the ratio of prior times
    estimated evidence. The estimates come from a bootstrap filter, or from one that is guided where the
    model has a proposal; they are unbiased, so that the chain draws from the exact posterior whatever
    the number of particles.

    The shape of the steps is adapted in warm-up to the acceptance (M. Vihola, Stat. Comput. 22,
    997 (2012)). Choose particles so that the standard deviation of the log evidence that a filter gives
    is about 1: with far fewer the chain sticks.

    Parameters
    ----------
    particles : int, in [1, 1e9], default 200
        Particles of a filter.
    target_accept : float, in (0, 1), default 0.2
        Mean acceptance that the steps are adapted to.
    step_size : float, in (0, inf), default 0.3
        Size of the first steps, in unconstrained coordinates.
    resampling : {"systematic", "stratified", "residual", "multinomial"}, default "systematic"
        How parents are drawn by their weights in the filter.
    threshold : float, in [0, 1], default 0.5
        Share of the particles below which the effective number leads to resampling.
    """

    type: ClassVar[str] = "PMMH"

    particles: int = field(default=200, metadata={"range": "[1, 1e9]"})
    target_accept: float = field(default=0.2, metadata={"range": "(0, 1)"})
    step_size: float = field(default=0.3, metadata={"range": "(0, inf)"})
    resampling: Literal["systematic", "stratified", "residual", "multinomial"] = "systematic"
    threshold: float = field(default=0.5, metadata={"range": "[0, 1]"})


@dataclass(frozen=True, eq=False, repr=False)
class PPG(Method):
    """PPG is PaRIS particle Gibbs (G. Cardoso, S. El Idrissi, S. Le Corff, E. Moulines, J. Olsson,
    ICML (2023)): PaRIS again and again, from the second time on with one particle held on a path that
    was drawn backwards from the generations before. The bias decays geometrically in the iterations,
    which are averaged from number discard on.

    Resampling is multinomial, at every time. The model needs log_transition.

    Parameters
    ----------
    particles : int, in [2, 1e9], default 100
        Number N.
    parents : int, in [1, 1000], default 2
        Parents drawn for each particle.
    iterations : int, in [1, 1e9], default 10
        Passes over the series; the first holds no path.
    discard : int, in [0, 1e9], default 1
        Passes that are left out of the average.
    """

    type: ClassVar[str] = "PPG"
    staged: ClassVar[bool] = True

    particles: int = field(default=100, metadata={"range": "[2, 1e9]"})
    parents: int = field(default=2, metadata={"range": "[1, 1000]"})
    iterations: int = field(default=10, metadata={"range": "[1, 1e9]"})
    discard: int = field(default=1, metadata={"range": "[0, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class PaRIS(Method):
    """PaRIS carries smoothed expectations of sums over the path along with the filter: every particle
    averages the sums of a few parents, drawn anew with probability proportional to w_{t-1} p(x_t |
    x_{t-1}) (J. Olsson, J. Westerborn, Bernoulli 23, 1951 (2017)).

    Nothing is stored of the past. The work is particles^2 a time. The bias is O(1/N). The model needs
    log_transition.

    Parameters
    ----------
    particles : int, in [1, 1e9], default 1000
        Number N.
    parents : int, in [1, 1000], default 2
        Parents drawn for each particle; with one the variance grows with the square of T.
    resampling : {"systematic", "stratified", "residual", "multinomial"}, default "systematic"
        How parents are drawn by their weights in the filter.
    threshold : float, in [0, 1], default 0.5
        Share of N below which the effective number leads to resampling; 1 is at every time, 0 never.
    """

    type: ClassVar[str] = "PaRIS"
    staged: ClassVar[bool] = True

    particles: int = field(default=1000, metadata={"range": "[1, 1e9]"})
    parents: int = field(default=2, metadata={"range": "[1, 1000]"})
    resampling: Literal["systematic", "stratified", "residual", "multinomial"] = "systematic"
    threshold: float = field(default=0.5, metadata={"range": "[0, 1]"})


@dataclass(frozen=True, eq=False, repr=False)
class ParallelTempering(Method):
    """ParallelTempering moves walkers at all temperatures of kT=[...] at once, and swaps the
    configurations of neighbours a, b with probability

        min(1, exp((u_a(x_a) + u_b(x_b)) - (u_a(x_b) + u_b(x_a)))),   u = E/kT,

    so that what cold walkers cannot climb over they get round by way of hot ones. Each chain is one
    ladder of all temperatures; ladders are independent. All rungs are samples: run["energy"][t] is at
    kT[t].

    With adapt=True the first half of the warm-up is a pilot ladder, the same for all chains, that moves
    the inner temperatures to where all neighbours swap equally often (S. Syed, A. Bouchard-Cote, G.
    Deligiannidis, A. Doucet, 2022); the run's coordinates have the temperatures that were found.

    Parameters
    ----------
    kernel : method, default None
        How walkers move between swaps; the system's first method where none is given.
    swap_every : int, in [1, 1e9], default 1
        Sweeps between swaps.
    swaps : {"deterministic", "random"}, default "deterministic"
        Pairs that are tried: even and odd ones in turn ("deterministic": replicas do not turn back
        without a rejection), or either kind at random.
    adapt : bool, default False
        Whether warm-up places the inner temperatures.

    Observables
    -----------
    Beside the system's: "replica", the number of the configuration that stands on the rung (0 began on
    the first of kT).

    Info
    ----
    swap_acceptance   mean probability of the swaps between a temperature and the next higher one; NaN for the highest
    round_trips       of the ladder: from the coldest rung to the hottest and back, all replicas together
    flow              share of the replicas on a rung that were last at the hottest end, among those that have been at one; ideally it falls
                      linearly with the rung

    Examples
    --------
    >>> import numpy as np
    >>> wells = lambda x: 5 * np.sum((x**2 - 1) ** 2) + 0.5 * np.sum(x)
    >>> run = erg.sample(wells, erg.ParallelTempering(kernel=erg.HMC()), space=erg.Real(2), kT=[0.3, 1.0, 3.0], draws=1000, seed=1)
    >>> bool(0.0 < np.mean(run["x"][0] > 0) < 0.3)
    True

    References
    ----------
    R. H. Swendsen, J.-S. Wang, Phys. Rev. Lett. 57, 2607 (1986); K. Hukushima, K. Nemoto, J. Phys. Soc.
    Jpn. 65, 1604 (1996).
    """

    type: ClassVar[str] = "ParallelTempering"
    unit: ClassVar[str] = "ladder"

    kernel: Method | None = None
    swap_every: int = field(default=1, metadata={"range": "[1, 1e9]"})
    swaps: Literal["deterministic", "random"] = "deterministic"
    adapt: bool = False


@dataclass(frozen=True, eq=False, repr=False)
class ParticleDescent(Method):
    """ParticleDescent minimises F(mu) over probability measures by N particles, x_i -= step N
    dF(mu_N)/dx_i, in the coordinates of the space: a discrete gradient flow in the distance of optimal
    transport. F is convex along it where it is displacement convex. kT plays no part.

    The run has trace_objective, F(mu_N) before each kept step, trace_mean and trace_variance (over N)
    of the coordinates after it.

    Parameters
    ----------
    steps : int, in [1, 1e12], default 1000
        Steps of every particle.
    optimizer : {"fixed", "adagrad", "adam", "coin", "kt"}, default "fixed"
        How particles follow -N dF/dx_i: "fixed", "adagrad" (with decay 0.9), "adam", with a step;
        "coin" and "kt" bet, without one, as for SVGD.
    step : float, in (0, inf), default 0.1
        Step of the optimizer; of "fixed" at most 1/L for gradients with the Lipschitz constant L.
    decay : {"none", "linear"}, default "none"
        "linear": step (1 - t/steps), t = 0, 1, ...: for functionals with kinks.
    noise : float, in [0, inf), default 0.0
        Standard deviation of normal noise that is added in each step.
    average : bool, default False
        The particles of the run are the means of each over all steps.
    trace : int, in [0, 1e9], default 1000
        Rows of the traces at most.
    """

    type: ClassVar[str] = "ParticleDescent"
    staged: ClassVar[bool] = True

    steps: int = field(default=1000, metadata={"range": "[1, 1e12]"})
    optimizer: Literal["fixed", "adagrad", "adam", "coin", "kt"] = "fixed"
    step: float = field(default=0.1, metadata={"range": "(0, inf)"})
    decay: Literal["none", "linear"] = "none"
    noise: float = field(default=0.0, metadata={"range": "[0, inf)"})
    average: bool = False
    trace: int = field(default=1000, metadata={"range": "[0, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class ParticleGibbs(Method):
    """ParticleGibbs draws the path given the parameters by a filter that holds one particle on the path,
    with ancestor sampling (F. Lindsten, M. I. Jordan, T. B. Schoen, JMLR 15, 2145 (2014)), and then the
    parameters given the path by Metropolis steps on log p(path, y, parameters). Without parameters it
    draws paths. It is exact for any number of particles from 2 on.

    The model needs log_transition, and log_initial where there are parameters. The shape of the steps
    is adapted in warm-up.

    Parameters
    ----------
    particles : int, in [2, 1e9], default 50
        Particles of a filter.
    moves : int, in [1, 1e6], default 10
        Metropolis steps of the parameters for each path.
    target_accept : float, in (0, 1), default 0.234
        Mean acceptance that these are adapted to.
    step_size : float, in (0, inf), default 0.3
        Size of the first steps, in unconstrained coordinates.
    """

    type: ClassVar[str] = "ParticleGibbs"

    particles: int = field(default=50, metadata={"range": "[2, 1e9]"})
    moves: int = field(default=10, metadata={"range": "[1, 1e6]"})
    target_accept: float = field(default=0.234, metadata={"range": "(0, 1)"})
    step_size: float = field(default=0.3, metadata={"range": "(0, inf)"})


@dataclass(frozen=True, eq=False, repr=False)
class PopulationAnnealing(Method):
    """PopulationAnnealing cools a population from the reference and resamples it at every step, so that
    each temperature holds a population of equal weights:

        log Z = sum over steps of log mean exp(-(u_new - u_old)) + log of the reference's normaliser.

    The families that descend from one particle of the reference measure equilibration: rho_t should
    stay well below draws. Independent populations are averaged with their evidences as weights, as the
    run does. Path and results are those of SMC; adaptive steps bias the evidence by order 1/draws,
    with steps > 0 and a kernel that nothing tunes (spins) it is unbiased.

    Parameters
    ----------
    kernel : method, default None
        How particles move; where none is given HMC for densities, Metropolis for spins.
    sweeps : int, in [1, 1e9], default 10
        Sweeps of the kernel after each step.
    cess : float, in (0, 1), default 0.9
        Conditional effective size, as a share, that a step leaves.
    steps : int, in [0, 1e9], default 0
        Number of equal steps from temperature to temperature; 0 places them by cess.
    reference : {"automatic", "prior", "gaussian"}, default "automatic"
        What populations begin from: "prior" the laws of an erg.Posterior, so that the evidence is the
        marginal likelihood (of kT = 1), "gaussian" that of center and scale; "automatic" the prior of a
        posterior of laws where center and scale are not given.
    center : float or array, default 0.0
        Mean of the Gaussian reference of a density, in unconstrained coordinates: one number or one for
        each. That of angles, spheres and other surfaces is uniform.
    scale : float or array, default 1.0
        Its standard deviation.

    Observables
    -----------
    Beside the system's: log_weights (draw,), family (draw,), log_evidence and log_evidence_se.

    Info
    ----
    families    particles of the reference that have descendants
    rho_t       particles times the sum of squared shares of families
    stages      steps to a temperature from the one before

    Examples
    --------
    >>> run = erg.sample(erg.lattice.Ising((8, 8)), erg.PopulationAnnealing(), kT=[1.5, 2.0, 3.0], draws=500, chains=2, seed=1)
    >>> run["energy"].shape, bool((run.info["rho_t"] < 100).all())
    ((3, 2, 500), True)

    References
    ----------
    K. Hukushima, Y. Iba, AIP Conf. Proc. 690, 200 (2003). J. Machta, Phys. Rev. E 82, 026704 (2010). W.
    Wang, J. Machta, H. G. Katzgraber, Phys. Rev. E 92, 063307 (2015) for rho_t.
    """

    type: ClassVar[str] = "PopulationAnnealing"
    staged: ClassVar[bool] = True
    unit: ClassVar[str] = "ladder"

    kernel: Method | None = None
    sweeps: int = field(default=10, metadata={"range": "[1, 1e9]"})
    cess: float = field(default=0.9, metadata={"range": "(0, 1)"})
    steps: int = field(default=0, metadata={"range": "[0, 1e9]"})
    reference: Literal["automatic", "prior", "gaussian"] = "automatic"
    center: ArrayLike = 0.0
    scale: ArrayLike = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class RandomSequential(Method):
    """RandomSequential lets one thing happen at a time, each at its rate: the dynamics of the master
    equation, exact for any time. Events of the whole lattice have exponential waiting times; each is
    attempted at its largest rate and happens with the probability that makes up for it (uniformisation:
    A. Jensen, Skand. Aktuarietidskr. 36, 87 (1953)).

    Parameters
    ----------
    clock : {"continuous", "attempts"}, default "continuous"
        "continuous": waiting times are exponential. "attempts": attempts follow each other at equal
        times, as many in a unit of time as there are on average; with rate 1 for each of N sites a unit
        of time is a sweep of N attempts.

    Info
    ----
    attempts  how many so far
    changed   share of them that changed the configuration

    Examples
    --------
    >>> ring = erg.lattice.Exclusion((100,), backward=0.0, density=0.3)
    >>> run = erg.simulate(ring, erg.RandomSequential(), time=50.0, every=1.0, observe=["density", "flow"], seed=1)
    >>> run["flow"].shape
    (4, 51)
    """

    type: ClassVar[str] = "RandomSequential"

    clock: Literal["continuous", "attempts"] = "continuous"


@dataclass(frozen=True, eq=False, repr=False)
class RandomWalk(Method):
    """RandomWalk is Metropolis with Gaussian steps S n; in warm-up the matrix S is adapted to a mean
    acceptance (M. Vihola, Stat. Comput. 22, 997 (2012)), so that steps take the shape of the density.
    It needs no gradient.

    Parameters
    ----------
    target_accept : float, in (0, 1), default 0.234
        Mean acceptance that S is adapted to.
    steps : int, in [1, 1e9], default 10
        Steps of one draw: what lies between is thrown away.
    step_size : float, in (0, inf), default 1.0
        S at the beginning is StepSize times 1; without warm-up it stays.
    """

    type: ClassVar[str] = "RandomWalk"

    target_accept: float = field(default=0.234, metadata={"range": "(0, 1)"})
    steps: int = field(default=10, metadata={"range": "[1, 1e9]"})
    step_size: float = field(default=1.0, metadata={"range": "(0, inf)"})


@dataclass(frozen=True, eq=False, repr=False)
class ReplicaSymmetric(Method):
    """ReplicaSymmetric is the limit N -> infinity of spins that all meet, averaged over the law of the
    couplings, where all replicas are alike. The local field of a spin is mu + sigma z, z standard
    normal, and E is the mean over z and over the fields h_i that the model has (so that random fields
    are those given):

        m = E tanh((mu + sigma z)/kT),   q = E tanh^2((mu + sigma z)/kT).

    PSpin with the law J, J0 of SherringtonKirkpatrick and random_p_spin (variance p! J^2 / (2 N^(p-1)),
    mean (p-1)! J0 / N^(p-1)), or with one number for all couplings:

        sigma^2 = p q^(p-1) J^2 / 2,  mu = J0 m^(p-1) + h,
        f = - (J^2/4kT) (1 - p q^(p-1) + (p-1) q^p) + J0 (p-1) m^p / p - kT E log 2 cosh((mu + sigma z)/kT),
        u = - (J^2/2kT) (1 - q^p) - J0 m^p / p - E h tanh,
        stability = 1 - (p (p-1)/2) q^(p-2) (J/kT)^2 E cosh^-4.

    Hopfield (p = 2, K = alpha N random patterns of +1 and -1, of which one may be retrieved), c = 1 -
    q:

        sigma^2 = alpha r,  r = q / (1 - c/kT)^2,  mu = m + h xi,   m = E xi tanh, over xi = +1 and -1,
        f = alpha/2 + m^2/2 + (alpha kT/2) [log(1 - c/kT) - (q/kT)/(1 - c/kT)] + alpha r c/(2 kT) - kT E log 2 cosh,
        stability = 1 - alpha (kT - c)^-2 E cosh^-4.

    Where J = 0 this is exact; else as long as the stability is not negative (J. R. L. de Almeida, D. J.
    Thouless, J. Phys. A 11, 983 (1978)); for p > 2 there may be a transition of first order to a glass
    before, see OneStepRSB. Below, f is a lower bound of the true one; the entropy of the SK model goes
    to -1/(2 pi) per spin at kT = 0, its u to -sqrt(2/pi) J.

    Parameters
    ----------
    start : {"lowest", "ordered", "disordered"}, default "lowest"
        Which stationary point: "lowest" as above, "ordered" the one that is reached from m = q = 1
        (retrieval, metastable or not), "disordered" from m = 0, q = 1.

    Results
    -------
    free_energy_per_site, energy_per_site, entropy_per_site
                                f, u, (u - f)/kT
    magnetization, overlap      m (of Hopfield the overlap with the pattern), q
    noise                       sigma / J, or sqrt(r) for Hopfield
    stability                   of replica symmetry: the replicon's eigenvalue
    stationary_free_energy      (points,) f of all stationary points that were found, ascending; NaN where there are fewer
    stationary_magnetization, stationary_overlap
                                (points,) m and q of the same

    Stationary points are sought from q = 1 and 0 with m = 1, 0 and -1, each by iteration and Newton's
    steps. Of two q with the same kind of m the one of the largest f counts, as replicas demand;
    of different m the one of the lowest.

    Examples
    --------
    >>> glass = erg.lattice.SherringtonKirkpatrick(64, seed=1)
    >>> found = erg.solve(glass, erg.ReplicaSymmetric(), kT=[0.001, 0.5, 2.0])
    >>> print(found["energy_per_site"].round(4), found["stability"].round(2)[1:])
    [-0.7979 -0.7187 -0.25  ] [-0.36  0.75]
    >>> network = erg.lattice.Hopfield(np.random.default_rng(1).choice([-1, 1], (100, 1000)))
    >>> found = erg.solve(network, erg.ReplicaSymmetric(start="ordered"), kT=0.01)
    >>> print(round(float(found["magnetization"]), 3))
    0.998

    References
    ----------
    D. Sherrington, S. Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975). E. Gardner, Nucl. Phys. B 257,
    747 (1985). D. J. Amit, H. Gutfreund, H. Sompolinsky, Ann. Phys. 173, 30 (1987). T. Schneider, E.
    Pytte, Phys. Rev. B 15, 1519 (1977) for random fields.
    """

    type: ClassVar[str] = "ReplicaSymmetric"

    start: Literal["lowest", "ordered", "disordered"] = "lowest"


@dataclass(frozen=True, eq=False, repr=False)
class RiemannianHMC(Method):
    """RiemannianHMC follows Hamilton's equations with a mass matrix G(z) that changes from place to place
    (M. Girolami, B. Calderhead, J. R. Stat. Soc. B 73, 123 (2011)),

        H = u + log det G / 2 + p' G^-1 p / 2,

    by the generalised leapfrog, whose steps are implicit, reversible and keep volumes. Their equations
    are solved by damped Newton iterations to 1e-10 of the length of the step, lengths being those of G.
    A trajectory with a step that has no solution, or that does not lead back within 1e-8, is rejected,
    and warm-up makes steps shorter for it.

    G is the matrix of second derivatives of u with each eigenvalue l replaced by l coth(Alpha l), about
    |l| and at least 1/Alpha (SoftAbs; M. Betancourt, arXiv:1212.4693), or Metric. So steps become short
    where the density bends sharply, as in the neck of a funnel. A step costs some eight evaluations of
    third derivatives, and work of order n^4: n is small, and where the bend is alike everywhere NUTS is
    faster.

    Parameters
    ----------
    steps : int, in [1, 1e6], default 10
        Steps of a trajectory.
    alpha : float, in (0, inf), default 1.0
        Hardness of SoftAbs; its inverse is the least eigenvalue of G, in the units of z.
    target_accept : float, in (0, 1), default 0.9
        Mean acceptance that the step size is adapted to.
    step_size : float, in [0, inf), default 0.0
        Step of the leapfrog; 0 is adapted.
    jitter : float, in [0, 1), default 0.2
        Relative half width of the steps drawn.
    iterations : int, in [1, 1e6], default 20
        Newton iterations after which an implicit step is given up.
    metric : function, default None
        A function of one x, like the energy, that gives a positive definite matrix (d, d) for the
        d numbers of x, at kT = 1: the Fisher information of the likelihood and the precision of the
        prior. G is its pull-back J' Metric J / kT, J = dx/dz. SoftAbs where there is none.
    """

    type: ClassVar[str] = "RiemannianHMC"

    steps: int = field(default=10, metadata={"range": "[1, 1e6]"})
    alpha: float = field(default=1.0, metadata={"range": "(0, inf)"})
    target_accept: float = field(default=0.9, metadata={"range": "(0, 1)"})
    step_size: float = field(default=0.0, metadata={"range": "[0, inf)"})
    jitter: float = field(default=0.2, metadata={"range": "[0, 1)"})
    iterations: int = field(default=20, metadata={"range": "[1, 1e6]"})
    metric: Callable[..., Any] | None = None


@dataclass(frozen=True, eq=False, repr=False)
class SMC(Method):
    """SMC is a sequential Monte Carlo sampler: a population drawn from a reference distribution is
    annealed along the geometric path

        u_r = (1 - r) u + r u_reference,   u = E/kT - log|dx/dz|,   r from 1 to 0,

    to the highest kT and on to each lower one in equal steps of 1/kT. A step changes log weights by
    -(u_new - u_old), resamples by a systematic comb where few particles are effective, and moves all by
    the kernel. The reference of spins is infinite temperature (fair coins, N log 2); that of a density
    a Gaussian N(center, scale^2) of the unconstrained coordinates z, or the prior of a posterior,
    with whose likelihood it is annealed.

    "draws" are the particles of each of "chains" independent populations, with log_weights:
    exp(log_weights) averages to the evidence. Means, errors (from the populations) and effective sizes
    of the run are those of weighted draws.

    Steps and kernels are adapted by the population itself, which leaves a bias of order 1/draws in the
    evidence; with pilot > 0 by a population beside it, and then the evidence (not its logarithm) is
    unbiased.

    Parameters
    ----------
    kernel : method, default None
        How particles move; where none is given HMC for densities, Metropolis for spins.
    sweeps : int, in [1, 1e9], default 1
        Sweeps of the kernel after each step.
    cess : float, in (0, 1), default 0.9
        Conditional effective size, as a share, that a step leaves.
    steps : int, in [0, 1e9], default 0
        Number of equal steps from temperature to temperature; 0 places them by cess.
    ess : float, in [0, 2], default 0.5
        Share of effective particles below which they are resampled; 0 never, above 1 after each step.
    pilot : int, in [0, 1e9], default 0
        Particles beside each population that set its steps and kernels.
    reference : {"automatic", "prior", "gaussian"}, default "automatic"
        What populations begin from: "prior" the laws of an erg.Posterior, so that the evidence is the
        marginal likelihood (of kT = 1), "gaussian" that of center and scale; "automatic" the prior of a
        posterior of laws where center and scale are not given.
    center : float or array, default 0.0
        Mean of the Gaussian reference of a density, in unconstrained coordinates: one number or one for
        each. That of angles, spheres and other surfaces is uniform.
    scale : float or array, default 1.0
        Its standard deviation.

    Observables
    -----------
    Beside the system's: log_weights (draw,), family (draw,), the particle of the reference that a
    draw descends from, log_evidence = log of the integral of exp(-E/kT) over x (for spins the sum over
    states) and log_evidence_se, from the weights of the families.

    Info
    ----
    ess         effective particles at a temperature
    stages      steps to a temperature from the one before
    families    particles of the reference that have descendants
    rho_t       particles times the sum of squared weights of families: log_evidence_se^2 is (rho_t - 1) / draws
    resampled   times of a population

    Examples
    --------
    >>> import numpy as np
    >>> wells = lambda x: 5 * np.sum((x**2 - 1) ** 2) + 0.5 * np.sum(x)
    >>> run = erg.sample(wells, erg.SMC(scale=2.0), space=erg.Real(2), kT=[0.5, 1.0], draws=500, seed=1)
    >>> run["x"].shape, run["log_evidence"].shape
    ((2, 4, 500, 2), (2, 4))

    References
    ----------
    P. Del Moral, A. Doucet, A. Jasra, J. R. Stat. Soc. B 68, 411 (2006). Y. Zhou, A. M. Johansen, J. A.
    D. Aston, J. Comput. Graph. Stat. 25, 701 (2016). A. Lee, N. Whiteley, Biometrika 105, 609 (2018).
    """

    type: ClassVar[str] = "SMC"
    staged: ClassVar[bool] = True
    unit: ClassVar[str] = "ladder"

    kernel: Method | None = None
    sweeps: int = field(default=1, metadata={"range": "[1, 1e9]"})
    cess: float = field(default=0.9, metadata={"range": "(0, 1)"})
    steps: int = field(default=0, metadata={"range": "[0, 1e9]"})
    ess: float = field(default=0.5, metadata={"range": "[0, 2]"})
    pilot: int = field(default=0, metadata={"range": "[0, 1e9]"})
    reference: Literal["automatic", "prior", "gaussian"] = "automatic"
    center: ArrayLike = 0.0
    scale: ArrayLike = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class SMC2(Method):
    """SMC2 filters the parameters too: draws of the parameters, each with a particle filter of its own,
    are weighed by what their filters say of every new observation; where their effective number has
    fallen, they are drawn anew and moved by steps of particle marginal Metropolis-Hastings (N. Chopin,
    P. E. Jacob, O. Papaspiliopoulos, J. R. Stat. Soc. B 75, 397 (2013)). It starts from draws of the
    prior, which must be able to make them.

    The evidence is unbiased for any numbers of particles; posterior means are biased by O(1/draws).
    Filters are bootstrap filters, guided where the model has a proposal.

    Parameters
    ----------
    particles : int, in [1, 1e9], default 200
        Particles of a filter.
    threshold : float, in (0, 1], default 0.5
        Share of the draws below which their effective number leads to new ones.
    moves : int, in [1, 1000], default 3
        Metropolis steps that move a draw.
    """

    type: ClassVar[str] = "SMC2"
    staged: ClassVar[bool] = True

    particles: int = field(default=200, metadata={"range": "[1, 1e9]"})
    threshold: float = field(default=0.5, metadata={"range": "(0, 1]"})
    moves: int = field(default=3, metadata={"range": "[1, 1000]"})


@dataclass(frozen=True, eq=False, repr=False)
class SVGD(Method):
    """SVGD is Stein variational gradient descent: particles in the coordinates z of the space follow

        v_i = (1/N) sum_j [k(z_j, z_i) grad log p(z_j) + grad_{z_j} k(z_j, z_i)],

    attracted by the density and repelled by each other. draws is the number of particles N,
    chains that of independent clouds; nothing is random but the start, normal in z unless it is given.
    Few particles in many dimensions have too small variances: with the kernel "rbf" and its median rule
    about 0.93 of the exact ones for N = 100 in two dimensions, less in more. The kernel "linear" has
    the exact mean and covariance of a Gaussian for N > d.

    The run has trace_velocity, the root mean square of |v| in each kept step, trace_mean and
    trace_variance (over N) of z after it.

    Parameters
    ----------
    steps : int, in [1, 1e12], default 1000
        Steps of every particle.
    kernel : {"rbf", "imq", "linear"}, default "rbf"
        "rbf": exp(-r^2/h). "imq": (1 + r^2/h)^(-1/2). "linear": 1 + z.z'.
    bandwidth : float, in [0, inf), default 0.0
        h of the kernel. 0: in each step the median of r^2 over pairs, for "rbf" over log N.
    optimizer : {"adagrad", "adam", "fixed", "coin", "kt"}, default "adagrad"
        "adagrad" (with decay 0.9), "adam", "fixed": with a step. "coin" (adaptive bets on coordinates)
        and "kt" (bets on particles) need none.
    step : float, in (0, inf), default 0.1
        Step of the optimizer.
    metric : {"unit", "covariance", "hessian"}, default "unit"
        "covariance" or "hessian": distances and velocities in the metric of the inverse covariance of
        the cloud, or of the mean Hessian of -log p over the cloud, found by regression of grad log p on
        z; a kernel with a matrix value, the same for all particles.
    mirror : {"none", "entropic"}, default "none"
        "entropic": on erg.Simplex(n, map="softmax") the kernel is taken between the points x, while
        particles move in z = log(x_k / x_n), its mirror image.
    trace : int, in [0, 1e9], default 1000
        Rows of the traces at most.
    """

    type: ClassVar[str] = "SVGD"
    staged: ClassVar[bool] = True

    steps: int = field(default=1000, metadata={"range": "[1, 1e12]"})
    kernel: Literal["rbf", "imq", "linear"] = "rbf"
    bandwidth: float = field(default=0.0, metadata={"range": "[0, inf)"})
    optimizer: Literal["adagrad", "adam", "fixed", "coin", "kt"] = "adagrad"
    step: float = field(default=0.1, metadata={"range": "(0, inf)"})
    metric: Literal["unit", "covariance", "hessian"] = "unit"
    mirror: Literal["none", "entropic"] = "none"
    trace: int = field(default=1000, metadata={"range": "[0, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class SimulatedTempering(Method):
    """SimulatedTempering is one walker a chain whose temperature moves, too, among those of kT=[...]:
    the joint distribution is

        p(x, k) proportional to exp(g_k - u_k(x)),   u_k = E/kT_k,

    and after "sweeps" sweeps k is drawn from p(k | x) (Gibbs). With g_k = -log Z_k all temperatures are
    visited equally. g is learnt in the warm-up: of a visit at k, g_j falls by a gain times p(j | x) for
    every j, the gain 1/t' after an initial stage (Wang and Landau's, with the conditional probabilities
    in place of indicators), and stands still from then on.

    Every draw serves every temperature: at kT_k it has the log weight

        -u_k(x) - log sum_j exp(g_j - u_j(x)),

    the weight of the mixture from which x is drawn, whatever the rung it was on. Kernels whose steps
    adapt do not: give them a step that fits all temperatures, or use ParallelTempering.

    Parameters
    ----------
    kernel : method, default None
        How walkers move; the system's first method of fixed steps where none is given.
    sweeps : int, in [1, 1e9], default 1
        Sweeps between changes of temperature, and between draws.

    Observables
    -----------
    Beside the system's: log_weights (draw,); rung (draw,), the place of the temperature in kT;
    log_ratio, log Z_k - log Z_0 against the first of kT.

    Info
    ----
    visits       share of the draws on a temperature
    round_trips  of the chain: from the lowest temperature to the highest and back

    Examples
    --------
    >>> magnet = erg.lattice.Ising((4, 4))
    >>> run = erg.sample(magnet, erg.SimulatedTempering(), kT=[1.5, 2.0, 3.0, 5.0], draws=2000, seed=1)
    >>> run["energy"].shape, run["log_ratio"].shape
    ((4, 4, 2000), (4, 4))

    References
    ----------
    E. Marinari, G. Parisi, Europhys. Lett. 19, 451 (1992). Z. Tan, J. Comput. Graph. Stat. 26,
    54 (2017) for the weights.
    """

    type: ClassVar[str] = "SimulatedTempering"
    staged: ClassVar[bool] = True
    unit: ClassVar[str] = "ladder"

    kernel: Method | None = None
    sweeps: int = field(default=1, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class Slice(Method):
    """Slice draws a level under the density at the present point, steps out an interval around the point
    along a line until its ends lie below the level, and draws from it until a point lies above,
    each failure cutting the interval there (R. M. Neal, Ann. Stat. 31, 705 (2003)). The lines are the
    coordinate axes in turn, or random directions (hit and run). It needs no gradient, no step size to
    be right, and may have jumps in the density; what it is slow at is many correlated coordinates.
    Widths are adapted in warm-up to the intervals that were found.

    Parameters
    ----------
    lines : {"axes", "random"}, default "axes"
        Lines: the axes, each once a pass, or as many random directions.
    width : float, in (0, inf), default 1.0
        First guess of the intervals' widths, in unconstrained coordinates; without warm-up it stays.
    passes : int, in [1, 1e9], default 1
        Passes of one draw.
    max_widths : int, in [1, 1e9], default 100
        Widths that an interval has at most.
    """

    type: ClassVar[str] = "Slice"

    lines: Literal["axes", "random"] = "axes"
    width: float = field(default=1.0, metadata={"range": "(0, inf)"})
    passes: int = field(default=1, metadata={"range": "[1, 1e9]"})
    max_widths: int = field(default=100, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class SlowDrive(Method):
    """SlowDrive adds one grain in each unit of time, at a random site, and waits until topplings end.

    Info
    ----
    grains      added so far
    topplings   so far
    """

    type: ClassVar[str] = "SlowDrive"


@dataclass(frozen=True, eq=False, repr=False)
class StretchMove(Method):
    """StretchMove moves the chains of each temperature as one ensemble (J. Goodman, J. Weare, CAMCoS 5,
    65 (2010)): a walker's proposal lies on the line through it and a random walker of the other half,

        y = x_j + s (x_i - x_j), s in [1/a, a] with density ~ s^(-1/2), accepted with min(1, s^(d-1) p(y)/p(x_i)).

    All of one half move at once, then the other half. The method behaves alike for all targets that
    linear maps turn into each other, and asks for no derivative and no scale; beyond some 20 dimensions
    it is slow and can mislead. Angles stay in [-pi, pi]. At least 2 d chains, and 4, are needed.
    There is nothing to adapt: warmup are draws that are left out.

    Parameters
    ----------
    scale : float, in (1, inf), default 2.0
        a.
    steps : int, in [1, 1e9], default 1
        Moves of each walker in one draw: what lies between is thrown away.
    """

    type: ClassVar[str] = "StretchMove"
    unit: ClassVar[str] = "all"

    scale: float = field(default=2.0, metadata={"range": "(1, inf)"})
    steps: int = field(default=1, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class SwendsenWang(Method):
    """SwendsenWang divides the whole system into clusters and turns each over with probability 1/2.
    A sweep is one such update.

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
    general path with the same law.

    Beside the observables of every method there are

        cluster_sizes             ragged: the sizes of the clusters of the last update, in the order of their smallest sites; with fields the
                                  cluster of the ghost, not counting the ghost and possibly empty, comes first
        cluster_magnetization^2   sum_c (n_c/N)^2, the mean of m^2 over all orientations of these clusters: the improved estimator, for J >= 0
                                  without fields; in the disordered phase its variance is the smaller one

    Info
    ----
    clusters       mean number of clusters in an update since the end of the warm-up, the ghost's not counted
    cluster_size   N over that

    Examples
    --------
    >>> magnet = erg.lattice.Ising((32, 32), h=0.01)
    >>> run = erg.sample(magnet, erg.SwendsenWang(), kT=2.0, sweeps=2000, warmup=100, seed=1)
    >>> print(round(float(run["magnetization"].mean()), 1))
    0.9

    References
    ----------
    R. H. Swendsen, J.-S. Wang, Phys. Rev. Lett. 58, 86 (1987).
    """

    type: ClassVar[str] = "SwendsenWang"


@dataclass(frozen=True, eq=False, repr=False)
class Synchronous(Method):
    """Synchronous lets all cells follow the rule at once, step after step; a unit of time is a step.
    """

    type: ClassVar[str] = "Synchronous"


@dataclass(frozen=True, eq=False, repr=False)
class TransferMatrix(Method):
    """TransferMatrix sums over all states exactly, layer by layer or site by site: chains, strips and bars
    of any finite length, with any boundary, couplings and fields, and any graph of which few sites are
    open at a time, such as trees. At every kT it gives

        log_z            log Z,  Z = Tr T^L on a periodic length L, <1| T^(L-1) |1> on an open one
        free_energy      -kT log Z
        energy           <E> of the whole system
        heat_capacity    d<E>/dkT of the whole system
        entropy          log Z + <E>/kT
        magnetization    <m>, m the mean spin; exactly 0 without field
        magnetization^2  <m^2>
        susceptibility   d<m>/dh = N (<m^2> - <m>^2) / kT, per site

    Ising with one J and one h on a hypercubic lattice: the transfer runs along the axis that costs
    least. A layer across it has W sites; T = D^(1/2) V D^(1/2) is never built: D, the bonds and fields
    inside a layer, is a diagonal of 2^W weights, and V, the bonds between layers, acts site by site (H.
    A. Kramers, G. H. Wannier, Phys. Rev. 60, 252 (1941); L. Onsager, Phys. Rev. 65, 117 (1944)).
    One application costs W 2^W operations. A periodic length starts from every layer that is not
    the image of another under translation, reflection or, without field, a flip of all spins; T^L is
    reached from both sides, so that L/2 applications do. Layers go up to 16 sites with periodic length,
    20 with open length, and work is refused above 2e11 operations.

    Every vector element carries, beside its weight, mean and variance of the energy and of the
    magnetization over the paths that it sums; two paths that meet are mixed. Thus derivatives are
    exact and nothing cancels, neither for long strips nor at low kT; where weights would underflow,
    logarithms are kept instead.

    Potts, Clock and Pairwise (what Model makes of energies of pairs), with one coupling and one set
    of fields on a hypercubic lattice: layers of at most 4096 states and 2e10 operations, the thermal
    results, and correlation_length = 1 / log(lambda_1 / |lambda_2|) along the transfer of the infinite
    strip, lambda the eigenvalues of T by Lanczos' iteration.

    All others (couplings or fields that differ, any graph, Tabled models of several sites together):
    sites are summed over one after the other, each leaving a table over the sites that it met (U.
    Bertele, F. Brioschi, Nonserial Dynamic Programming, 1972), in the cheapest of a few orders;
    tables have at most 2^20 states (20 open Ising spins: strips of 20 sites with open length, 10 with
    periodic length), and work is refused above 2e9 terms. Entropies are carried as such, so that no kT
    is too low. Magnetizations are those of the numbers that values stand for (Ising, Pairwise, Tabled).
    """

    type: ClassVar[str] = "TransferMatrix"


@dataclass(frozen=True, eq=False, repr=False)
class UmbrellaSampling(Method):
    """UmbrellaSampling holds walkers in overlapping windows of an observable x, by harmonic biases

        u -> E/kT + K/2 (x - c_w)^2,   c_w = low ... high in "windows" even steps,

    one walker for each window in each chain, and joins what they saw by the multistate Bennett
    acceptance ratio, as if all draws came from one mixture

        log weight of a draw = -log sum_w exp(f_w - K/2 (x - c_w)^2),   f_w from exp(-f_w) = mean of exp(-K/2 (x - c_w)^2) under these weights.

    draws are all windows' together: "draws" must be a multiple of "windows", and the first draws /
    windows of them are those of the first window.

    Parameters
    ----------
    observable : str, default "energy"
        "energy", "magnetization", a recorded number, an element as in "x[0]".
    low : float, default None
        Centre of the first window; where neither it nor high is given, windows go over all levels that
        the system has, which Ising and Potts know.
    high : float, default None
        Centre of the last.
    windows : int, in [2, 1e6], default 20
        Number of windows.
    K : float, in (0, inf), default None
        Stiffness, in units of 1/x^2 (not of energy): the width of a window is 1/sqrt(K), the distance
        to the next one where it is not given.
    kernel : method, default None
        How walkers move; single-site updates, or for densities RandomWalk where none is given.
    sweeps : int, in [1, 1e9], default 1
        Sweeps between draws.

    Observables
    -----------
    Beside the system's: log_weights (draw,), to the system without biases; coordinate (draw,), x;
    window (draw,); free_energy (window,), f_w - f_0.

    Examples
    --------
    >>> import numpy as np
    >>> wells = lambda x: 8 * (x[0] ** 2 - 1) ** 2 + 0.5 * x[1] ** 2
    >>> method = erg.UmbrellaSampling(observable="x[0]", low=-1.3, high=1.3, windows=14, K=60.0)
    >>> run = erg.sample(wells, method, space=erg.Real(2), draws=14 * 100, warmup=200, chains=2, seed=1)
    >>> run["free_energy"].shape
    (2, 14)

    References
    ----------
    G. M. Torrie, J. P. Valleau, J. Comput. Phys. 23, 187 (1977). M. R. Shirts, J. D. Chodera, J. Chem.
    Phys. 129, 124105 (2008).
    """

    type: ClassVar[str] = "UmbrellaSampling"
    staged: ClassVar[bool] = True
    unit: ClassVar[str] = "ladder"

    observable: str = "energy"
    low: float | None = None
    high: float | None = None
    windows: int = field(default=20, metadata={"range": "[2, 1e6]"})
    K: float | None = field(default=None, metadata={"range": "(0, inf)"})
    kernel: Method | None = None
    sweeps: int = field(default=1, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class Verlet(Method):
    """Verlet is Newton's equations, m d^2x/dt^2 = -grad E, by the velocity form of L. Verlet's method
    (Phys. Rev. 159, 98 (1967)): symplectic, reversible, of second order; its energy error oscillates
    and does not drift. Velocities begin as those of the temperature kT, which has no other role.
    "conserved" is the energy E + K.

    Parameters
    ----------
    dt : float, in (0, inf), default 0.01
        Step of time; the largest one below it is taken of which a whole number fits between two
        records.
    masses : float or array, default 1.0
        One mass, or one for each coordinate; an array is broadcast over x.
    """

    type: ClassVar[str] = "Verlet"

    dt: float = field(default=0.01, metadata={"range": "(0, inf)"})
    masses: ArrayLike = 1.0


@dataclass(frozen=True, eq=False, repr=False)
class WangLandau(Method):
    """WangLandau learns a bias f on an observable that makes its histogram flat, and then draws with it:

        weight = exp(-E/kT + f(x)),   f(x) -> -log p(x),   x one of "bins" evenly spaced levels from low to high.

    At each visit of a level f falls by an increment, which is halved whenever no level that was seen
    has less than "flat" times the mean of visits, and is (number of levels) / moves once that is more
    (R. E. Belardinelli, V. D. Pereyra 2007), down to "final". Then f stands still: "draws" are made,
    "sweeps" sweeps apart, with log_weights that take them to each kT, and the histogram of their sweeps
    corrects f.

    Each chain learns its own f at the highest kT. Values between two levels belong to the nearer one;
    what lies beyond low and high by more than half a spacing is excluded, so that results are those of
    the system kept inside.

    Parameters
    ----------
    low : float, default None
        Lowest level; where neither it nor high is given, the levels are all those of the system,
        which Ising and Potts know.
    high : float, default None
        Highest level.
    bins : int, in [2, 1e7], default None
        Number of levels; the system's, or 100 between low and high.
    observable : str, default "energy"
        What is made flat: "energy", "magnetization", a recorded number, an element as in "x[0]".
    kernel : method, default None
        How walkers move; single-site updates, or for densities RandomWalk where none is given.
    flat : float, in (0, 1), default 0.8
        Share of the mean that every level must have.
    final : float, in (0, 1], default 1e-5
        Increment at which learning ends.
    sweeps : int, in [1, 1e9], default 10
        Sweeps between draws.

    Observables
    -----------
    Beside the system's: log_weights (draw,); levels (level,), histogram (level,), log_p (level,),
    the logarithm of the probability of each level at kT (on observables other than the energy at the
    highest kT); for the energy log_g (level,), the density of states: of spins normalised to 2^N (which
    is right where the range holds all states), with log_evidence = log sum_E g(E) exp(-E/kT) for each
    kT; of densities to a sum of 1 over exp(-E/kT).

    Info
    ----
    moves       elementary updates
    increment   the last one
    flatness    smallest visits of a level over the mean, while drawing

    Examples
    --------
    >>> import numpy as np
    >>> magnet = erg.lattice.Ising((4, 4))
    >>> run = erg.sample(magnet, erg.WangLandau(), kT=[1.5, 3.0], draws=500, warmup=10, seed=1)
    >>> bool(abs(run["log_g"][0, :, 0].mean() - np.log(2)) < 0.2)
    True

    References
    ----------
    F. Wang, D. P. Landau, Phys. Rev. Lett. 86, 2050 (2001). R. E. Belardinelli, V. D. Pereyra, Phys.
    Rev. E 75, 046701 (2007).
    """

    type: ClassVar[str] = "WangLandau"
    staged: ClassVar[bool] = True
    unit: ClassVar[str] = "ladder"

    low: float | None = None
    high: float | None = None
    bins: int | None = field(default=None, metadata={"range": "[2, 1e7]"})
    observable: str = "energy"
    kernel: Method | None = None
    flat: float = field(default=0.8, metadata={"range": "(0, 1)"})
    final: float = field(default=1e-5, metadata={"range": "(0, 1]"})
    sweeps: int = field(default=10, metadata={"range": "[1, 1e9]"})


@dataclass(frozen=True, eq=False, repr=False)
class WeightedEuler(Method):
    """WeightedEuler moves and weighs the particles of a FeynmanKac by Euler steps of h = t_{k+1} - t_k,

        x' = x + drift h + noise sqrt(h) normal,   log w' = log w + U h,

    with drift, noise and U taken at (x, t_k), and resamples by a systematic comb where few particles
    are effective. Without controls and functions of the cloud exp(log_weights) averages without bias to
    the normaliser of the process in discrete time, which is O(h) from that in continuous time.

    "draws" are the particles of each of "chains" independent populations. Means, errors and effective
    sizes of the run are those of weighted draws.

    Parameters
    ----------
    ess : float, in [0, 2], default 0.5
        Share of effective particles below which they are resampled; 0 never, above 1 after each step.

    Observables
    -----------
    x and functions of it; log_weights (draw,), family (draw,), the first particle that a draw
    descends from, log_evidence, the logarithm of the mean weight, and log_evidence_se, from the
    weights of the families; after each step (before it resamples) trace_ess, the effective particles,
    trace_log_evidence and, with controls, trace_control (step, control), their coefficients.

    Info
    ----
    ess         effective particles at the end
    families    first particles that have descendants
    rho_t       particles times the sum of squared weights of families
    resampled   times of a population

    Examples
    --------
    >>> import numpy as np
    >>> walk = erg.FeynmanKac(  # exp(-x^2 t / 2) N(0, 1), with its normaliser (1 + t)^(-1/2), by weights alone
    ...     np.linspace(0, 1, 11), initial=lambda key: erg.random.normal(key), drift=lambda x, t: 0 * x, log_weight_rate=lambda x, t: -(x**2) / 2
    ... )
    >>> run = erg.sample(walk, erg.WeightedEuler(ess=0.0), draws=5000, seed=1)
    >>> run["x"].shape, bool(abs(run.log_evidence.value + np.log(2) / 2) < 0.02)
    ((4, 5000), True)

    References
    ----------
    P. Del Moral, Feynman-Kac Formulae, Springer (2004). A. Lee, N. Whiteley, Biometrika 105, 609
    (2018).
    """

    type: ClassVar[str] = "WeightedEuler"
    staged: ClassVar[bool] = True

    ess: float = field(default=0.5, metadata={"range": "[0, 2]"})


@dataclass(frozen=True, eq=False, repr=False)
class Wolff(Method):
    """Wolff flips one cluster of spins a move, which keeps autocorrelation times of a few sweeps at the
    critical point, where single flips need of the order of L^2.17.

    A cluster grows from a random site: a neighbour j of one of its sites i joins if the bond is
    satisfied, J_ij s_i s_j > 0, with probability

        p_ij = 1 - exp(-2 |J_ij| / kT),

    each bond being tried once; the finished cluster is flipped. Any graph and any signs and sizes of
    J_ij are allowed; site fields are not: SwendsenWang carries them. There are no rejections, and the
    move obeys detailed balance with respect to exp(-E/kT). kT = 0 is allowed (p_ij = 1). On frustrated
    systems the clusters percolate above the transition, and the method is correct but not fast.

    A recorded sweep is a fixed number of clusters: N over the mean size seen in the later half of the
    warm-up, at least 1, so that it costs about what a Metropolis sweep costs; without warm-up it is 1
    cluster. Sweeps of the warm-up itself end when N sites have been visited; in recorded sweeps that
    would favour ordered states.

    On hypercubic lattices with one |J| (J > 0, or any sign where two sublattices exist) the kernel is
    free of unpredictable branches and takes its decisions from bit planes; other systems take a slower
    general path with the same law.

    Info
    ----
    clusters             moves since the end of the warm-up
    cluster_size         their mean number of sites; at kTc of the square lattice it grows as L^(7/4)
    clusters_per_sweep   of the recorded sweeps

    Examples
    --------
    >>> run = erg.sample(erg.lattice.Ising((32, 32)), erg.Wolff(), kT=2.0, sweeps=2000, warmup=100, seed=1)
    >>> print(round(float(run["|magnetization|"].mean()), 1))
    0.9

    References
    ----------
    U. Wolff, Phys. Rev. Lett. 62, 361 (1989).
    """

    type: ClassVar[str] = "Wolff"

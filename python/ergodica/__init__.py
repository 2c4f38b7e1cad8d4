"""ergodica: write the energy once; simulate it, sample it, learn it.

A *system* is what there is, a *method* how to act on it, a *run* what came out:

>>> import ergodica as erg
>>> magnet = erg.lattice.Ising((16, 16))
>>> run = erg.sample(magnet, erg.Wolff(), kT=2.0, sweeps=500, seed=1)
>>> run["energy"].shape
(4, 500)

``erg.sample`` draws from equilibrium, ``erg.simulate`` follows a system in time, ``erg.solve`` gives exact answers; ``erg.methods(system)`` lists
what fits. ``erg.grad``, ``erg.vmap``, ``erg.compile`` and their kin make programs of plain NumPy functions. Settings stand in ``erg.config``;
``erg.last_run`` is the latest run, also after Ctrl-C. The compiled core is loaded on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ergodica import lattice, stats, verbs
from ergodica._base import Method, System
from ergodica._config import config
from ergodica._files import load
from ergodica._fit import methods
from ergodica._specs import (
    HMC,
    MALA,
    MCLMC,
    NUTS,
    PMMH,
    PPG,
    SMC,
    SMC2,
    SVGD,
    AdjustedMCLMC,
    AnnealedImportanceSampling,  # over the ensembles of any system,
    AuxiliaryFilter,
    Baxter,
    BeliefPropagation,
    BestResponse,
    BootstrapFilter,
    CharacterExpansion,
    CreutzDemon,
    DifferentialEvolution,
    DiscreteGibbs,
    Driven,
    EllipticalSlice,
    EnsembleKalman,
    Enumeration,
    EventChain,
    FFBSi,
    FreeField,
    GeneralisedLangevin,
    GeodesicHMC,
    GeodesicNUTS,
    GibbsWithGradients,
    GridFilter,
    GuidedFilter,
    HamiltonianFilter,
    HarmonicExpansion,
    HeatBath,
    Houtappel,
    Independence,
    KalmanFilter,
    KalmanSmoother,
    Kaufman,
    Kawasaki,
    Langevin,
    LocallyInformed,
    MeanField,
    MeanFieldLangevin,
    Metropolis,
    MinimaxLangevin,
    Multicanonical,
    NestedSampling,
    NFoldWay,
    NoseHoover,
    OneStepRSB,
    Onsager,
    Overdamped,
    OverRelaxation,
    ParallelTempering,
    PaRIS,
    ParticleDescent,
    ParticleGibbs,
    PopulationAnnealing,
    RandomSequential,
    RandomWalk,
    ReplicaSymmetric,
    RiemannianHMC,
    SimulatedTempering,
    Slice,
    SlowDrive,
    StretchMove,
    SwendsenWang,
    Synchronous,
    TransferMatrix,
    UmbrellaSampling,
    Verlet,
    WangLandau,
    WeightedEuler,
    Wolff,
)
from ergodica._versions import show_versions
from ergodica.errors import (
    CheckpointError,
    ClosedError,
    ConvergenceError,
    Error,
    ForkError,
    InternalError,
    Interrupted,
    MemoryLimitError,
    NonFiniteError,
    PythonError,
    ShapeError,
    SpecError,
)
from ergodica.job import Job
from ergodica.ragged import Ragged
from ergodica.run import Run
from ergodica.sampling.blackbox import black_box
from ergodica.sampling.discrete import Binary, Integers
from ergodica.sampling.gibbs import Gibbs
from ergodica.sampling.logdensity import LogDensity
from ergodica.sampling.manifolds import SO, SU, Sphere, Stiefel, Torus
from ergodica.sampling.marks import Functional, Game, Inverse
from ergodica.sampling.posterior import Posterior
from ergodica.sampling.proposed import Proposed
from ergodica.sampling.spaces import CorrCholesky, Interval, Ordered, Positive, PositiveDefinite, PositiveOrdered, Real, Simplex, Space
from ergodica.sampling.target import Target
from ergodica.stats.calibration import sbc
from ergodica.verbs import sample, simulate, solve

__version__ = "0.1.0"

if TYPE_CHECKING:
    from ergodica import distributions, expr, learning, nn, numpy, random, targets, torch
    from ergodica.expr import compile, grad, hessian, hvp, jacobian, jvp, linearize, value_and_grad, vjp, vmap
    from ergodica.expr.control import cond, custom_derivative, custom_linear_solve, custom_root, fori_loop, map, remat, scan, switch, while_loop
    from ergodica.expr.forward import fisher, gauss_newton
    from ergodica.expr.ode import odeint
    from ergodica.expr.operators import divergence, jet, laplacian, value_grad_laplacian
    from ergodica.expr.sums.convolution import average_pool, conv, max_pool
    from ergodica.expr.sums.segments import segment_max, segment_mean, segment_min, segment_sum, top_k
    from ergodica.expr.sums.sparse import sparse_product
    from ergodica.expr.verbs import per_example_grad, per_example_grad_norm
    from ergodica.learning import (
        ELBO,
        IWAE,
        LBFGS,
        NCE,
        ODE,
        PFGM,
        SDE,
        SGD,
        SR,
        SWA,
        Accumulate,
        ActionMatching,
        Adam,
        Ancestral,
        Averaged,
        CoinBetting,
        ContrastiveDivergence,
        Denoising,
        DiscreteFlowMatching,
        Fit,
        FlowMatching,
        ForwardKL,
        GaussNewton,
        Groups,
        HypersphericalEnergy,
        LeastSquares,
        LevenbergMarquardt,
        LightSchroedingerBridge,
        Lion,
        Masked,
        MasterWeights,
        MaximumLikelihood,
        Muon,
        NAdam,
        PersistentCD,
        PredictorCorrector,
        Reveal,
        ReverseKL,
        RMSprop,
        ScoreMatching,
        Source,
        StochasticInterpolant,
        TauLeaping,
        generate,
        learn,
        log_likelihood,
    )
    from ergodica.pictures.live import live
    from ergodica.sampling.feynmankac import FeynmanKac
    from ergodica.series import LinearGaussian, StateSpace, filter, smooth

    last_run: Run | None

_EXPR = (
    *("compile", "grad", "hessian", "hvp", "jacobian", "jvp", "linearize", "value_and_grad", "vjp", "vmap"),
    *("divergence", "jet", "laplacian", "value_grad_laplacian"),
    *("cond", "custom_derivative", "custom_linear_solve", "custom_root", "fori_loop", "map", "odeint", "remat", "scan", "switch", "while_loop"),
    *("fisher", "gauss_newton", "per_example_grad", "per_example_grad_norm"),
    *("average_pool", "conv", "max_pool", "segment_max", "segment_mean", "segment_min", "segment_sum", "sparse_product", "top_k"),
)


_LEARN = (
    "LBFGS", "SGD", "SR", "SWA", "Accumulate", "Adam", "Averaged", "CoinBetting", "Fit", "GaussNewton", "Groups", "LeastSquares",
    "LevenbergMarquardt", "Lion", "Masked", "MasterWeights", "Muon", "NAdam", "RMSprop", "Source", "learn",
)
_TRAINED = (
    *("ActionMatching", "ContrastiveDivergence", "Denoising", "DiscreteFlowMatching", "ELBO", "FlowMatching", "ForwardKL", "HypersphericalEnergy"),
    *("IWAE", "LightSchroedingerBridge", "MaximumLikelihood", "NCE", "PFGM", "PersistentCD", "ReverseKL", "ScoreMatching", "StochasticInterpolant"),
    *("ODE", "SDE", "Ancestral", "PredictorCorrector", "Reveal", "TauLeaping", "generate", "log_likelihood"),
)


def __getattr__(name: str) -> Any:
    if name == "last_run":
        return verbs.last_run
    if name in _EXPR:
        return getattr(importlib.import_module("ergodica.expr"), name)
    if name in ("LinearGaussian", "StateSpace", "filter", "smooth"):
        return getattr(importlib.import_module("ergodica.series"), name)
    if name in _LEARN + _TRAINED:
        return getattr(importlib.import_module("ergodica.learning"), name)
    if name == "FeynmanKac":
        return importlib.import_module("ergodica.sampling.feynmankac").FeynmanKac
    if name == "live":
        return importlib.import_module("ergodica.pictures.live").live
    if name in ("distributions", "expr", "learning", "nn", "numpy", "random", "targets", "torch"):
        return importlib.import_module(f"ergodica.{name}")
    raise AttributeError(f"module 'ergodica' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "last_run", "__version__"])


__all__ = [
    "ELBO",
    "HMC",
    "IWAE",
    "LBFGS",
    "MALA",
    "MCLMC",
    "NCE",
    "NUTS",
    "ODE",
    "PFGM",
    "PMMH",
    "PPG",
    "SDE",
    "SGD",
    "SMC",
    "SMC2",
    "SO",
    "SR",
    "SU",
    "SVGD",
    "SWA",
    "Accumulate",
    "ActionMatching",
    "Adam",
    "AdjustedMCLMC",
    "Ancestral",
    "AnnealedImportanceSampling",
    "AuxiliaryFilter",
    "Averaged",
    "Baxter",
    "BeliefPropagation",
    "BestResponse",
    "Binary",
    "BootstrapFilter",
    "CharacterExpansion",
    "CheckpointError",
    "ClosedError",
    "CoinBetting",
    "ContrastiveDivergence",
    "ConvergenceError",
    "CorrCholesky",
    "CreutzDemon",
    "Denoising",
    "DifferentialEvolution",
    "DiscreteFlowMatching",
    "DiscreteGibbs",
    "Driven",
    "EllipticalSlice",
    "EnsembleKalman",
    "Enumeration",
    "Error",
    "EventChain",
    "FFBSi",
    "FeynmanKac",
    "Fit",
    "FlowMatching",
    "ForkError",
    "ForwardKL",
    "FreeField",
    "Functional",
    "Game",
    "GaussNewton",
    "GeneralisedLangevin",
    "GeodesicHMC",
    "GeodesicNUTS",
    "Gibbs",
    "GibbsWithGradients",
    "GridFilter",
    "Groups",
    "GuidedFilter",
    "HamiltonianFilter",
    "HarmonicExpansion",
    "HeatBath",
    "Houtappel",
    "HypersphericalEnergy",
    "Independence",
    "Integers",
    "InternalError",
    "Interrupted",
    "Interval",
    "Inverse",
    "Job",
    "KalmanFilter",
    "KalmanSmoother",
    "Kaufman",
    "Kawasaki",
    "Langevin",
    "LeastSquares",
    "LevenbergMarquardt",
    "LightSchroedingerBridge",
    "LinearGaussian",
    "Lion",
    "LocallyInformed",
    "LogDensity",
    "Masked",
    "MasterWeights",
    "MaximumLikelihood",
    "MeanField",
    "MeanFieldLangevin",
    "MemoryLimitError",
    "Method",
    "Metropolis",
    "MinimaxLangevin",
    "Multicanonical",
    "Muon",
    "NAdam",
    "NFoldWay",
    "NestedSampling",
    "NonFiniteError",
    "NoseHoover",
    "OneStepRSB",
    "Onsager",
    "Ordered",
    "OverRelaxation",
    "Overdamped",
    "PaRIS",
    "ParallelTempering",
    "ParticleDescent",
    "ParticleGibbs",
    "PersistentCD",
    "PopulationAnnealing",
    "Positive",
    "PositiveDefinite",
    "PositiveOrdered",
    "Posterior",
    "PredictorCorrector",
    "Proposed",
    "PythonError",
    "RMSprop",
    "Ragged",
    "RandomSequential",
    "RandomWalk",
    "Real",
    "ReplicaSymmetric",
    "Reveal",
    "ReverseKL",
    "RiemannianHMC",
    "Run",
    "ScoreMatching",
    "ShapeError",
    "Simplex",
    "SimulatedTempering",
    "Slice",
    "SlowDrive",
    "Source",
    "Space",
    "SpecError",
    "Sphere",
    "StateSpace",
    "Stiefel",
    "StochasticInterpolant",
    "StretchMove",
    "SwendsenWang",
    "Synchronous",
    "System",
    "Target",
    "TauLeaping",
    "Torus",
    "TransferMatrix",
    "UmbrellaSampling",
    "Verlet",
    "WangLandau",
    "WeightedEuler",
    "Wolff",
    "average_pool",
    "black_box",
    "compile",
    "cond",
    "config",
    "conv",
    "custom_derivative",
    "custom_linear_solve",
    "custom_root",
    "distributions",
    "divergence",
    "expr",
    "filter",
    "fisher",
    "fori_loop",
    "gauss_newton",
    "generate",
    "grad",
    "hessian",
    "hvp",
    "jacobian",
    "jet",
    "jvp",
    "laplacian",
    "lattice",
    "learn",
    "learning",
    "linearize",
    "live",
    "load",
    "log_likelihood",
    "map",
    "max_pool",
    "methods",
    "nn",
    "numpy",
    "odeint",
    "per_example_grad",
    "per_example_grad_norm",
    "random",
    "remat",
    "sample",
    "sbc",
    "scan",
    "segment_max",
    "segment_mean",
    "segment_min",
    "segment_sum",
    "show_versions",
    "simulate",
    "smooth",
    "solve",
    "sparse_product",
    "stats",
    "switch",
    "targets",
    "top_k",
    "torch",
    "value_and_grad",
    "value_grad_laplacian",
    "vjp",
    "vmap",
    "while_loop",
]

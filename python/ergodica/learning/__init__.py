"""Training: the verb, objectives, optimisers."""

from ergodica.learning import schedules
from ergodica.learning.fit import Fit, History
from ergodica.learning.generation import ODE, SDE, Ancestral, PredictorCorrector, Reveal, TauLeaping, generate, log_likelihood
from ergodica.learning.objective import Objective
from ergodica.learning.objectives import (
    ELBO,
    IWAE,
    NCE,
    PFGM,
    ActionMatching,
    ContrastiveDivergence,
    Denoising,
    DiscreteFlowMatching,
    FlowMatching,
    ForwardKL,
    HypersphericalEnergy,
    LightSchroedingerBridge,
    MaximumLikelihood,
    PersistentCD,
    ReverseKL,
    ScoreMatching,
    StochasticInterpolant,
    assignment,
)
from ergodica.learning.optimisers import (
    LBFGS,
    SGD,
    SR,
    SWA,
    Accumulate,
    Adam,
    Averaged,
    CoinBetting,
    GaussNewton,
    Gradient,
    Groups,
    LeastSquares,
    LevenbergMarquardt,
    Lion,
    Local,
    Masked,
    MasterWeights,
    Muon,
    NAdam,
    Optimiser,
    Problem,
    RMSprop,
)
from ergodica.learning.source import Source
from ergodica.learning.verb import learn

__all__ = ["LBFGS", "SGD", "SR", "SWA", "Accumulate", "Adam", "Averaged", "CoinBetting", "Fit", "GaussNewton", "Gradient", "Groups", "History",
           "LeastSquares", "LevenbergMarquardt", "Lion", "Local", "Masked", "MasterWeights",
           "Muon", "NAdam", "Objective", "Optimiser", "Problem", "RMSprop",
           "Source", "learn", "schedules"]  # fmt: skip
__all__ += [
    "ELBO",
    "IWAE",
    "NCE",
    "ODE",
    "PFGM",
    "SDE",
    "ActionMatching",
    "Ancestral",
    "ContrastiveDivergence",
    "Denoising",
    "DiscreteFlowMatching",
    "FlowMatching",
    "ForwardKL",
    "HypersphericalEnergy",
    "LightSchroedingerBridge",
    "MaximumLikelihood",
    "PersistentCD",
    "PredictorCorrector",
    "Reveal",
    "ReverseKL",
    "ScoreMatching",
    "StochasticInterpolant",
    "TauLeaping",
    "assignment",
    "generate",
    "log_likelihood",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)

"""Objectives, each a loss in traced NumPy."""

from ergodica.learning.objectives.bridges import LightBridge, LightSchroedingerBridge
from ergodica.learning.objectives.coupling import assignment
from ergodica.learning.objectives.discrete import DiscreteFlowMatching
from ergodica.learning.objectives.energies import NCE, ContrastiveDivergence, PersistentCD
from ergodica.learning.objectives.likelihood import ELBO, IWAE, ForwardKL, MaximumLikelihood, ReverseKL
from ergodica.learning.objectives.matching import Denoising, FlowMatching, StochasticInterpolant
from ergodica.learning.objectives.poisson import PFGM
from ergodica.learning.objectives.scores import ActionMatching, ScoreMatching
from ergodica.learning.objectives.spheres import HypersphericalEnergy, hyperspherical_energy

__all__ = [
    "ELBO", "IWAE", "NCE", "PFGM", "ActionMatching", "ContrastiveDivergence", "Denoising", "DiscreteFlowMatching", "FlowMatching", "ForwardKL",
    "HypersphericalEnergy", "LightBridge", "LightSchroedingerBridge", "MaximumLikelihood", "PersistentCD", "ReverseKL", "ScoreMatching",
    "StochasticInterpolant", "assignment", "hyperspherical_energy",
]  # fmt: skip

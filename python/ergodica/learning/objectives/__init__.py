"""Objectives, each a loss in traced NumPy."""

from ergodica.learning.objectives.energies import NCE, ContrastiveDivergence, PersistentCD
from ergodica.learning.objectives.likelihood import ELBO, IWAE, ForwardKL, MaximumLikelihood, ReverseKL
from ergodica.learning.objectives.matching import Denoising, FlowMatching, StochasticInterpolant
from ergodica.learning.objectives.scores import ActionMatching, ScoreMatching

__all__ = [
    "ELBO", "IWAE", "NCE", "ActionMatching", "ContrastiveDivergence", "Denoising", "FlowMatching", "ForwardKL", "MaximumLikelihood", "PersistentCD",
    "ReverseKL", "ScoreMatching", "StochasticInterpolant",
]  # fmt: skip

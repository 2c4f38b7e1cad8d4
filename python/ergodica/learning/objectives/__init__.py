"""Objectives, each a loss in traced NumPy."""

from ergodica.learning.objectives.matching import Denoising, FlowMatching, StochasticInterpolant
from ergodica.learning.objectives.scores import ActionMatching, ScoreMatching

__all__ = ["ActionMatching", "Denoising", "FlowMatching", "ScoreMatching", "StochasticInterpolant"]

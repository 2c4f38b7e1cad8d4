"""Optimisers, each in traced NumPy."""

from ergodica.learning.optimisers.base import Gradient, Optimiser, Problem
from ergodica.learning.optimisers.betting import CoinBetting
from ergodica.learning.optimisers.first_order import SGD, Adam, Lion, NAdam, RMSprop
from ergodica.learning.optimisers.lbfgs import LBFGS
from ergodica.learning.optimisers.least_squares import GaussNewton, LeastSquares, LevenbergMarquardt
from ergodica.learning.optimisers.muon import Muon
from ergodica.learning.optimisers.reconfiguration import SR, Local
from ergodica.learning.optimisers.wrappers import SWA, Accumulate, Averaged, Groups, Masked, MasterWeights

__all__ = ["LBFGS", "SGD", "SR", "SWA", "Accumulate", "Adam", "Averaged", "CoinBetting", "GaussNewton", "Gradient", "Groups", "LeastSquares",
           "LevenbergMarquardt", "Lion", "Local", "Masked", "MasterWeights", "Muon", "NAdam", "Optimiser", "Problem", "RMSprop"]  # fmt: skip

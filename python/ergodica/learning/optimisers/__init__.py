"""Optimisers, each in traced NumPy."""

from ergodica.learning.optimisers.base import Gradient, Optimiser, Problem
from ergodica.learning.optimisers.first_order import SGD, Adam, Lion, RMSprop
from ergodica.learning.optimisers.wrappers import SWA, Accumulate, Averaged, Groups, Masked

__all__ = ["SGD", "SWA", "Accumulate", "Adam", "Averaged", "Gradient", "Groups", "Lion", "Masked", "Optimiser", "Problem", "RMSprop"]

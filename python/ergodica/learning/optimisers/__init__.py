"""Optimisers, each in traced NumPy."""

from ergodica.learning.optimisers.base import Gradient, Optimiser, Problem
from ergodica.learning.optimisers.first_order import SGD, Adam, Lion, RMSprop

__all__ = ["SGD", "Adam", "Gradient", "Lion", "Optimiser", "Problem", "RMSprop"]

"""Training: the verb, objectives, optimisers."""

from ergodica.learning.fit import Fit, History
from ergodica.learning.objective import Objective
from ergodica.learning.optimisers import SGD, Adam, Gradient, Lion, Optimiser, Problem, RMSprop
from ergodica.learning.verb import learn

__all__ = ["SGD", "Adam", "Fit", "Gradient", "History", "Lion", "Objective", "Optimiser", "Problem", "RMSprop", "learn"]

"""From a trained model: draws, likelihoods."""

from ergodica.learning.generation.samplers import ODE, SDE, Ancestral, PredictorCorrector
from ergodica.learning.generation.verb import generate, log_likelihood

__all__ = ["ODE", "SDE", "Ancestral", "PredictorCorrector", "generate", "log_likelihood"]

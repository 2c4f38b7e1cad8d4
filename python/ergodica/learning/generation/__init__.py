"""From a trained model: draws, likelihoods."""

from ergodica.learning.generation.jumps import Reveal, TauLeaping
from ergodica.learning.generation.samplers import ODE, SDE, Ancestral, PredictorCorrector
from ergodica.learning.generation.verb import generate, log_likelihood

__all__ = ["ODE", "SDE", "Ancestral", "PredictorCorrector", "Reveal", "TauLeaping", "generate", "log_likelihood"]

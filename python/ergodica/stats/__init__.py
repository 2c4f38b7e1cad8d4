r"""Error bars for correlated data, diagnostics of samplers, distances between samples, free energies.

Series are arrays (draws,), (chains, draws) or (..., chains, draws): the last two axes are one experiment, everything before them is done at once.
One convention holds throughout: the integrated autocorrelation time is :math:`\tau_{int} = 1/2 + \sum_{t>0} \rho(t)`, in draws, so that

.. math:: \mathrm{se}^2 = 2 \tau_{int} \sigma^2 / n.
"""

from ergodica._estimate import Binning, Estimate, with_error
from ergodica.stats.avalanches import LogHistogram, MomentScaling, log_histogram, moment_scaling
from ergodica.stats.calibration import Calibration
from ergodica.stats.complexity import block_entropy, deflate, lempel_ziv
from ergodica.stats.diagnostics import Divergences, bfmi, mcse
from ergodica.stats.distances import Discrepancy, energy_distance, ksd, mmd
from ergodica.stats.mbar import MBAR, MultiHistogram, mbar, multi_histogram
from ergodica.stats.scaling import Collapse, collapse
from ergodica.stats.series import autocorrelation, binning, bootstrap, ess, jackknife, mean_se, reweight, rhat, tau_int
from ergodica.stats.transport import Transport, sinkhorn, wasserstein
from ergodica.stats.twotimes import two_time
from ergodica.stats.work import bar, jarzynski

__all__ = [
    "MBAR", "Binning", "Calibration", "Collapse", "Discrepancy", "Divergences", "Estimate", "LogHistogram", "MomentScaling", "MultiHistogram",
    "Transport", "autocorrelation", "bar", "bfmi", "binning", "block_entropy", "bootstrap", "collapse", "deflate", "energy_distance", "ess",
    "jackknife", "jarzynski", "ksd", "lempel_ziv", "log_histogram", "mbar", "mcse", "mean_se", "mmd", "moment_scaling", "multi_histogram",
    "reweight", "rhat", "sinkhorn", "tau_int", "two_time", "wasserstein", "with_error",
]  # fmt: skip


def __dir__() -> list[str]:
    return sorted(__all__)

"""S063: PaRIS particle Gibbs: smoothed sums whose bias decays with the iterations."""

import numpy as np
from scipy.optimize import brentq

import ergodica as erg
from ergodica.papers import Report, recipe


def normal(x, mean, variance):
    return -0.5 * (x - mean) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)


def model(a, noise):
    """x' = a x + 0.6 n, y = x + noise n, stationary at the start."""
    return erg.StateSpace(
        initial=lambda key: 0.6 / np.sqrt(1 - a * a) * erg.random.normal(key),
        transition=lambda key, x: a * x + 0.6 * erg.random.normal(key),
        log_observation=lambda y, x: normal(y, x, noise**2),
        log_transition=lambda x, previous: normal(x, a * previous, 0.36),
    )


def exact(a, noise, y):
    return erg.smooth(erg.LinearGaussian(a, 0.36, 1.0, noise**2, 0.0, 0.36 / (1 - a * a)), y, progress=False)


LAGGED = {"lagged": lambda x, previous: x * previous}


@recipe(
    "S063",
    "paris-particle-gibbs",
    family="sampling",
    cite="G. Cardoso, S. El Idrissi, S. Le Corff, E. Moulines, J. Olsson, ICML 2023, arXiv:2301.00900",
)
def run(size="quick", *, chains=1500, seed=1):
    """The bias of smoothed sums falls geometrically when PaRIS is run again and again along a path that is drawn backwards each time.

    X' = 0.9 X + 0.6 W, Y = X + 0.3 V, T = 50, y_t = sin 0.3 t + 0.5 cos 1.7 t, X_0 stationary; the sum of x_t x_{t+1} is smoothed. PaRIS takes M = 2
    parents and resamples by a multinomial at every time. PPG's first iteration is PaRIS; the others hold a particle on the path. In full: the
    coefficient a by expectation-maximisation on PPG's sums, T = 100 and noise 0.8, against the maximum of the exact likelihood.
    """
    report = Report()
    t = np.arange(50)
    y = np.sin(0.3 * t) + 0.5 * np.cos(1.7 * t)
    ref = exact(0.9, 0.3, y)
    truth = float((ref["mean"][:-1] * ref["mean"][1:] + ref["lag_covariance"][:, 0, 0]).sum())
    report.claim("E sum x_t x_{t+1}", truth, expected=23.695711, tolerance=1e-6, source="Kalman smoother, catalogue")
    report.claim("log likelihood", ref.log_evidence.value, expected=-44.096317, tolerance=1e-6, source="Kalman filter, catalogue")

    chains = 4000 if size == "full" else chains
    ask = {"statistic": LAGGED, "chains": chains, "seed": seed, "progress": False}
    for n, bias, error in ((5, -1.25, 0.04), (20, -0.17, 0.015)):
        e = erg.smooth(model(0.9, 0.3), y, erg.PaRIS(n, resampling="multinomial", threshold=1.0), **ask).mean("lagged")
        report.claim(f"bias of PaRIS, N = {n}", e.value - truth, se=np.hypot(e.se, error), expected=bias, source="catalogue, 8000 runs")
    found = erg.smooth(model(0.9, 0.3), y, erg.PPG(10, iterations=6, discard=1), **ask)
    each, mean = found.mean("lagged, iterations"), found.mean("lagged")
    for k, (bias, error) in enumerate(((-0.45, 0.02), (-0.15, 0.02), (-0.05, 0.02), (-0.04, 0.02))):
        what = f"bias of PPG, N = 10, iteration {k + 1}" + (" (PaRIS)" if k == 0 else "")
        report.claim(what, each.value[k] - truth, se=np.hypot(each.se[k], error), expected=bias, source="catalogue, 8000 runs")
    report.claim("bias of PPG, iterations 2 to 6", mean.value - truth, se=np.hypot(mean.se, 0.01), expected=-0.05, source="catalogue, 8000 runs")
    off = abs(mean.value - truth) / abs(each.value[0] - truth)
    se = np.hypot(mean.se, each.se[0] * off) / abs(each.value[0] - truth)
    report.claim("|bias of PPG| over |bias of PaRIS|", off, se=se, below=0.5, source="catalogue")

    if size == "full":
        t = np.arange(100)
        y = np.sin(0.3 * t) + 0.5 * np.cos(1.7 * t)
        report.claim(
            "log likelihood at its maximum", exact(0.694402, 0.8, y).log_evidence.value, expected=-114.076513, tolerance=1e-6, source="catalogue"
        )
        sums = {
            "lagged": lambda x, previous: x * previous,
            "squares": lambda x, previous: previous * previous,
            "first": lambda x, t: np.where(t == 0, x * x, 0.0),
        }
        a, path = 0.5, []
        for k in range(24):  # each M step solves for the a at which the expected score vanishes
            found = erg.smooth(model(a, 0.8), y, erg.PPG(30, iterations=4, discard=1), statistic=sums, chains=50, seed=seed + k, progress=False)
            lagged, squares, first = (found.mean(n).value for n in sums)
            a = brentq(lambda u: (lagged - u * squares + u * first) / 0.36 - u / (1 - u * u), -0.999, 0.999)  # noqa: B023
            path.append(a)
        late = np.array(path[12:])
        report.claim("maximum-likelihood a", late.mean(), se=late.std(ddof=1) / np.sqrt(3), expected=0.694402, tolerance=2e-3, source="catalogue")
    return report

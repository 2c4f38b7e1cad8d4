"""Pictures of a run: traces, histograms, autocorrelations. matplotlib is loaded here and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica._tables import need
from ergodica.errors import SpecError
from ergodica.ragged import Ragged

if TYPE_CHECKING:
    from ergodica.run import Run

MOST = 4  # quantities that are drawn when none are named
POINTS = 4000  # of a trace; longer ones are drawn by every k-th point


def series(run: Run, names: Any) -> list[str]:
    """The quantities of one number a draw that are asked for."""
    scalars = [n for n in run if not isinstance(run[n], Ragged) and run.dims[n] == run.lead and run[n].dtype.kind in "fiu"]
    if names is None:
        return scalars[:MOST]
    wanted = [names] if isinstance(names, str) else list(names)
    for n in wanted:
        run[n]
        if n not in scalars:
            raise SpecError(f"plot: {n} is not a series of numbers but has the dimensions {run.dims[n]}; series are: {', '.join(scalars)}")
    return wanted


def plot(run: Run, names: Any = None, *, figsize: tuple[float, float] | None = None) -> Any:
    """One row per quantity: trace, histogram, autocorrelation; over kT when the run is a solution."""
    plt = need("matplotlib.pyplot", "ergodica[plot]")
    if run.info.get("verb") == "solve":
        return _over_temperature(run, plt, figsize)
    chosen = series(run, names)
    if not chosen:
        raise SpecError(f"plot: this run has no series of numbers; it has: {', '.join(run)}")
    figure, axes = plt.subplots(len(chosen), 3, figsize=figsize or (11, 2.4 * len(chosen)), squeeze=False, layout="constrained")
    record = run.lead[-1]
    for (trace, histogram, correlation), name in zip(axes, chosen, strict=True):
        a = run[name]
        groups = a if "kT" in run.coords else a[None]
        for t, chains in enumerate(groups):
            colour = plt.cm.viridis(t / max(len(groups) - 1, 1)) if len(groups) > 1 else None
            label = f"kT = {run.coords['kT'][t]:.4g}" if "kT" in run.coords else None
            step = max(chains.shape[-1] // POINTS, 1)
            for c, chain in enumerate(chains):
                shade = colour if colour is not None else f"C{c}"
                trace.plot(run.coords[record][::step], chain[::step], lw=0.6, color=shade, label=label if c == 0 else None)
            _histogram(histogram, chains, colour)
            _correlation(correlation, chains, colour if colour is not None else "C0")
        trace.set(xlabel="sweep" if record == "draw" else "time", ylabel=name)
        histogram.set(xlabel=name, yticks=[])
        correlation.set(xlabel=f"lag ({'draws' if record == 'draw' else 'records'})", ylabel=r"$\rho$")
        correlation.set_ylim(max(-1.05, min(-0.2, correlation.get_ylim()[0])), 1.05)
        correlation.axhline(0, color="0.7", lw=0.6, zorder=0)
        if "kT" in run.coords and len(groups) <= 8:
            trace.legend(fontsize="x-small", loc="best")
    figure.suptitle(f"{run.info.get('verb')} {run.system!r}, {run.method!r}", fontsize="medium")
    return _shown_once(figure, plt)


def _histogram(axes: Any, chains: np.ndarray, colour: Any) -> None:
    values = chains[np.isfinite(chains)] if chains.dtype.kind == "f" else chains.reshape(-1)
    if values.size:
        axes.hist(values, bins=min(60, max(10, int(np.sqrt(values.size)))), density=True, histtype="stepfilled", alpha=0.5, color=colour)


def _correlation(axes: Any, chains: np.ndarray, colour: Any) -> None:
    from ergodica import stats

    if chains.shape[-1] < 4 or not np.isfinite(chains).all() or np.ptp(chains) == 0:
        return
    rho = stats.autocorrelation(chains)
    window = int(np.argmax(rho < 0.02)) if (rho < 0.02).any() else len(rho)
    axes.plot(rho[: max(3 * window, 10)], lw=1, color=colour)


def _over_temperature(run: Run, plt: Any, figsize: Any) -> Any:
    if "kT" not in run.coords:
        raise SpecError("plot: a solution at one temperature has nothing to draw", "Try a sequence for kT.")
    scalars = [n for n in run if run.dims[n] == ("kT",)]
    figure, axes = plt.subplots(1, len(scalars), figsize=figsize or (3.2 * len(scalars), 2.8), squeeze=False, layout="constrained")
    for axis, name in zip(axes[0], scalars, strict=True):
        axis.plot(run.coords["kT"], run[name], marker=".")
        axis.set(xlabel="kT", ylabel=name)
    return _shown_once(figure, plt)


def _shown_once(figure: Any, plt: Any) -> Any:
    """In a notebook the figure is the value of its cell; the inline backend would show it once more."""
    if "inline" in plt.get_backend():
        plt.close(figure)
    return figure

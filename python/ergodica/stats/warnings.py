"""What to know before a run is believed: each warning names what was seen, what it means, and the call that may cure it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica.stats import diagnostics
from ergodica.stats.series import CONSTANT, FEW, NON_FINITE, SHORT, TINY, UNMIXED, core

if TYPE_CHECKING:
    from ergodica.run import Run

DEEP = 0.01  # share of transitions at the largest depth that is said
LOW_BFMI = 0.3
FEW_DIVERGED = 1e-3  # share of trajectories
STUCK = 0.25  # of a chain's draws in one place


def of_quantity(name: str, x: np.ndarray, found: dict[str, Any], density: bool) -> list[str]:
    """What a table's row has to say; x (..., chains, draws)."""
    said, warn, draws = [], found["warn"], x.shape[-1]
    if (warn & NON_FINITE).any():
        said.append(f"{name} has {int((~np.isfinite(x)).sum())} values that are not finite, so it has no mean.")
    if (warn & TINY).any():
        said.append(f"{name}: {draws} draw{'s' * (draws != 1)} a chain cannot give an error bar; at least 4 are needed.")
    short = (warn & SHORT) > 0
    if short.any():
        tau = float(np.nanmax(np.where(short, found["tau_int"], np.nan))) if np.isfinite(found["tau_int"][short]).any() else float("nan")
        said.append(f"{name}: {draws} draws a chain are too few for tau_int = {tau:.3g}: its error bar is too small; sample at least {50 * tau:.0f}.")
    unmixed = (warn & UNMIXED) > 0
    if unmixed.any():
        cure = "a longer warmup, or another method" if not density else "sample longer, or other coordinates"
        said.append(f"{name}: the chains disagree (R-hat up to {np.nanmax(found['rhat'][unmixed]):.3f}): {cure}.")
    few = ((warn & FEW) > 0) & ~short
    if few.any():
        bulk, tail = (float(np.nanmin(found[k][few])) if np.isfinite(found[k][few]).any() else np.inf for k in ("ess_bulk", "ess_tail"))
        of = "" if bulk <= tail else " in its tails"
        said.append(f"{name}: only {min(bulk, tail):.0f} effective draws{of}, fewer than 100 a chain: errors and quantiles are rough; sample longer.")
    if density and (warn & CONSTANT).all() and not (warn & TINY).any() and x.shape[-2] * draws > 1:  # not the zeros of a triangle alone
        said.append(f"{name} never changed: it has no error bar.")
    return said


def of_kernels(run: Run) -> list[str]:
    """What the kernels of a density saw that error bars do not show."""
    info = run.info
    said: list[str] = []
    if "kernel" not in info or "undefined" not in info["kernel"]:
        return said
    if int(np.sum(info.get("divergences", 0))):
        said.append(_diverged(run))
    undefined = int(np.sum(info["undefined"]))
    if undefined:
        share = undefined / max(int(np.sum(info.get("evaluations", undefined))), undefined)
        said.append(f"the density or its gradient was NaN, or the density infinite, at {undefined} points ({share:.1%} of all), which were rejected: "
                    "what lies there is missing. Look for log, sqrt and divisions outside their domain; a density of 0 is log 0 = -inf, an energy "
                    "+inf.")  # fmt: skip
    limit = getattr(run.method, "max_depth", None)
    if limit is not None and "depth" in run:
        share = float(np.mean((run["depth"] >= limit) & (run["diverging"] == 0))) if "diverging" in run else float(np.mean(run["depth"] >= limit))
        if share > DEEP:
            said.append(f"{share:.0%} of the trajectories were cut off at max_depth = {limit}: right, but slow. Parameters of more equal scales, "
                        f"metric='dense', or max_depth={limit + 2}.")  # fmt: skip
    low = np.asarray(info.get("bfmi", np.inf), float)
    if (low < LOW_BFMI).any():
        said.append(f"the energy moves slowly (BFMI {np.nanmin(low):.2f}, in {int((low < LOW_BFMI).sum())} of {low.size} chains; below {LOW_BFMI} "
                    "tails are missed): heavy tails or a neck; other coordinates (non-centred), or longer chains.")  # fmt: skip
    return said + _step_sizes(info) + _stuck(run)


def _diverged(run: Run) -> str:
    count, accept = int(np.sum(run.info["divergences"])), getattr(run.method, "target_accept", 0.8)
    where = ""
    if "diverging" in run:
        found = diagnostics.divergences(run)
        if found.places:
            where = f"; {found.places[0]}"
    higher = 0.95 if accept < 0.95 else 0.99
    total = int(np.prod(np.shape(run["log_density"]))) if "log_density" in run else 0
    many = f"{count} trajector{'ies' if count > 1 else 'y'}{f' of {total}' if total >= count else ''} diverged{where}"
    if count <= FEW_DIVERGED * total and not (np.asarray(run.info.get("bfmi", np.inf), float) < LOW_BFMI).any():
        return f"{many}: so few seldom bias a mean beyond its error bar; target_accept={higher} tells."
    return (f"{many}. The density bends more sharply than the steps follow, and what lies there is missing: "
            f"target_accept={higher}, or coordinates without the neck (non-centred); run.divergences() has the draws.")  # fmt: skip


def _step_sizes(info: dict[str, Any]) -> list[str]:
    step = np.asarray(info.get("step_size", np.zeros(0)), float).reshape(-1)
    step = step[np.isfinite(step)]
    if not step.size:
        return []
    typical = float(np.median(step))
    small = np.flatnonzero(step < 1e-3 * typical)
    if typical < 1e-6:
        return [f"the step size fell to {typical:.2g}: the density is too rough for its gradient, or has none (a jump); check erg.grad of it, or "
                "try erg.RandomWalk()."]  # fmt: skip
    if small.size:
        return [f"the step size of chain {small[0]} fell to {step[small[0]]:.2g} ({typical:.2g} in the others): it began where the density is too "
                "steep; another start, or a longer warmup."]  # fmt: skip
    return []


def _stuck(run: Run) -> list[str]:
    if "log_density" not in run or run["log_density"].shape[-1] < 20:
        return []
    u = np.asarray(run["log_density"])
    chains = u.reshape(-1, u.shape[-1])
    still = [longest(np.diff(c) == 0) for c in chains]
    worst = int(np.argmax(still))
    if still[worst] + 1 <= max(STUCK * u.shape[-1], 10):
        return []
    accept = np.asarray(run.info.get("acceptance", np.full(len(chains), np.nan)), float).reshape(-1)
    return [f"chain {worst % u.shape[-2]} stood still for {still[worst] + 1} of {u.shape[-1]} draws (acceptance {accept[worst]:.2g}): its steps are "
            "too long for where it is, or the density has a jump there; a higher target_accept, a smaller step_size, or another start."]  # fmt: skip


def longest(flag: np.ndarray) -> int:
    """The length of the longest run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flag, [False]]).astype(np.int8)))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def of_modes(series: dict[str, np.ndarray], log_density: np.ndarray | None) -> list[str]:
    """Chains that stand apart from the rest, which agree among themselves: series by name, each (chains, draws)."""
    worst: tuple[float, str, np.ndarray] | None = None
    names = [n for n, x in series.items() if len(x) > 1 and x.shape[-1] >= 8 and np.isfinite(x).all()]
    if not names:
        return []
    for name, r in zip(names, core("Rhat", np.stack([series[n] for n in names]))["rhat"], strict=True):
        if r > 1.2 and (worst is None or r > worst[0]):
            worst = (float(r), name, series[name])
    if worst is None:
        return []
    _, name, x = worst
    means = x.mean(axis=-1)
    order = np.argsort(means)
    cut = int(np.argmax(np.diff(means[order]))) + 1
    groups = [order[:cut], order[cut:]]
    inside = max(float(core("Rhat", x[None, g])["rhat"][0]) for g in groups)
    spread = np.sqrt(np.mean(x.var(axis=-1)))
    gap = means[order[cut]] - means[order[cut - 1]]
    if not (inside < 1.1 and gap > 3 * spread):
        return []
    few, many = sorted(groups, key=len)
    height = ""
    if log_density is not None:
        d = float(log_density[few].mean() - log_density[many].mean())
        height = f", and their log density is {abs(d):.3g} {'higher' if d > 0 else 'lower'}"
    which = f"chain {few[0]} is" if len(few) == 1 else f"chains {', '.join(map(str, sorted(few.tolist())))} are"
    return [f"{which} in another mode: {name} is {means[few].mean():.4g} there, {means[many].mean():.4g} in the others{height}. No chain tells "
            "how much each mode weighs: draws of all chains together are not draws of the density; a tempering method, or starts that are all in "
            "the main one."]  # fmt: skip

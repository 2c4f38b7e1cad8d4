"""Runs in the tables of others: pyarrow, pandas, xarray, ArviZ, torch. One row per draw where tables are long."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica.errors import SpecError
from ergodica.ragged import Ragged
from ergodica.sampling.weighted import resampled

if TYPE_CHECKING:
    from ergodica.run import Run

EXPANDED = 16  # arrays of at most so many elements get a column of a DataFrame for each


def need(module: str, extra: str = "") -> Any:
    """A package that is only needed here."""
    try:
        return importlib.import_module(module)
    except ImportError as why:
        name = module.split(".")[0]
        raise ImportError(f"this needs {name}, which is not installed; try: pip install {extra or name}") from why


def lead_shape(run: Run) -> tuple[int, ...]:
    """Lengths of the dimensions that all quantities share."""
    n = len(run.lead)
    for name in run:
        if run.dims[name][:n] == run.lead:
            return tuple(run[name].shape[:n])
    return tuple(len(run.coords[d]) if d in run.coords else 0 for d in run.lead)


def index_columns(run: Run) -> dict[str, np.ndarray]:
    """kT, chain and draw (or time) of every row."""
    shape = lead_shape(run)
    out = {}
    for axis, d in enumerate(run.lead):
        along = run.coords[d] if d in run.coords else np.arange(shape[axis])
        out[d] = np.broadcast_to(along.reshape([-1 if a == axis else 1 for a in range(len(shape))]), shape).reshape(-1)
    return out


def tabular(run: Run) -> list[str]:
    """The quantities that have a value for each draw, or one for each chain, which is repeated."""
    return [n for n in run if run.dims[n][: len(run.lead)] == run.lead or (run.lead and run.dims[n] == run.lead[:-1])]


def rows(run: Run, name: str) -> np.ndarray:
    """A dense quantity with the shared dimensions made one."""
    a = run[name]
    n = len(run.lead)
    if n and run.dims[name] == run.lead[:-1]:
        return np.repeat(a.reshape(-1), lead_shape(run)[-1])
    if run.dims[name][:n] != run.lead:
        raise SpecError(f"{name} has the dimensions {run.dims[name]}, which do not begin with {run.lead}")
    return a.reshape(int(np.prod(a.shape[:n], dtype=np.int64)), *a.shape[n:])


def arrow_column(a: np.ndarray | Ragged) -> Any:
    """An Arrow array with one entry per row; shape (rows, ...) becomes a fixed-size list of the flattened rest."""
    pa = need("pyarrow", "ergodica[arrow]")
    if isinstance(a, Ragged):
        return pa.LargeListArray.from_arrays(pa.array(a.offsets - a.offsets[0]), pa.array(a.values[a.offsets[0] : a.offsets[-1]]))
    n, width = len(a), int(np.prod(a.shape[1:], dtype=np.int64))
    flat = np.ascontiguousarray(a).reshape(-1)
    if a.dtype.kind == "c":
        flat, width = flat.view(a.real.dtype), 2 * width
        return pa.FixedSizeListArray.from_arrays(pa.array(flat), width)
    if a.ndim == 1:
        return pa.array(flat)
    if not width:
        return pa.array([[]] * n, pa.list_(pa.from_numpy_dtype(a.dtype), 0))
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), width)


def to_arrow(run: Run) -> Any:
    pa = need("pyarrow", "ergodica[arrow]")
    columns = {**{k: pa.array(np.ascontiguousarray(v)) for k, v in index_columns(run).items()}}
    columns |= {name: arrow_column(run[name] if isinstance(run[name], Ragged) else rows(run, name)) for name in tabular(run)}
    return pa.table(columns)


def to_pandas(run: Run) -> Any:
    pd = need("pandas")
    columns: dict[str, Any] = dict(index_columns(run))
    for name in tabular(run):
        if isinstance(run[name], Ragged):
            columns[name] = [run[name].values[a:b] for a, b in zip(run[name].offsets[:-1], run[name].offsets[1:], strict=True)]
            continue
        a = rows(run, name)
        width = int(np.prod(a.shape[1:], dtype=np.int64))
        if a.ndim == 1:
            columns[name] = a
        elif width <= EXPANDED:
            for k in np.ndindex(*a.shape[1:]):
                columns[f"{name}[{', '.join(map(str, k))}]"] = a[(slice(None), *k)]
        else:
            columns[name] = list(a)
    return pd.DataFrame(columns)


def _attributes(run: Run) -> dict[str, Any]:
    keep = {k: v for k, v in run.info.items() if isinstance(v, (str, int, float)) and not isinstance(v, bool)}
    keep |= {"weights": "resampled"} if run.log_weights is not None else {}
    return {**keep, "seed": str(run.info.get("seed", "")), "system": repr(run.system), "method": repr(run.method), "status": run.status}


def to_xarray(run: Run) -> Any:
    xr = need("xarray")
    dense = {n: (run.dims[n], run[n]) for n in run if not isinstance(run[n], Ragged)}
    shape = dict(zip(run.lead, lead_shape(run), strict=True))
    coords = {d: v for d, v in run.coords.items() if d in run.lead}
    if "chain" in shape:
        coords["chain"] = np.arange(shape["chain"])
    return xr.Dataset(_renamed(dense), coords=coords, attrs=_attributes(run))


def _renamed(dense: dict[str, tuple[tuple[str, ...], np.ndarray]]) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Dimensions of one name but different lengths (the separations of two quantities) get the quantity's name in front."""
    length: dict[str, int] = {}
    out = {}
    for name, (dims, a) in dense.items():
        new = tuple(d if length.setdefault(d, n) == n else f"{name}_{d}" for d, n in zip(dims, a.shape, strict=True))
        out[name] = (new, a)
    return out


SAMPLE_STATS = {
    "log_density": "lp", "hamiltonian": "energy", "depth": "tree_depth", "steps": "n_steps", "acceptance": "acceptance_rate",
    "diverging": "diverging",
}  # fmt: skip
"""What samplers note, by ArviZ's names."""


def to_arviz(run: Run) -> Any:
    az = need("arviz", "ergodica[arviz]")
    if run.lead[-2:] != ("chain", "draw"):
        raise SpecError(f"ArviZ takes runs with chains and draws; this one has the dimensions {run.lead}", "Try run.to_xarray().")

    def placed(a: np.ndarray) -> np.ndarray:
        return np.moveaxis(a, 0, 2) if "kT" in run.coords else a

    posterior, dims = {}, {}
    scan = ["kT"] if "kT" in run.coords else []
    kept = [n for n in run if not isinstance(run[n], Ragged) and not (run.noted and (n == "energy" or n in SAMPLE_STATS))]
    kept = [n for n in kept if run.dims[n][: len(run.lead)] == run.lead]
    equal = resampled(run) if run.log_weights is not None else {n: run[n] for n in kept}
    for name, (axes, a) in _renamed({n: (run.dims[n], equal[n]) for n in kept if n in equal}).items():
        posterior[name], dims[name] = placed(a), [*scan, *axes[len(run.lead) :]]
    groups = {"posterior": posterior}
    if run.noted:
        notes = {ours: run[ours] for ours in SAMPLE_STATS if ours in run and run.dims[ours] == run.lead}
        stats = {SAMPLE_STATS[n]: placed(a) for n, a in notes.items()}
        stats |= {n: stats[n].astype(kind) for n, kind in (("diverging", bool), ("tree_depth", np.int64), ("n_steps", np.int64)) if n in stats}
        if "energy" in run:
            stats["potential_energy"] = placed(run["energy"])
        limit = getattr(run.method, "max_depth", None)
        if limit is not None and "tree_depth" in stats:
            stats["reached_max_treedepth"] = stats["tree_depth"] >= limit
        if "step_size" in run.info and "lp" in stats:
            step = np.asarray(run.info["step_size"])[..., None]
            stats["step_size"] = placed(np.broadcast_to(step, np.shape(run["log_density"])).copy())
        dims |= {name: scan for name in stats}
        groups["sample_stats"] = stats
    coords = {"kT": run.coords["kT"]} if scan else None
    if int(az.__version__.split(".")[0]) < 1:
        return az.from_dict(**groups, dims=dims, coords=coords, attrs=_attributes(run))
    data = az.from_dict(groups, dims=dims, coords=coords)  # a DataTree from 1.0 on
    data.attrs.update(_attributes(run))
    return data


def to_torch(run: Run) -> dict[str, Any]:
    torch = need("torch")
    return {name: torch.from_numpy(run[name]) for name in run if not isinstance(run[name], Ragged)}

"""Tables of what a run found, with error bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica import stats
from ergodica._encode import as_temperatures
from ergodica._graph import Graph
from ergodica.errors import SpecError
from ergodica.ragged import Ragged
from ergodica.sampling import together, weighted
from ergodica.stats import Estimate, series, warnings

if TYPE_CHECKING:
    from ergodica.run import Run

WIDEST = 32  # quantities of more numbers a draw are left out of a table unless they are named
COLUMNS = ("mean", "se", "mcse", "sd", "q5", "q50", "q95", "tau_int", "tau_int_se", "ess_bulk", "ess_tail", "rhat")
HEADS = {"q5": "5 %", "q50": "50 %", "q95": "95 %"}
CHAINS = ("mean", "sd", "tau_int", "ess_bulk", "ess_tail", "rhat")
DENSITY = ("mean", "mcse", "sd", "q5", "q50", "q95", "ess_bulk", "ess_tail", "rhat")


@dataclass(frozen=True)
class Row:
    """One quantity: arrays over kT (where the run has it) and the quantity's own dimensions, or numbers."""

    name: str
    dims: tuple[str, ...]
    mean: Any
    se: Any
    sd: Any = None
    tau_int: Any = None
    tau_int_se: Any = None
    ess_bulk: Any = None
    ess_tail: Any = None
    rhat: Any = None
    mcse: Any = None
    q5: Any = None
    q50: Any = None
    q95: Any = None


class Summary(Sequence[Row]):
    """A table that prints itself: in Jupyter as HTML, else as text. ``summary["energy"].mean`` is a number or an array."""

    def __init__(self, rows: list[Row], coords: dict[str, np.ndarray], warnings: Sequence[str] = (), notes: Sequence[str] = (),
                 shown: Sequence[str] = CHAINS) -> None:  # fmt: skip
        self.rows, self.coords, self.warnings, self.notes, self.shown = rows, coords, list(warnings), list(notes), shown

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, str):
            for row in self.rows:
                if row.name == key:
                    return row
            raise SpecError(f"this summary has no {key!r}; it has: {', '.join(r.name for r in self.rows)}", fields={"argument": key})
        return self.rows[key]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def lines(self) -> list[dict[str, Any]]:
        """One dict for each number: quantity, kT, index, then the columns."""
        out = []
        for row in self.rows:
            for at in np.ndindex(*np.shape(row.mean)):
                where = dict(zip(row.dims, at, strict=True))
                line: dict[str, Any] = {"quantity": row.name}
                if "kT" in where:
                    line["kT"] = float(self.coords["kT"][where.pop("kT")])
                if where:
                    line["quantity"] = f"{row.name}[{', '.join(map(str, where.values()))}]"
                for c in COLUMNS:
                    v = getattr(row, c)
                    line[c] = None if v is None else float(np.asarray(v)[at])
                out.append(line)
        return out

    def to_pandas(self) -> Any:
        """The lines as a DataFrame."""
        from ergodica._tables import need

        return need("pandas").DataFrame(self.lines())

    def _cells(self) -> tuple[list[str], list[list[str]]]:
        lines = self.lines()
        shown = [c for c in self.shown if any(line[c] is not None for line in lines)]
        head = ["quantity", *(["kT"] if "kT" in self.coords else []), *(HEADS.get(c, c) for c in shown)]
        body = []
        for line in lines:
            cells = [line["quantity"]] + ([f"{line['kT']:.6g}"] if "kT" in line else [""] if "kT" in self.coords else [])
            for c in shown:
                v = line[c]
                if v is None:
                    cells.append("")
                elif c in ("mean", "tau_int"):
                    se = line["se" if c == "mean" else "tau_int_se"]
                    cells.append(stats.with_error(v, se if se is not None else float("nan")))
                else:
                    cells.append(f"{v:.3f}" if c == "rhat" else f"{v:.0f}" if c.startswith("ess") else f"{v:.2g}" if c == "mcse" else f"{v:.4g}")
            body.append(cells)
        return head, body

    def __repr__(self) -> str:
        head, body = self._cells()
        widths = [max(len(r[i]) for r in [head, *body]) for i in range(len(head))]
        text = ["  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(r, widths, strict=True))) for r in [head, *body]]
        return "\n".join([*text, *(f"! {w}" for w in self.warnings), *self.notes])

    def _repr_html_(self) -> str:
        head, body = self._cells()
        rows = "".join("<tr>" + "".join(f"<td>{escape(c)}</td>" for c in r) + "</tr>" for r in body)
        said = "".join(f"<p>&#9888; {escape(w)}</p>" for w in self.warnings) + "".join(f"<p>{escape(n)}</p>" for n in self.notes)
        return f"<table><thead><tr>{''.join(f'<th>{escape(c)}</th>' for c in head)}</tr></thead><tbody>{rows}</tbody></table>{said}"


def chosen(run: Run, names: Any) -> tuple[list[str], list[str]]:
    """The quantities of a table, and notes on those that are left out."""
    if names is not None:
        wanted = [names] if isinstance(names, str) else list(names)
        for n in wanted:
            if n not in DERIVED_NAMES and isinstance(run[n], Ragged):
                raise SpecError(f"summary: {n} is ragged", f"Try run[{n!r}].lengths, or a function of it.", {"argument": n})
        return wanted, []
    kept: list[str] = []
    left: list[str] = []
    for n in run:
        a = run[n]
        if n in weighted.OWN or run.dims[n][: len(run.lead)] != run.lead:
            continue
        fits = not isinstance(a, Ragged) and a.dtype.kind in "fiub" and np.prod(a.shape[len(run.lead) :], dtype=np.int64) <= WIDEST
        (kept if fits else left).append(n)
    return [*kept, *run.derived], [f"Not in the table: {', '.join(left)}."] if left else []


def series_of(run: Run, name: str) -> np.ndarray:
    """A quantity as (kT, row..., chain, draw), the axes that stay first."""
    a, n = run[name], len(run.lead)
    if run.dims[name][:n] != run.lead:
        raise SpecError(f"{name} has the dimensions {run.dims[name]}, not a value for each draw", f"Try run[{name!r}].", {"argument": name})
    a = a.astype(np.float64) if a.dtype != np.float64 else a
    return np.moveaxis(a, (n - 2, n - 1), (-2, -1))


def summarise(run: Run, names: Any = None) -> Summary:
    """The table of :meth:`Run.summary`."""
    if run.info.get("verb") == "solve":
        return _solution(run, names)
    if run.info.get("verb") == "simulate":
        return _simulation(run, names)
    wanted, notes = chosen(run, names)
    density = bool(run.noted)
    table, said = [], []
    single: dict[str, np.ndarray] = {}
    for name in wanted:
        if name in DERIVED_NAMES:
            value, se = estimate(run, name)
            table.append(Row(name, run.lead[:-2], value, se))
            continue
        x = series_of(run, name)
        if x.shape[-1] == 0:
            said.append(f"{name}: nothing was recorded yet.")
            continue
        dims = (*run.lead[:-2], *run.dims[name][len(run.lead) :])
        if run.log_weights is not None:
            table.append(weighted.row(run, name, x, dims))
            continue
        if together.interacts(run):
            table.append(together.row(run, name, x, dims))
            continue
        found = series.describe(x)
        with np.errstate(invalid="ignore", divide="ignore"):
            found["mcse"] = found["sd"] / np.sqrt(found["ess_mean"])
        table.append(Row(name, dims, **{c: _number(found[c]) for c in COLUMNS}))
        said += warnings.of_quantity(name, x, found, density)
        if density and "kT" not in run.coords:
            single |= {f"{name}{list(k) if k else ''}": x[k] for k in np.ndindex(*x.shape[:-2])}
    if run.log_weights is not None:
        table += [weighted.evidence_row(run)] if names is None and "log_evidence" in run else []
        said += weighted.warnings(run)
    modes = warnings.of_modes(single, run["log_density"] if "log_density" in run else None) if single else []
    return Summary(table, run.coords, warnings.of_kernels(run) + modes + said, notes, DENSITY if density else CHAINS)


def _number(a: Any) -> Any:
    return float(a) if np.ndim(a) == 0 else a


def _solution(run: Run, names: Any) -> Summary:
    wanted, notes = chosen(run, names)
    return Summary([Row(n, run.dims[n], _number(np.asarray(run[n], np.float64)), None) for n in wanted], run.coords, (), notes)


def _simulation(run: Run, names: Any) -> Summary:
    """At the last time: mean over the chains, which are independent."""
    wanted, notes = chosen(run, names)
    table = []
    for name in [n for n in wanted if n not in DERIVED_NAMES]:
        x = series_of(run, name)
        if x.shape[-1] == 0:
            continue
        last, chains = x[..., -1], x.shape[-2]
        sd = last.std(axis=-1, ddof=1) if chains > 1 else np.full(last.shape[:-1], np.nan)
        dims = (*run.lead[:-2], *run.dims[name][len(run.lead) :])
        table.append(Row(name, dims, _number(last.mean(axis=-1)), _number(sd / np.sqrt(chains)), _number(sd)))
    time = run.coords["time"]
    return Summary(table, run.coords, (), [*([f"At time {time[-1]:.6g}, mean over chains."] if len(time) else []), *notes])


def sites(run: Run) -> int:
    """Number of sites of the run's lattice."""
    lattice = getattr(run.system, "lattice", None)
    if lattice is None:
        raise SpecError("this needs a run of a lattice system")
    return lattice.sites if isinstance(lattice, Graph) else int(np.prod(lattice, dtype=np.int64))


def _binder(m2: Any, m4: Any) -> Any:
    return 1 - m4 / (3 * m2**2)


def _derivation(run: Run, name: str, kT: float, t: Any) -> tuple[Any, list[np.ndarray]]:
    """The function of means, and the series whose means it takes."""
    source = run["energy" if name == "heat_capacity" else "magnetization"]
    x = source[t] if t is not None else source
    if name == "binder":
        return _binder, [x**2, x**4]
    shift = float(x.mean())  # against cancellation
    scale = 1 / kT**2 if name == "heat_capacity" else sites(run) / kT
    return (lambda m1, m2: scale * (m2 - m1**2)), [x - shift, (x - shift) ** 2]


DERIVED_NAMES = ("binder", "susceptibility", "heat_capacity")


def estimate(run: Run, name: str) -> Estimate:
    """What :meth:`Run.estimate` gives."""
    if run.info.get("verb") == "solve":
        a = np.asarray(run[name])
        return Estimate(_number(a), _number(np.zeros(a.shape)))
    if run.info.get("verb") != "sample":
        raise SpecError("estimate: expected a run of erg.sample, whose draws have one distribution", "Try run.summary() or the series itself.")
    if name == "log_evidence":
        return run.log_evidence
    if name not in DERIVED_NAMES:
        x = series_of(run, name)
        if together.interacts(run):
            e = together.mean_se(run, x)
            return Estimate(_number(np.asarray(e.value)), _number(np.asarray(e.se)))
        return stats.mean_se(x) if run.log_weights is None else Estimate(*map(_number, weighted.mean_se(run, x)[:2]))
    needed = "energy" if name == "heat_capacity" else "magnetization"
    if needed not in run:
        raise run._unknown(name)
    found = []
    for t, kT in enumerate(np.atleast_1d(run.kT)):
        f, series = _derivation(run, name, float(kT), t if "kT" in run.coords else None)
        place = t if "kT" in run.coords else None
        found.append(stats.jackknife(f, *series) if run.log_weights is None else weighted.derived(run, f, series, place))
    if "kT" not in run.coords:
        return found[0]
    return Estimate(np.array([e.value for e in found]), np.array([e.se for e in found]))


def reweight(run: Run, kT: Any, names: Any = None) -> Summary:
    """What :meth:`Run.reweight` gives."""
    if run.info.get("verb") != "sample" or "energy" not in run:
        raise SpecError("reweight: expected a run of erg.sample with the series 'energy'", "Try observe=['energy', ...].")
    if run.log_weights is not None:
        raise SpecError("reweight: expected a run of draws of equal weight", "Try kT=[...] of the method, whose run has each temperature.")
    new, scan = as_temperatures(kT)
    old = np.atleast_1d(np.asarray(run.kT, float))
    wanted = [n for n in chosen(run, names)[0] if n not in DERIVED_NAMES and run[n].dtype.kind in "fiub"]
    nearest = [int(np.argmin(abs(1 / np.maximum(old, 1e-300) - 1 / max(t, 1e-300)))) for t in new]
    scanned = "kT" in run.coords
    rows = {n: np.moveaxis(x, 0, -3) if scanned else x[..., None, :, :] for n, x in ((n, series_of(run, n)) for n in wanted)}
    value, se, ess, said = {}, {}, np.empty(len(new)), []
    for n in wanted:
        value[n], se[n] = (np.empty((len(new), *rows[n].shape[:-3])) for _ in range(2))
    for t in sorted(set(nearest)):
        at = [k for k, u in enumerate(nearest) if u == t]
        energy = np.ascontiguousarray(run["energy"][t] if "kT" in run.coords else run["energy"])
        found = series.reweighted(energy, [rows[n][..., t, :, :] for n in wanted], float(old[t]), [new[k] for k in at])
        ess[at] = found["ess"]
        first = 0
        for n in wanted:
            shape = rows[n].shape[:-3]
            count = int(np.prod(shape, dtype=np.int64))
            for out, name in ((value, "mean"), (se, "se")):
                out[n][at] = np.moveaxis(found[name][first : first + count].reshape(*shape, len(at)), -1, 0)
            first += count
        for k, warn, size in zip(at, found["warn"], found["ess"], strict=True):
            said += _reweighting_warnings(new[k], float(old[t]), int(warn), float(size))
    where = {"kT": np.array(new)} if scan else {}
    table = []
    for n in wanted:
        dims = (*(("kT",) if scan else ()), *run.dims[n][len(run.lead) :])
        size = np.broadcast_to(ess.reshape(-1, *([1] * (value[n].ndim - 1))), value[n].shape)
        mean, error, left = (_number(a if scan else a[0]) for a in (value[n], se[n], size))
        table.append(Row(n, dims, mean, error, ess_bulk=left))
    return Summary(table, where, said, [f"Reweighted to kT = {', '.join(f'{x:.6g}' for x in new[:8])}."])


def _reweighting_warnings(new: float, old: float, warn: int, size: float) -> list[str]:
    here = f"kT = {new:.6g}: "
    said = [here + f"the weights leave {size:.0f} effective draws of those at kT = {old:.6g}; sample nearer."] if warn & series.FEW else []
    said += [here + f"its energies lie in the tails of what was seen at kT = {old:.6g}; sample nearer."] if warn & series.OUTSIDE else []
    said += [here + "too few draws for their correlations: error bars are too small."] if warn & series.SHORT else []
    return said


__all__ = ["DERIVED_NAMES", "Estimate", "Row", "Summary", "estimate", "reweight", "summarise"]

"""What came out of a verb."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ergodica._base import Method, System
from ergodica.errors import SpecError

if TYPE_CHECKING:
    from ergodica.stats import Discrepancy, Divergences
    from ergodica.summary import Estimate, Summary

DERIVED: dict[str, tuple[str, ...]] = {
    "binder": ("magnetization",),
    "susceptibility": ("magnetization",),
    "heat_capacity": ("energy",),
}
"""Quantities that are functions of means, and the series they are estimated from."""


class Run(Mapping[str, Any]):
    """What came out of ``erg.sample``, ``erg.simulate`` or ``erg.solve``: a mapping of names to arrays with named dimensions.

    Arrays are views of the core's memory, nothing copied, and writable: they belong to you. The leading dimensions are (kT,) chain and draw for
    ``sample``, (kT,) chain and time for ``simulate``, (kT,) for ``solve``; kT is there when it was given as a sequence.

    Attributes
    ----------
    system, method
        What was acted on, and how.
    dims : dict
        Names of the dimensions of each quantity, as in ``run.dims["energy"] == ("chain", "draw")``.
    coords : dict
        Values along dimensions: kT; draw (the sweep of each record) or time.
    final : array ((kT,) chain, ...) or None
        The configuration of every chain at its end; ``start=run`` goes on from it.
    info : dict
        Seed, version, seconds, threads, SIMD path, what the kernels report (acceptance, cluster sizes), citations, warnings.
    noted : tuple of str
        What the sampler of a density noted of each draw beside what was asked for, as in ``run["diverging"]``: acceptance, depth, steps, diverging,
        hamiltonian (the energy of the trajectory), log_density (in the unconstrained coordinates).
    status : {"done", "interrupted", "running"}
        A run that was interrupted, or a snapshot of a running job, holds the draws that all chains had finished.

    Examples
    --------
    >>> import ergodica as erg
    >>> run = erg.sample(erg.lattice.Ising((8, 8)), erg.Wolff(), kT=[2.0, 2.5], sweeps=200, seed=1)
    >>> run["energy"].shape, run.dims["energy"]
    ((2, 4, 200), ('kT', 'chain', 'draw'))
    >>> run.info["seed"]
    1
    """

    def __init__(
        self,
        columns: Mapping[str, Any],
        dims: Mapping[str, tuple[str, ...]],
        *,
        coords: Mapping[str, np.ndarray] | None = None,
        info: Mapping[str, Any] | None = None,
        system: System | None = None,
        method: Method | None = None,
        final: np.ndarray | None = None,
        derived: tuple[str, ...] = (),
        status: str = "done",
    ) -> None:
        self._columns = dict(columns)
        self.dims = {k: tuple(v) for k, v in dims.items()}
        self.coords = dict(coords or {})
        self.info = dict(info or {})
        self.info |= {k: v for k, v in self.info.get("kernel", {}).items() if k not in self.info}
        self.system, self.method, self.final, self.derived, self.status = system, method, final, tuple(derived), status
        self.noted = tuple(self.info.get("noted", ()))
        self._table: Summary | None = None

    def __getitem__(self, name: str) -> Any:
        try:
            return self._columns[name]
        except KeyError:
            raise self._unknown(name) from None

    def _unknown(self, name: str) -> UnknownName:
        if name in DERIVED and all(n in self for n in DERIVED[name]):
            return UnknownName(f"{name!r} is a function of means, not a series", f"Try run.estimate({name!r}).")
        needed = [n for n in DERIVED.get(name, (name,)) if n not in self]
        has = f"this run has no {name!r}; it has: {', '.join(self) or 'nothing'}"
        if self.info.get("verb") == "solve":  # a method gives all that it can, unless it was asked for some
            return UnknownName(has, f"Try another method that erg.methods(system) lists under solve, or erg.sample(system, observe={needed!r}).")
        return UnknownName(has, f"Try observe={[*self, *needed]!r}.")

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._columns if name not in self.noted)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = object.__hash__

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_table": None}

    @property
    def lead(self) -> tuple[str, ...]:
        """The dimensions that all quantities share: those of the record, before the quantity's own."""
        verb = self.info.get("verb", "sample")
        record = {"sample": ("chain", "draw"), "simulate": ("chain", "time"), "solve": ()}.get(verb, ())
        return (*(("kT",) if "kT" in self.coords else ()), *record)

    @property
    def kT(self) -> Any:
        """The temperature: a number, or an array when the run has the dimension kT."""
        return self.coords.get("kT", self.info.get("kT"))

    @property
    def seed(self) -> int:
        return self.info["seed"]

    @property
    def citations(self) -> list[str]:
        """What to cite for the methods that were used."""
        return [*self.info.get("cite", []), "The ergodica developers, ergodica " + self.info.get("version", "")]

    def cite(self) -> str:
        """What to cite, a line each.

        Examples
        --------
        >>> import ergodica as erg
        >>> run = erg.sample(erg.lattice.Ising((4, 4)), erg.Wolff(), kT=2.0, sweeps=10, warmup=0, seed=1)
        >>> "Wolff" in run.cite()
        True
        """
        return "\n".join(self.citations)

    @property
    def log_weights(self) -> Any:
        """Logarithms of the weights of the draws, ((kT,) chain, draw), of methods that weigh them; None of others.

        exp(log_weights) averages to the evidence in each population, so that populations are joined by their weights as they are.
        """
        return self._columns.get("log_weights")

    @property
    def log_evidence(self) -> Estimate:
        """Logarithm of the integral (for spins the sum) of exp(-E/kT), from all populations, with its standard error.

        Raises
        ------
        SpecError
            The method finds none.

        Examples
        --------
        >>> import numpy as np
        >>> import ergodica as erg
        >>> run = erg.sample(lambda x: 0.5 * np.sum(x**2), erg.SMC(scale=2.0), space=erg.Real(2), draws=2000, seed=1)
        >>> bool(abs(run.log_evidence.value - np.log(2 * np.pi)) < 0.1)
        True
        """
        from ergodica.sampling.weighted import log_evidence

        return log_evidence(self)

    def summary(self, names: Any = None) -> Summary:
        """Mean, standard error, standard deviation, tau_int and its error, bulk and tail ESS, and rank R-hat of each quantity.

        Parameters
        ----------
        names : sequence of str, optional
            The quantities; all of up to 32 numbers a draw where it is not given.

        Returns
        -------
        Summary
            A table that prints itself; ``summary["energy"].mean`` is a number, or an array over kT and the quantity's own dimensions. Rows have
            mean, se, sd, tau_int, tau_int_se, ess_bulk, ess_tail, rhat, mcse (sd over the root of the effective size of the mean, as ArviZ has it)
            and the quantiles q5, q50, q95. ``summary.warnings`` names what makes numbers doubtful, and the cure.
        """
        from ergodica.summary import summarise

        table = summarise(self, names)
        if names is None:
            self._table = table
        return table

    @property
    def warnings(self) -> list[str]:
        """What to know before the numbers are believed, with cause and cure: those of the table and of the sampler.

        Examples
        --------
        >>> import ergodica as erg
        >>> run = erg.sample(lambda x: x**2, space=erg.Real(), draws=20, warmup=50, seed=1, progress=False)
        >>> any("too few" in w or "effective draws" in w for w in run.warnings)
        True
        """
        table = self._shown()
        return [] if table is None else list(table.warnings)

    def divergences(self) -> Divergences:
        """The draws at whose transitions a trajectory diverged, and where they lie.

        Returns
        -------
        ergodica.stats.Divergences
            Its length is their number; ``at`` (n, 2) are chain and draw, ``values`` the quantities there; ``places`` and its print name the numbers
            in which these draws stand apart from the others.

        Raises
        ------
        SpecError
            The method has no trajectories.
        """
        from ergodica.stats.diagnostics import divergences

        return divergences(self)

    def ksd(self, kernel: str = "imq", h: Any = "median", statistic: str = "V", bootstrap: int = 1000, draws: int = 4000,
            seed: int | None = None) -> Discrepancy:  # fmt: skip
        """Kernel Stein discrepancy of the draws from the density that they were to be drawn from: is the sampler right?

        The score is the gradient of the run's own log density in the unconstrained coordinates, divided by their standard deviations. It does not see
        modes that no chain has found.

        Parameters
        ----------
        kernel, h, statistic, bootstrap, seed
            As for :func:`ergodica.stats.ksd`.
        draws : int, default 4000
            Chains are thinned evenly to about so many; time grows with the square.

        Returns
        -------
        ergodica.stats.Discrepancy
            The squared discrepancy and a p-value that allows for the correlations of the chains.

        Examples
        --------
        >>> import numpy as np
        >>> import ergodica as erg
        >>> run = erg.sample(lambda x: np.sum(x**2), space=erg.Real(3), draws=500, seed=1, progress=False)
        >>> run.ksd(seed=1).pvalue > 0.01
        True
        """
        from ergodica.stats.distances import of_run

        return of_run(self, kernel, h, statistic, bootstrap, draws, seed)

    def estimate(self, name: str) -> Estimate:
        """Mean of a quantity, or the value of a function of means, with its standard error.

        Parameters
        ----------
        name : str
            A recorded quantity, or one of "binder" = 1 - <m^4> / (3 <m^2>^2), "susceptibility" = N (<m^2> - <m>^2) / kT and
            "heat_capacity" = (<E^2> - <E>^2) / kT^2 of the whole system, with jackknife errors over blocks longer than tau_int.

        Returns
        -------
        Estimate
            ``value`` and ``se``, numbers or arrays over kT and the quantity's own dimensions.
        """
        from ergodica.summary import estimate

        return estimate(self, name)

    def reweight(self, kT: Any, names: Any = None) -> Summary:
        """Means at another temperature, by histogram reweighting of the recorded energies.

        Draws get the weight exp(-(1/kT' - 1/kT) E); with several recorded temperatures the nearest in 1/kT is used. Errors are jackknife errors;
        ``ess`` is the effective number of draws that the weights leave, and too small a number is said in ``warnings``.

        References
        ----------
        A. M. Ferrenberg and R. H. Swendsen, Phys. Rev. Lett. 61, 2635 (1988).
        """
        from ergodica.summary import reweight

        return reweight(self, kT, names)

    def plot(self, names: Any = None, **options: Any) -> Any:
        """Traces, histograms and autocorrelations; returns a matplotlib Figure (in Jupyter the last line of a cell shows it,
        ``display(run.plot())`` elsewhere). ``names`` chooses the quantities (at most four by default)."""
        from ergodica.pictures.plots import plot

        return plot(self, names, **options)

    def to_pandas(self) -> Any:
        """A DataFrame with one row per draw: kT, chain, draw (or time), then the quantities; arrays of up to 16 elements get a column each."""
        from ergodica._tables import to_pandas

        return to_pandas(self)

    def to_arrow(self) -> Any:
        """A pyarrow Table with one row per draw; arrays are fixed-size lists."""
        from ergodica._tables import to_arrow

        return to_arrow(self)

    def to_xarray(self) -> Any:
        """An xarray Dataset on the same memory."""
        from ergodica._tables import to_xarray

        return to_xarray(self)

    def to_arviz(self) -> Any:
        """An ArviZ InferenceData (a DataTree from ArviZ 1.0 on); the dimension kT stands behind chain and draw, as ArviZ wants it.

        The group posterior has the quantities by their names. For the draws of a density sample_stats has what the sampler noted: diverging, energy
        (the Hamiltonian), potential_energy, tree_depth, reached_max_treedepth, n_steps, acceptance_rate, step_size and lp, the log density in the
        unconstrained coordinates.
        """
        from ergodica._tables import to_arviz

        return to_arviz(self)

    def to_torch(self) -> dict[str, Any]:
        """Tensors by name, on the same memory."""
        from ergodica._tables import to_torch

        return to_torch(self)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an Arrow IPC file, which pandas, polars and DuckDB open and :func:`ergodica.load` makes into a run again. Atomic."""
        from ergodica._files import save

        save(self, path)

    @property
    def title(self) -> str:
        """One line: what was run."""
        what = f"{self.info.get('verb', 'run')} {self.system!r} with {self.method!r}"
        sizes: dict[str, int] = {}
        for name, a in self._columns.items():
            sizes.update(zip(self.dims[name][: len(self.lead)], a.shape, strict=False))
        plural = {"chain": "chains", "draw": "draws", "time": "times"}
        counts = ", ".join(f"{sizes[d]} {plural[d] if sizes[d] != 1 else d}" for d in self.lead if d in sizes and d != "kT")
        kT = np.atleast_1d(self.kT) if self.kT is not None else np.zeros(0)
        temperature = ", ".join(f"{t:.6g}" for t in kT[:5]) + (f", ... ({len(kT)} values)" if len(kT) > 5 else "")
        parts = [what, f"kT = {temperature}" if temperature else "", counts]
        parts += [f"seed {self.info['seed']}"] if "seed" in self.info and self.info.get("verb") != "solve" else []
        parts += [f"{self.info['seconds']:.3g} s"] if "seconds" in self.info else []
        parts += [self.status] if self.status != "done" else []
        return "; ".join(p for p in parts if p)

    def _shown(self) -> Summary | None:
        """The table for display, or None where there is nothing to put into one."""
        if self._table is None:
            try:
                self.summary()
            except (SpecError, RuntimeError, ImportError):
                return None
        return self._table

    def __repr__(self) -> str:
        table = self._shown()
        return f"Run: {self.title}" + (f"\n{table}" if table is not None else "")

    def _repr_html_(self) -> str:
        from html import escape

        table = self._shown()
        cite = "<br>".join(escape(c) for c in self.citations)
        return (
            f"<div><p><b>{escape(self.title)}</b></p>{table._repr_html_() if table is not None else ''}"
            f"<details><summary>To cite</summary><p>{cite}</p></details></div>"
        )


class UnknownName(SpecError, KeyError):
    """A run was asked for a quantity that it does not have."""

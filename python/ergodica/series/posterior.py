"""Posteriors of state-space models: parameters with a prior, and the hidden path."""

from __future__ import annotations

from typing import Any

import numpy as np

from ergodica import _specs, verbs
from ergodica._base import Method, integer
from ergodica._collect import Plan
from ergodica._encode import Request
from ergodica._observe import Observed as Names
from ergodica.errors import SpecError
from ergodica.expr import trees
from ergodica.expr.verbs import vmap
from ergodica.run import Run
from ergodica.sampling.density import Layout, program
from ergodica.sampling.posterior import Posterior
from ergodica.series.model import Flat, StateSpace, observations
from ergodica.series.programs import Observed, Programs


class StateSpacePosterior:
    """What :meth:`StateSpace.posterior` gives: draw from it by ``erg.sample``."""

    def __init__(self, model: StateSpace, y: Any, prior: Any, space: Any, theta: Any) -> None:
        self.model, self.y, self.fixed = model, observations(y), theta
        self.prior = Posterior(lambda p: 0.0, prior, space=space) if prior is not None else None
        if prior is None and space is not None:
            raise SpecError("posterior: a space needs a prior", "Try prior=lambda theta: 0.0 for a flat one.", {"argument": "prior"})
        if prior is not None and theta is not None:
            raise SpecError("posterior: expected a prior or a fixed theta, got both", fields={"argument": "theta"})
        self.layout = Layout(self.prior.space) if self.prior is not None else None
        if self.layout is not None and self.layout.curved:
            raise SpecError(f"posterior: expected spaces of real numbers without a geometry, got {self.prior.space!r}",  # type: ignore[union-attr]
                            "Try erg.Real, erg.Positive, erg.Interval.", {"argument": "space"})  # fmt: skip

    def __repr__(self) -> str:
        names = ", ".join(self.layout.names) if self.layout is not None else "the path"
        return f"posterior of {names} of {self.model!r}"

    @property
    def size(self) -> int:
        """The number of coordinates of the parameters."""
        return self.layout.size if self.layout is not None else 0

    def sampled(self, method: Method | None, *, space: Any, kT: Any, chains: Any, sweeps: Any, draws: Any, warmup: int, every: int, observe: Any,
                start: Any, seed: Any, progress: Any, wait: bool, checkpoint: Any, threads: Any, executor: Any) -> Any:  # fmt: skip
        """The job of :func:`erg.sample`."""
        for name, value in (("space", space), ("sweeps", sweeps)):
            if value is not None:
                raise SpecError(f"{name}: expected none for {self!r}", "Try draws=..." if name == "sweeps" else "", {"argument": name})
        draws = integer(1000 if draws is None else draws, "draws", 1)
        method = method or (_specs.PMMH() if self.size else _specs.ParticleGibbs())
        if not isinstance(method, (_specs.PMMH, _specs.ParticleGibbs, _specs.SMC2)):
            raise SpecError(f"{method!r} does not sample {self!r}", "Try erg.PMMH(), erg.ParticleGibbs() or erg.SMC2().", {"argument": "method"})
        if np.ndim(kT) or kT != 1:
            raise SpecError(f"kT: the posterior of a state-space model has no temperature; expected 1.0, got {kT}", fields={"argument": "kT"})
        staged = isinstance(method, _specs.SMC2)
        if staged and (not self.size or callable(self.prior._prior)):  # type: ignore[union-attr]
            raise SpecError("SMC2 needs a prior that can be drawn from", "Try prior=dict(mu=erg.distributions.Normal(0, 1)).", {"argument": "prior"})
        chains = integer(chains, "chains", 1)
        request = Request({"verb": "sample"})
        names = self._names(observe, staged)
        chosen = verbs._seed(seed, "random", None if staged else checkpoint)
        request.spec |= {
            "system": self._encoded(method, request), "method": request.encode(method, "method"), "seed": chosen, "kT": [1.0], "chains": chains,
            "first_chain": 0, "sweeps": draws * every, "warmup": 0 if staged else warmup, "every": every, "observe": names,
            "start": self._start(start, chains, draws, staged, chosen, request), "python": [], **verbs._common(False, threads),
        }  # fmt: skip
        if not wait:
            request.arrays = [np.array(a) for a in request.arrays]
        if checkpoint is not None:
            request.spec["checkpoint"] = verbs._checkpoint(checkpoint)
        return verbs._go(Plan(Observed(repr(self), None), method, request, [1.0], False), Names([], {}), progress, wait, checkpoint, executor)

    def _names(self, observe: Any, staged: bool) -> list[str]:
        own = list(self.layout.names) if self.layout is not None else []
        if observe is None:
            return own or ["states"]
        names = [observe] if isinstance(observe, str) else list(observe)
        if not all(isinstance(n, str) for n in names):
            raise SpecError(f"observe: expected names, of {', '.join([*own, 'states', 'log_evidence', 'acceptance'])}; got {observe!r}",
                            fields={"argument": "observe"})  # fmt: skip
        return names

    def _start(self, start: Any, chains: int, draws: int, staged: bool, seed: Any, request: Request) -> Any:
        layout = self.layout
        if staged:
            prior = self.prior.draw_prior(int(seed) ^ 0x5AC2, chains * draws)  # type: ignore[union-attr]
            names = list(self.prior.laws)  # type: ignore[union-attr]
            rows = [layout.back({n: prior[n][k] for n in names}) for k in range(chains * draws)]  # type: ignore[union-attr]
            return request.input(np.array(rows).reshape(chains * draws, self.size), "start")
        if isinstance(start, Run):
            if start.final is None:
                raise SpecError("start: this run has kept no final configuration", fields={"argument": "start"})
            return request.input(np.asarray(start.final, np.float64).reshape(-1, self.size), "start")
        if isinstance(start, str):
            if start not in ("random", "ordered"):
                raise SpecError(f"start: expected 'random', 'ordered', parameters or a run; got {start!r}", fields={"argument": "start"})
            return start
        if layout is None:
            raise SpecError("start: there are no parameters", fields={"argument": "start"})
        return request.input(np.ascontiguousarray(layout.start(start, chains, chains)), "start")

    def _encoded(self, method: Method, request: Request) -> dict[str, Any]:
        layout, prior = self.layout, self.prior
        if layout is not None and prior is not None:
            example, _, _ = layout.to(np.zeros(layout.size))
            programs = Programs(self.model, self.y, None, Flat.of(example))
        else:
            programs = Programs(self.model, self.y, self.fixed)
        steps: dict[str, Any] = dict(programs.steps(method))
        guided = steps["step"] == programs.step_guided
        T, z = len(self.y), np.zeros(self.size)
        path = np.zeros((T, programs.state.size))
        if self.model.has("log_transition"):
            steps["pair"] = programs.pair
        if isinstance(method, _specs.ParticleGibbs):
            programs.need(method, "log_transition", *(("log_initial",) if self.size else ()))
            opened = steps["first"] == programs.first_guided
            steps["weigh"] = programs.weigh_guided if guided else programs.weigh
            steps["first_weigh"] = programs.first_weigh_guided if opened else programs.first_weigh
        out = programs.encoded(steps, request)

        def parameters(z: Any) -> Any:
            if layout is None or prior is None:
                return programs.theta + 0.0 * np.sum(z), 0.0 * np.sum(z)
            x, _, jacobian = layout.to(z)
            return programs.parameters.vector(x, "theta"), prior.log_prior(x) + jacobian  # type: ignore[union-attr]

        times, seen = np.arange(1, T), np.flatnonzero(~np.isnan(self.y.reshape(T, -1)).all(1))
        visible = self.y[seen]

        def complete(z: Any, path: Any) -> Any:
            theta, total = parameters(z)
            total = total + programs.began(path[0], theta)
            if T > 1:
                total = total + np.sum(vmap(lambda x, p, t: programs.moved(x, p, t, theta))(path[1:], path[:-1], times))
            if len(seen):
                total = total + np.sum(vmap(lambda y, x, t: programs.observed(y, x, t, theta))(visible, path[seen], seen))
            return total

        def record(z: Any, path: Any) -> list[Any]:
            leaves = layout.to(z)[1] if layout is not None else []
            states = vmap(lambda x: trees.flatten(programs.state.build(x), trees.is_result)[1])(path)
            return [*leaves, *states]

        out["parameters"] = program(parameters, (z,), request)
        if isinstance(method, _specs.ParticleGibbs) and self.size:
            out["complete"] = program(complete, (z, path), request)
        out["record"] = program(record, (z, path), request)
        many = len(programs.state.shapes) > 1
        out["names"] = [*(layout.names if layout is not None else []), *(f"states.{n}" if many else "states" for n in programs.state.names)]
        return out

"""The prior of a posterior as a program: what populations begin from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import SpecError
from ergodica.sampling.manifolds import Torus
from ergodica.sampling.posterior import Posterior
from ergodica.sampling.proposed import Proposed
from ergodica.sampling.spaces import Interval, Ordered, Positive, Real


def inverse(space: Any, x: Any) -> Any:
    """z of a traced x, unchecked; None in spaces whose maps are not written down here."""
    if type(space) in (Real, Torus):
        return np.reshape(x, (-1,))
    if type(space) is Positive:
        return np.reshape(np.log(x), (-1,))
    if type(space) is Interval:
        return np.reshape(np.log(x - space.low) - np.log(space.high - x), (-1,))
    if type(space) is Ordered:
        return np.concatenate([x[:1], np.log(x[1:] - x[:-1])])
    return None


def prior_of(energy: Any, layout: Any, wanted: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]] | None:
    """-log of the prior's density of z, and (z, -log of its density) of a key, where the target is a posterior of laws or has a proposal; None where
    it is another and none is ``wanted``."""
    posterior = getattr(energy, "target", None)
    if isinstance(posterior, Proposed) and wanted != "gaussian":
        return _proposal(posterior, layout)
    if wanted == "gaussian" or not isinstance(posterior, Posterior) or not hasattr(posterior, "laws"):
        return None
    spaces = dict(zip(layout.names, layout.spaces, strict=True))
    foreign = [n for n in posterior.laws if n not in spaces or type(spaces[n]) not in (Real, Positive, Interval, Ordered)]
    if foreign or len(spaces) != len(posterior.laws):
        if wanted == "prior":
            name = foreign[0] if foreign else next(iter(spaces))
            raise SpecError(f"reference: the prior is drawn from in erg.Real, Positive, Interval and Ordered; {name!r} lives in {spaces.get(name)!r}",
                            'Try reference="gaussian".', {"argument": "reference"})  # fmt: skip
        return None

    def before(z: Any) -> Any:
        x, _, log_jacobian = layout.to(z)
        return np.float64(-1.0) * posterior.log_prior(x) - log_jacobian

    def drawn(key: Any) -> Any:
        at: dict[str, Any] = {}
        for k, name in enumerate(posterior.laws):
            at[name] = posterior._law(name, at).sample(random.fold_in(key, k))
        return np.concatenate([inverse(spaces[n], at[n]) for n in layout.names])

    def draw(key: Any) -> Any:
        z = drawn(key)
        return z, before(z)

    return before, draw


def _proposal(target: Proposed, layout: Any) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """The same of a flow, whose draws bring their densities."""
    space = layout.spaces[0]
    if len(layout.spaces) > 1 or inverse(space, np.ones(space.shape) * 0.5) is None:
        raise SpecError(f"Proposed: expected one space of erg.Real, Positive, Interval, Ordered or Torus, got {target.space!r}",
                        fields={"argument": "space"})  # fmt: skip
    flow = target.proposal

    def before(z: Any) -> Any:
        x, _, log_jacobian = layout.to(z)
        return np.float64(-1.0) * flow.log_density(x[None])[0] - log_jacobian

    def draw(key: Any) -> Any:
        x, log_q = flow.sample_with_log_density(key, 1)
        z = inverse(space, x[0].astype(np.float64))
        return z, np.float64(-1.0) * log_q[0] - layout.to(z)[2]

    return before, draw

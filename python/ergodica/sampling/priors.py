"""The prior of a posterior as a program: what populations begin from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica import random
from ergodica.errors import SpecError
from ergodica.sampling.posterior import Posterior
from ergodica.sampling.spaces import Interval, Ordered, Positive, Real


def inverse(space: Any, x: Any) -> Any:
    """z of a traced x, unchecked; None in spaces whose maps are not written down here."""
    if type(space) is Real:
        return np.reshape(x, (-1,))
    if type(space) is Positive:
        return np.reshape(np.log(x), (-1,))
    if type(space) is Interval:
        return np.reshape(np.log(x - space.low) - np.log(space.high - x), (-1,))
    if type(space) is Ordered:
        return np.concatenate([x[:1], np.log(x[1:] - x[:-1])])
    return None


def prior_of(energy: Any, layout: Any, wanted: str) -> tuple[Callable[[Any], Any], Callable[[Any], Any]] | None:
    """-log of the prior's density of z and z of a key, where the target is a posterior of laws; None where it is another and none is ``wanted``."""
    posterior = getattr(energy, "target", None)
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

    def draw(key: Any) -> Any:
        at: dict[str, Any] = {}
        for k, name in enumerate(posterior.laws):
            at[name] = posterior._law(name, at).sample(random.fold_in(key, k))
        return np.concatenate([inverse(spaces[n], at[n]) for n in layout.names])

    return before, draw

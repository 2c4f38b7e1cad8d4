"""A request: JSON with numbered arrays beside it, as the core decodes it and as a worker of an executor receives it (it pickles)."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ergodica._arrays import as_array
from ergodica._base import Spec, integer
from ergodica._graph import Graph
from ergodica.errors import SpecError


@dataclass
class Request:
    """``spec`` refers to the k-th of ``arrays`` by ``{"input": k}``."""

    spec: dict[str, Any]
    arrays: list[np.ndarray] = field(default_factory=list)
    names: list[str] = field(default_factory=list)

    def input(self, x: Any, name: str) -> dict[str, int]:
        """Put an array beside the request."""
        a = as_array(x, name)
        for k, b in enumerate(self.arrays):
            if b is a:
                return {"input": k}
        self.arrays.append(a)
        self.names.append(name)
        return {"input": len(self.arrays) - 1}

    def encode(self, x: Any, name: str) -> Any:
        """``x`` as JSON."""
        if hasattr(x, "encoded"):
            return x.encoded(self)
        if isinstance(x, Spec):
            return {"type": x.type, **{k: self.encode(v, f"{type(x).__name__}.{k}") for k, v in x.values().items()}}
        if isinstance(x, Graph):
            return {"sites": x.sites, "edges": self.input(x.edges, name)}
        if isinstance(x, np.ndarray):
            return self.input(x, name)
        if name.endswith(".lattice"):
            return {"shape": list(x)}
        if isinstance(x, (tuple, list)):
            return [self.encode(v, name) for v in x]
        if isinstance(x, float) and not math.isfinite(x):
            return "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"
        return x

    def json(self) -> str:
        text = json.dumps(self.spec, allow_nan=False, ensure_ascii=False)
        try:
            text.encode()
        except UnicodeEncodeError as why:
            raise SpecError(f"observe, checkpoint: expected names and paths of Unicode text, got {why.object[why.start : why.end]!r}") from None
        return text


def as_seed(seed: Any) -> int:
    """``seed``, or one drawn from the system's entropy when it is None. Seeds run from 0 to 2**64 - 1."""
    return int.from_bytes(os.urandom(6), "little") if seed is None else integer(seed, "seed", 0, 2**64 - 1)


def as_temperatures(kT: Any) -> tuple[list[float], bool]:
    """The temperatures, and whether they were a sequence (which makes a leading axis)."""
    if isinstance(kT, str) or kT is None:
        raise SpecError(f"kT: expected a number or a sequence of numbers, got {kT!r}", fields={"argument": "kT"})
    a = as_array(kT, "kT")
    if a.dtype.kind == "c" or a.ndim > 1 or a.size == 0:
        raise SpecError(f"kT: expected a number or a sequence of numbers, got {a.dtype} of shape {a.shape}", fields={"argument": "kT"})
    values = [float(t) for t in a.reshape(-1)]
    for t in values:
        if not (t >= 0 and math.isfinite(t)):
            raise SpecError(f"kT: expected finite numbers of at least 0, got {t}", fields={"argument": "kT"})
    return values, a.ndim == 1


def decode(spec: Any, inputs: list[np.ndarray]) -> Spec | None:
    """The system or method that :meth:`Request.encode` wrote."""
    from ergodica._fit import types

    if spec is None:
        return None
    known = types()
    if spec["type"] in ("Density", "StateSpace", "LinearGaussian", "Functional", "Game", "Inverse", "FeynmanKac", "Gibbs", "lattice.Local"):
        return None  # its functions, or names, are not in the file
    if spec["type"] not in known:
        raise ValueError(f"there is no system or method {spec['type']!r}")
    fields: dict[str, Any] = {}
    for key, value in spec.items():
        if key == "type":
            continue
        if isinstance(value, dict) and "type" in value:
            value = decode(value, inputs)
        elif isinstance(value, dict) and "crystal" in value:
            from ergodica.lattice.crystals import Crystal

            value = Crystal.decoded(value)
        elif isinstance(value, dict) and "shape" in value:
            value = tuple(value["shape"])
        elif isinstance(value, dict) and "edges" in value:
            value = Graph(inputs[value["edges"]["input"]], sites=value["sites"])
        elif isinstance(value, dict) and "input" in value:
            value = inputs[value["input"]]
        elif value in ("nan", "inf", "-inf"):
            value = float(value)
        fields[key] = value
    return known[spec["type"]](**fields)

"""Whatever stands in a field of a lattice system is taken, or refused by an error that says what was expected: a table over all of them."""

from __future__ import annotations

import dataclasses
import warnings
from typing import Any

import numpy as np
import pytest

import ergodica as erg
from ergodica._fit import face, types

SYSTEMS = sorted((c for name, c in types().items() if name.startswith("lattice.")), key=lambda c: c.__name__)
PLAIN: dict[str, dict[str, Any]] = {  # what a system needs beside a lattice of 4 x 4
    "Elementary": {"lattice": (8,)},
    "Hopfield": {"patterns": np.array([[1, -1, 1, 1, -1, 1], [-1, -1, 1, 1, 1, -1]])},
    "LongRangeIsing": {"couplings": np.ones((4, 4, 1, 1))},
    "LongRangeON": {"couplings": np.ones((4, 4, 1, 1)), "n": 2},
    "PSpin": {"n": 6},
    "Pairwise": {"numbers": [0.0, 1.0], "pair": [[0.0, 0.0], [0.0, -1.0]]},
    "Tabled": {"numbers": [0.0, 1.0], "table": np.zeros((2,) * 5)},
}
RATES = ("alpha", "b", "backward", "beta", "delta", "forward", "gamma", "noise")  # of events: with huge ones a run has no end, but can be left
READONLY = np.ones((4, 4))
READONLY.flags.writeable = False
BAD: dict[str, Any] = {
    "empty": [], "empty array": np.zeros(0), "nan": np.nan, "inf": np.inf, "-inf": -np.inf, "many nan": [np.nan] * 16, "negative": -1,
    "negative sides": (-4, 4), "no side": (0, 4), "huge side": (2**40,), "wrong shape": np.ones((3, 3, 3)), "strided": np.ones((8, 8))[::2, ::2],
    "backwards": np.ones((4, 4))[::-1], "read-only": READONLY, "huge": 1e300, "huge integer": 10**400, "2**70": 2**70, "tiny": 5e-324, "text": "x",
    "None": None, "complex": 1j, "dict": {}, "object": object(), "uneven": [[1, 2], [3]], "letters": np.array(["a"]), "half": np.float16([1]),
}  # fmt: skip
REFUSED = ("empty", "empty array", "nan", "inf", "-inf", "many nan", "huge integer", "complex", "dict", "object", "uneven", "letters")


def build(system: type, **changed: Any) -> Any:
    fields = [f.name for f in dataclasses.fields(system)]
    return system(**{**({"lattice": (4, 4)} if "lattice" in fields else {}), **PLAIN.get(system.__name__, {}), **changed})


def use(system: Any) -> erg.Run:
    if face(system).simulate and not face(system).sample and system.type != "lattice.Ising":
        return erg.simulate(system, time=2.0, every=1.0, chains=1, seed=1, progress=False)
    return erg.sample(system, chains=1, sweeps=2, warmup=1, seed=1, progress=False)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda s: s.__name__)
def test_fields_of_systems(system):
    """No other exception than ours, none of them internal, and every message has words. Catches a constructor that lets a number through on which its
    kernel divides, and errors of NumPy that come out as they are."""
    use(build(system))
    refused = set()
    for field in dataclasses.fields(system):
        for name, x in BAD.items():
            if field.name in RATES and name in ("huge", "2**70"):
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    use(build(system, **{field.name: x}))
            except erg.Error as why:
                assert not isinstance(why, erg.InternalError) and len(str(why)) > 20, (field.name, name)
                refused.add((field.name, name))
            except Exception as why:
                pytest.fail(f"{field.name} = {name}: {why!r}")
    assert [(f.name, n) for f in dataclasses.fields(system) for n in REFUSED if (f.name, n) not in refused and not harmless(f.name, n)] == []


def harmless(field: str, name: str) -> bool:
    """What a field may take all the same."""
    return (field, name) in {("lattice", "empty"), ("flow", "empty")}

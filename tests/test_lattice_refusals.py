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


@pytest.mark.parametrize("periodic", ["x", None, np.nan, [], [[True]], 1, {}, np.ones((2, 2), bool)], ids=repr)
def test_boundaries_of_functions(periodic):
    """Functions take the boundaries that systems take. Catches whatever is true in Python being a torus."""
    lattice, spins = erg.lattice, np.ones((4, 4), int)
    for f in (lambda: lattice.triangular((4, 4), periodic=periodic), lambda: lattice.power_law((4, 4), 3.0, periodic=periodic),
              lambda: lattice.Dipoles((4, 4), periodic=periodic), lambda: lattice.clusters(spins, (4, 4), periodic=periodic),
              lambda: lattice.overlaps(spins, spins, (4, 4), periodic=periodic), lambda: lattice.kagome(3, helical=periodic),
              lambda: lattice.Model((4, 4), erg.Torus(), pair=lambda s, t: np.cos(s - t), periodic=periodic)):  # fmt: skip
        with pytest.raises(erg.SpecError, match=r"periodic|helical"):
            f()


def test_arguments_of_models():
    """What an energy does not see is refused. Catches couplings and fields left out, and sites at an edge with neighbours of the first value."""
    lattice, sums = erg.lattice, lambda s, n: -0.5 * s * n.sum(axis=-1)
    for f in (lambda: lattice.Model((3, 3), (-1, 1), energy=sums, periodic=False),
              lambda: lattice.Model((3, 3), (-1, 1), energy=sums, periodic=(True, False)),
              lambda: lattice.Model(lattice.bethe(3, 1), (-1, 1), energy=sums), lambda: lattice.Model((3, 3), (-1, 1), energy=sums, J=2.0),
              lambda: lattice.Model((3, 3), (-1, 1), pair=lambda s, t: -s * t, fields=np.ones(9))):  # fmt: skip
        with pytest.raises(erg.SpecError, match=r"neighbours|alone|fields"):
            f()
    thin = lattice.Model((5, 1), (-1, 1), energy=sums, periodic=(True, False))  # an open axis of one site has no edge
    assert erg.solve(thin, erg.Enumeration(), kT=2.0)["energy"] == pytest.approx(erg.solve(lattice.Ising((5,)), kT=2.0)["energy"], rel=1e-12)


def test_verbs_that_do_not_fit():
    """A system that has no method for a verb names one that it has."""
    for system in (erg.lattice.Sandpile((4, 4)), erg.lattice.Exclusion((4,)), erg.lattice.Elementary((8,))):
        with pytest.raises(erg.SpecError, match=r"Try erg\.simulate\(system, erg\.\w+\(\)"):
            erg.sample(system, sweeps=2)


def test_arguments_of_analysis():
    """Catches errors of NumPy and Python that come out as they are."""
    lattice, spins = erg.lattice, np.ones((4, 4), int)
    for f in (lambda: lattice.clusters(spins, (4, 4), value=[1, 2]), lambda: lattice.overlap_distribution([0.0], "x"),
              lambda: lattice.overlap_distribution([0.0], 2, symmetric="no"), lambda: lattice.dipolar_tensor((4, 4), boundary=np.ones(3)),
              lambda: lattice.SherringtonKirkpatrick(2**40, seed=1),
              lambda: lattice.damage(erg.lattice.Ising((2,)), start=[[1], [1, 1]], other=[1, 1], time=1.0),
              lambda: erg.stats.collapse(1.0, [[1.0]], [[1.0]], [4, 8], xc=0.0)):  # fmt: skip
        with pytest.raises((erg.SpecError, erg.ShapeError)):
            f()


def test_numbers_that_no_configuration_has():
    """NaN and complex numbers are refused by what looks at configurations, where they were equal to nothing, or lost their imaginary part."""
    theory = erg.lattice.Phi4((4, 4))
    for number, error in ((np.nan, erg.NonFiniteError), (np.inf, erg.NonFiniteError), (1j, erg.ShapeError)):
        bad = np.full((4, 4), number)
        for look in (lambda x: erg.lattice.clusters(x, (4, 4)), lambda x: erg.lattice.picture(theory, x),
                     lambda x: erg.lattice.gradient_flow(theory, x, [0.0, 0.1]), lambda x: erg.lattice.correlation_length(x[None], (4, 4)),
                     lambda x: erg.stats.two_time(np.stack([x, x]))):  # fmt: skip
            with pytest.raises(error, match=r"real numbers|finite"):
                look(bad)
    with pytest.raises(erg.NonFiniteError, match=r"clusters\.value"):
        erg.lattice.clusters(np.ones((4, 4)), (4, 4), value=np.nan)


def test_models_that_cannot_be():
    """Refused when they are made, not when they are used."""
    site, pair = (lambda s, h: -h * s), (lambda s, t: -s * t)
    for fields in (np.ones(5), np.ones((4, 3)), np.ones((12, 2)), 1.0, [], [np.nan] * 12, np.ones(12) * 1j):
        with pytest.raises((erg.ShapeError, erg.NonFiniteError), match=r"Model\.fields"):
            erg.lattice.Model((3, 4), (-1, 1), pair=pair, site=site, fields=fields)
    with pytest.raises(erg.ShapeError, match="real"):
        erg.lattice.Model((3, 4), (-1, 1), pair=lambda s, t: 1j * s * t)
    for fields in (np.arange(12.0), np.arange(12.0).reshape(3, 4)):
        assert erg.lattice.Model((3, 4), (-1, 1), pair=pair, site=site, fields=fields).site[5, 1] == -5


def test_what_no_call_does():
    """Where nothing works no call is suggested that would not: dynamics of links, ranges of quantities that no bias is on."""
    links = erg.lattice.SU2((4, 4))
    for call in (lambda: erg.simulate(links, time=1.0), lambda: erg.simulate(links, erg.Langevin(), time=1.0)):
        with pytest.raises(erg.SpecError, match=r"no dynamics|nor does another") as refusal:
            call()
        assert "erg.sample(system)" in str(refusal.value)
    with pytest.raises(erg.SpecError, match="expected energy for a bias on SU2"):
        erg.sample(links, erg.WangLandau(observable="plaquette"), draws=10, progress=False)


def test_names_that_a_solution_lacks():
    """No observe= is suggested that the method does not have."""
    exact = erg.solve(erg.lattice.Ising((4, 4)), kT=2.0)
    with pytest.raises(KeyError, match="another method") as refusal:
        exact["|magnetization|"]
    assert "log_z" in str(refusal.value) and "observe=['|magnetization|']" in str(refusal.value)

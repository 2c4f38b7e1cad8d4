"""Wrong arguments, everywhere: the documented class of error, a message that names the operand, nothing left behind, and the next call works."""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import pytest

import ergodica as erg
from ergodica import _arrays, _door

MAGNET = erg.lattice.Ising((4, 4))
TINY = {"kT": 2.0, "sweeps": 4, "warmup": 2, "chains": 2, "seed": 1, "progress": False}
ANY = (erg.SpecError, erg.NonFiniteError, erg.MemoryLimitError)


class Odd:
    """An object of nobody's."""

    def __repr__(self):
        return "Odd()"


class Hostile:
    """Raises whatever one asks it for."""

    def __repr__(self):
        return "Hostile()"

    def __array__(self, dtype=None, copy=None):
        raise RuntimeError("no array here")

    def __index__(self):
        raise RuntimeError("no index here")

    def __float__(self):
        raise RuntimeError("no float here")

    def __len__(self):
        raise RuntimeError("no length here")


NOTHING: list[Any] = [None, {}, [], (), "", "x", b"x", object, Odd(), Hostile(), 1j, float("nan"), lambda: 0, {"a": 1}, [[]], [None],
                      np.array("x"), set(),
          slice(3)]
ARRAYS: list[Any] = [np.array(["a", "b"]), np.array([Odd()]), np.array([1j, 2]), np.float16([1, 2]), np.array(["2020-01-01"], "M8[D]"),
                     np.array([(1, 2)],
          "i4,i4"),
          np.array([b"ab"]), np.array([1], "m8[s]"), np.longdouble([1, 2]), np.array([[1], [2, 3]], object), [1, "x"], [[1], [2, 3]]]  # fmt: skip
NUMBERS: list[Any] = [np.nan, np.inf, -np.inf, 1e400, 10**400, -(10**400)]
COUNTS: list[Any] = [-1, 0, 0.5, -0.0, "3", True, None, 2**70, 1e300, [1], np.array([1, 2]), 1j, np.nan, np.inf, {}, Odd(), Hostile(), "", b"3",
          np.datetime64("now")]


@pytest.fixture(autouse=True)
def afterwards():
    """A good call works after every bad one, and nothing is left of that."""
    expected = erg.sample(MAGNET, erg.Metropolis(), **TINY)["energy"].tobytes()
    yield
    assert erg.sample(MAGNET, erg.Metropolis(), **TINY)["energy"].tobytes() == expected
    erg.verbs.last_run = None
    assert _door.info()["jobs"] == 0 and not _arrays._live


def refused(call, names, kinds=ANY):
    """``call`` raises one of ``kinds``, whose message holds one of ``names``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = call()
        except kinds as e:
            assert any(n in str(e) for n in names), f"{type(e).__name__} names no operand: {e}"
            assert not isinstance(e, erg.InternalError)
            return e
    if isinstance(value, erg.Job):
        value.close()
    raise AssertionError(f"went through: {value!r:.300}")


def accepted_or_refused(call, names, kinds=ANY):
    """A value that may mean something: taken, or refused with the right words; nothing else."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call()
        except kinds as e:
            assert any(n in str(e) for n in names), f"{type(e).__name__} names no operand: {e}"


def ids(x):
    return repr(x)[:40]


# systems and their parts


@pytest.mark.parametrize("x", [*NOTHING, *ARRAYS, *NUMBERS, 0, -1, 2**40, 2**70, (2**20, 2**20), (0,), (3, 0), (-3, 3), (2.0, 3),
                                   (1,) * 40 + (2**31,), True,
                               np.zeros((2, 2, 2), int), np.zeros((3, 3)), np.array(5.5), (4, None), ("4", 4)], ids=ids)  # fmt: skip
def test_lattices(x):
    refused(lambda: erg.lattice.Ising(x), ["Ising.lattice"])


EDGES = {
    "a loop": ([[0, 1], [1, 1]], ["itself", "1 and 1", "loop", "edges", "lattice"]),
    "negative": ([[0, -1]], ["bond 0", "0 and -1"]),
    "far outside": ([[0, 2**40]], ["sites"]),
    "the largest integer": ([[0, 2**63 - 1]], ["sites"]),
    "above int64": (np.array([[0, 2**64 - 1]], np.uint64), ["sites", "edges", "lattice"]),
    "floats": ([[0.0, 1.0]], ["integer array"]),
    "NaN": ([[0.0, np.nan]], ["integer array"]),
    "three columns": ([[0, 1, 2]], ["(bonds, 2)"]),
    "bools": ([[True, False]], ["integer array"]),
    "objects": (np.array([[0, None]]), ["expected"]),
}


@pytest.mark.parametrize("kind", EDGES)
def test_edges(kind):
    edges, names = EDGES[kind]
    e = refused(lambda: erg.sample(erg.lattice.Ising(edges), erg.Metropolis(), **TINY), names)
    assert isinstance(e, erg.SpecError)
    refused(lambda: erg.sample(erg.lattice.Ising(erg.lattice.Graph(edges)), erg.Metropolis(), **TINY), names)


@pytest.mark.parametrize("sites", [0, -1, 1, 2, 2.5, "3", True, 2**40, 2**70, [3], np.nan, Odd()], ids=ids)
def test_sites(sites):
    refused(lambda: erg.lattice.Graph([[0, 2]], sites=sites), ["Graph.sites", "sites"])


@pytest.mark.parametrize("weights", [*ARRAYS, "x", Odd(), Hostile(), [1.0, 2.0], [[1.0]], 1.0, {}, []], ids=ids)
def test_weights(weights):
    refused(lambda: erg.lattice.Ising(erg.lattice.Graph([[0, 2]], weights=weights)), ["weights"])


@pytest.mark.parametrize("weights", [[np.nan], [np.inf], [-np.inf]], ids=ids)
def test_weights_that_are_no_numbers(weights):
    refused(lambda: erg.sample(erg.lattice.Ising(erg.lattice.Graph([[0, 2]], weights=weights)), erg.Metropolis(), **TINY),
            ["weights", "J"], erg.NonFiniteError)  # fmt: skip


@pytest.mark.parametrize("parameter", ["J", "h"])
@pytest.mark.parametrize("x", [None, "x", b"x", {}, object, Odd(), Hostile(), 1j, *ARRAYS, *NUMBERS, [np.nan] * 16, [1.0, 2.0, np.inf], set(),
                                   slice(3),
                               np.ones((4, 4, 2)), np.ones(17), np.ones((2, 8)), np.ones(0), [], [[]]], ids=ids)  # fmt: skip
def test_couplings_and_fields(parameter, x):
    e = refused(lambda: erg.sample(erg.lattice.Ising((4, 4), **{parameter: x}), erg.Metropolis(), **TINY), [f"Ising.{parameter}", parameter])
    if isinstance(x, float) or (isinstance(x, list) and x and isinstance(x[-1], float)):
        assert isinstance(e, erg.NonFiniteError)


@pytest.mark.parametrize("x", [1e308, -1e308, 5e-324, np.full((4, 4), 1e308), np.full((4, 4), 5e-324), np.full((4, 4), -0.0)], ids=ids)
def test_fields_at_the_ends_of_the_number_line(x):
    """The energy may overflow to infinity; that is said or refused, never a crash."""
    for method in (erg.Metropolis(), erg.HeatBath(), erg.SwendsenWang(), erg.Metropolis(order="random")):
        for p in ("h", "J"):
            if p == "J" and isinstance(x, np.ndarray):
                continue
            system = erg.lattice.Ising((4, 4), **{p: x})
            accepted_or_refused(lambda: erg.sample(system, method, **TINY), ["J", "h", "energy", "finite"])  # noqa: B023


@pytest.mark.parametrize("x", ["yes", None, 2, 1.0, [True, False, True], (), [None, True], {}, Odd(), np.array([1, 0]), np.nan], ids=ids)
def test_boundaries(x):
    refused(lambda: erg.sample(erg.lattice.Ising((4, 4), periodic=x), erg.Metropolis(), **TINY), ["periodic"])


@pytest.mark.parametrize("make", [erg.Metropolis, erg.HeatBath])
@pytest.mark.parametrize("x", NOTHING + NUMBERS, ids=ids)
def test_orders(make, x):
    refused(lambda: make(order=x), [f"{make.__name__}.order"])


@pytest.mark.parametrize("make", [erg.lattice.Ising, erg.Metropolis, erg.HeatBath, erg.Wolff, erg.SwendsenWang, erg.Enumeration, erg.TransferMatrix,
                                  erg.Kaufman, erg.Onsager, erg.NUTS, erg.HMC, erg.MALA, erg.RandomWalk, erg.Langevin,
                                  erg.Overdamped, erg.GeneralisedLangevin, erg.NoseHoover, erg.Verlet,
                                  erg.GeodesicHMC, erg.GeodesicNUTS, erg.DiscreteGibbs, erg.LocallyInformed, erg.GibbsWithGradients])  # fmt: skip
def test_unknown_parameters(make):
    refused(lambda: make(**({"lattice": 4} if make is erg.lattice.Ising else {}), temperature=1.0), ["temperature"], erg.SpecError)
    refused(lambda: make(*[1] * 9), [make.__name__], erg.SpecError)


# verbs

VERBS = {"sample": lambda *a, **k: erg.sample(*a, **{**TINY, **k}),
         "simulate": lambda *a, **k: erg.simulate(*a, **{"time": 1.0, "kT": 2.0, "chains": 2, "seed": 1, "progress": False, **k}),
         "solve": lambda *a, **k: erg.solve(*a, **{"kT": 2.0, "progress": False, **k})}  # fmt: skip


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("x", [*NOTHING, *ARRAYS, 3, erg.lattice.Ising, erg.Wolff(), erg.Wolff, (4, 4), erg], ids=ids)
def test_systems(verb, x):
    if verb != "solve" and callable(x) and not isinstance(x, type):  # an energy
        call = erg.sample if verb == "sample" else VERBS[verb]
        assert refused(lambda: call(x), ["expected a space"]).argument == "space"
        return
    e = refused(lambda: VERBS[verb](x), ["expected a system"])
    assert e.argument == "system"
    if verb == "sample":
        refused(lambda: erg.methods(x), ["expected a system"])


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("x", [*[n for n in NOTHING if n is not None], 3, erg.Wolff, MAGNET, "Wolff"], ids=ids)
def test_methods(verb, x):
    assert refused(lambda: VERBS[verb](MAGNET, x), ["expected a method"]).argument == "method"


@pytest.mark.parametrize("verb, method", [("sample", erg.Kaufman()), ("sample", erg.Enumeration()), ("simulate", erg.Wolff()), ("simulate",
                                   erg.Metropolis()),
                                          ("solve", erg.Wolff()), ("solve", erg.HeatBath())])  # fmt: skip
def test_methods_of_other_verbs(verb, method):
    refused(lambda: VERBS[verb](MAGNET, method), [type(method).__name__], erg.SpecError)


def test_methods_that_do_not_fit():
    field = erg.lattice.Ising((4, 4), h=0.1)
    refused(lambda: VERBS["sample"](field, erg.Wolff()), ["Wolff"], erg.SpecError)
    refused(lambda: VERBS["solve"](field, erg.Kaufman()), ["Kaufman"], erg.SpecError)
    refused(lambda: VERBS["solve"](erg.lattice.Ising((6, 6)), erg.Enumeration()), ["Enumeration"], erg.SpecError)
    refused(lambda: VERBS["solve"](erg.lattice.Ising((30, 30), h=0.1), erg.TransferMatrix()), ["TransferMatrix"], erg.SpecError)
    refused(lambda: VERBS["solve"](erg.lattice.Ising([[0, 1]]), erg.Kaufman()), ["Kaufman"], erg.SpecError)


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("x", [None, "hot", b"1", {}, object, Odd(), Hostile(), 1j, [], (), [[]], [[1.0]], *ARRAYS, *NUMBERS, -1, -1e-300, [1.0,
                                   -1.0], [1.0, np.nan],
                               [np.inf], np.ones((2, 2)), set(), slice(3)], ids=ids)  # fmt: skip
def test_temperatures(verb, x):
    refused(lambda: VERBS[verb](MAGNET, kT=x), ["kT"])


@pytest.mark.parametrize("kT", [0, 0.0, -0.0, 5e-324, 1e-308, 1e308, [0.0, 1.0], True, np.float32(2), np.array(2)], ids=ids)
def test_temperatures_at_the_edge(kT):
    for method in (erg.Metropolis(), erg.HeatBath(), erg.Wolff(), erg.SwendsenWang(), erg.Metropolis(order="random")):
        run = VERBS["sample"](MAGNET, method, kT=kT)
        assert np.isfinite(run["energy"]).all()
    accepted_or_refused(lambda: VERBS["simulate"](MAGNET, kT=kT), ["kT"])
    for method in (erg.Kaufman(), erg.Enumeration(), erg.TransferMatrix(), erg.Onsager()):
        accepted_or_refused(lambda: VERBS["solve"](MAGNET, method, kT=kT), ["kT"])  # noqa: B023


@pytest.mark.parametrize("name", ["chains", "sweeps", "every"])
@pytest.mark.parametrize("x", COUNTS, ids=ids)
def test_counts(name, x):
    if name == "sweeps" and x is None:  # the default
        return
    refused(lambda: VERBS["sample"](MAGNET, **{name: x}), [name])


@pytest.mark.parametrize("x", [c for c in COUNTS if c is not None and not (isinstance(c, (int, float)) and c == 0)], ids=ids)
def test_warmup(x):
    refused(lambda: VERBS["sample"](MAGNET, warmup=x), ["warmup"])


@pytest.mark.parametrize("x", [-1, 2**64, 10**400, 0.5, 1e300, "1", b"1", "", [1], {}, 1j, np.nan, np.inf, True, Odd(), Hostile(), np.array([1,
                                   2])], ids=ids)
def test_seeds(x):
    for verb in ("sample", "simulate"):
        refused(lambda: VERBS[verb](MAGNET, seed=x), ["seed"])  # noqa: B023


@pytest.mark.parametrize("x", [0, 2**64 - 1, 1e6, np.uint64(2**64 - 1), np.int8(3), 3.0, None], ids=ids)
def test_seeds_that_are_taken(x):
    run = VERBS["sample"](MAGNET, seed=x)
    assert isinstance(run.seed, int) and (x is None or run.seed == int(x))
    assert (VERBS["sample"](MAGNET, seed=run.seed)["energy"] == run["energy"]).all()


@pytest.mark.parametrize("x", [-1, 0.5, 1e9, 4097, 2**70, "many", "-1", "", b"1", [1], {}, 1j, np.nan, True, Odd(), Hostile()], ids=ids)
def test_threads(x):
    before = erg.config.threads
    for verb in VERBS:
        refused(lambda: VERBS[verb](MAGNET, threads=x), ["threads"])  # noqa: B023
    refused(lambda: setattr(erg.config, "threads", x), ["erg.config.threads"])
    assert erg.config.threads == before


@pytest.mark.parametrize("setting, x", [(s, x) for s, bad in dict[str, list[Any]]({
    "simd": ["sse", "", None, 3, [], "avx9", "AVX-512x", Odd(), b"avx2"],
    "memory": [-1, "much", "", "-4 GB", "1e3 GB", "4 PB", None, [], 1.5, np.nan, "nan", 2**70, True, Odd()],
}).items() for x in bad], ids=ids)  # fmt: skip
def test_settings(setting, x):
    before = getattr(erg.config, setting)
    refused(lambda: setattr(erg.config, setting, x), [f"erg.config.{setting}"])
    assert getattr(erg.config, setting) == before


def test_unknown_settings_and_keywords():
    for call in (lambda: setattr(erg.config, "colour", 1), lambda: setattr(erg.config, "threads_", 1)):
        refused(call, ["no setting"], erg.SpecError)
    for verb in VERBS:
        with pytest.raises(TypeError, match="colour"):
            VERBS[verb](MAGNET, colour=1)
        with pytest.raises(TypeError):
            VERBS[verb](MAGNET, erg.Wolff(), 2.0)
        with pytest.raises(TypeError):
            VERBS[verb]()


def test_too_much_memory_is_refused_before_it_is_taken():
    for call in (
        lambda: erg.sample(MAGNET, kT=1.0, sweeps=10**13),
        lambda: erg.sample(MAGNET, kT=1.0, chains=10**11),
        lambda: erg.sample(erg.lattice.Ising((2**15, 2**15)), kT=1.0, chains=64, sweeps=10**6, observe="configuration"),
        lambda: erg.sample(MAGNET, kT=np.ones(10**6), chains=10**6, sweeps=10**3),
        lambda: erg.simulate(MAGNET, kT=1.0, time=1e300, every=1.0),
        lambda: erg.simulate(MAGNET, kT=1.0, time=1e12, every=1e-3),
    ):
        refused(call, ["memory", "bytes", "limit", "every", "GiB", "TiB"])
    refused(lambda: erg.sample(MAGNET, kT=1.0, sweeps=2**62), ["sweeps"])


@pytest.mark.parametrize("name", ["time", "every"])
@pytest.mark.parametrize("x", [-1.0, np.nan, np.inf, -np.inf, "1", b"1", [1.0], {}, 1j, Odd(), Hostile(), 10**400, -5e-324], ids=ids)
def test_times(name, x):
    refused(lambda: VERBS["simulate"](MAGNET, **{name: x}), [name])


@pytest.mark.parametrize("time, every", [(0.0, None), (0, 0), (1e-300, None), (5e-324, None), (1.0, 5e-324), (1.0, 1e300), (1.0, 0.0)])
def test_times_at_the_edge(time, every):
    accepted_or_refused(lambda: VERBS["simulate"](MAGNET, time=time, every=every), ["time", "every", "memory", "bytes"])


def test_an_endless_interval_can_be_left():
    """One record after 1e300 updates a site: the job is cancelled inside of it."""
    job = erg.simulate(MAGNET, kT=2.0, time=1e300, every=1e300, seed=1, wait=False)
    time.sleep(0.1)
    begun = time.monotonic()
    job.cancel()
    assert job.result(20).status == "interrupted" and time.monotonic() - begun < 2
    job.close()


# what is observed


@pytest.mark.parametrize("x", [[], (), {}, set(), 3, 1.5, Odd(), Hostile(), b"energy", "", "energi", "Energy", ["energy", "energi"], ["energy",
                                   None], [["energy"]],
                               {"energy": "magnetization"}, {"x": None}, {1: 2}, "cluster_sizes", "energy\0", "e" * 10**5, ["two_point",
                               "nonsense"],
                               np.array(["energy", 3], object)], ids=ids)  # fmt: skip
def test_observables(x):
    refused(lambda: VERBS["sample"](MAGNET, erg.Metropolis(), observe=x), ["observe", "observable", "cluster_sizes"])
    refused(lambda: VERBS["simulate"](MAGNET, observe=x), ["observe", "observable", "cluster_sizes"])


@pytest.mark.parametrize("x", [3, 1.5, Odd(), b"energy", "energi", ["energy", None], ["cluster_sizes"], [3], Hostile(), ["energy", "energy"]],
                                   ids=ids)
def test_solvers_observables(x):
    refused(lambda: VERBS["solve"](MAGNET, erg.Kaufman(), observe=x), ["observe", "observable"])


def test_observables_that_need_a_lattice():
    graph = erg.lattice.Ising([[0, 1], [1, 2]])
    for name in ("two_point", "structure_factor"):
        refused(lambda: VERBS["sample"](graph, erg.Metropolis(), observe=name), [name])  # noqa: B023


def test_names_that_collide():
    def energy(s):
        return s[:, 0, 0]

    for observe in (["energy", energy], [energy, energy], [energy, "energy"], [lambda s: s[:, 0, 0], lambda s: s[:, 1, 1]]):
        refused(lambda: VERBS["sample"](MAGNET, observe=observe), ["observe"])  # noqa: B023
    accepted_or_refused(lambda: VERBS["sample"](MAGNET, observe={"": energy}), ["name", "observe", "python"])
    accepted_or_refused(lambda: VERBS["sample"](MAGNET, observe={"a\0b\n\"'": energy}), ["name", "observe"])
    accepted_or_refused(lambda: VERBS["sample"](MAGNET, observe={"\ud800": energy}), ["name", "observe"])


RESULTS = {
    "None": lambda s: None,
    "a number": lambda s: 1.0,
    "one row": lambda s: s[:1, 0, 0],
    "a row too many": lambda s: np.zeros(len(s) + 1),
    "no rows": lambda s: np.zeros((0, 3)),
    "text": lambda s: "x" * len(s),
    "texts": lambda s: ["x"] * len(s),
    "objects": lambda s: np.array([Odd()] * len(s)),
    "ragged": lambda s: [[1], [2, 3], *[[1]] * (len(s) - 2)],
    "float16": lambda s: np.zeros(len(s), np.float16),
    "dates": lambda s: np.zeros(len(s), "M8[s]"),
    "a dict": lambda s: {"x": 1},
    "hostile": lambda s: Hostile(),
    "records": lambda s: np.zeros(len(s), "i4,f8"),
    "a generator": lambda s: (x for x in s),
    "needs two": lambda s, t: 0,
}


@pytest.mark.parametrize("kind", RESULTS)
def test_functions_that_give_something_else(kind):
    refused(lambda: VERBS["sample"](MAGNET, observe={"mine": RESULTS[kind]}), ["mine"], (erg.ShapeError, erg.PythonError))


def later(first, then, at=3):
    calls = []

    def mine(s):
        calls.append(1)
        return (first if len(calls) < at else then)(s)

    return mine


CHANGES: dict[str, Any] = {
    "shape": lambda s: np.zeros((len(s), 2)),
    "rows": lambda s: np.zeros(len(s) + 1),
    "to text": lambda s: ["x"] * len(s),
    "to complex": lambda s: np.zeros(len(s), complex),
    "to None": lambda s: None,
    "raises": lambda s: 1 / 0,
    "raises SystemExit": lambda s: (_ for _ in ()).throw(SystemExit(3)),
    "raises GeneratorExit": lambda s: (_ for _ in ()).throw(GeneratorExit()),
    "raises an error of ours": lambda s: erg.lattice.Ising((0,)),
    "recurses": lambda s: CHANGES["recurses"](s),
    "raises with bytes in it": lambda s: (_ for _ in ()).throw(ValueError("\ud800 \0 \xff" * 1000)),
}


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize("kind", CHANGES)
def test_functions_that_change_midway(kind, wait):
    def call():
        value = VERBS["sample"](MAGNET, observe=later(lambda s: s[:, 0, 0] * 1.0, CHANGES[kind]), wait=wait)
        return value if wait else value.result(20)

    kinds = {"raises SystemExit": SystemExit, "raises GeneratorExit": GeneratorExit}.get(kind)
    if kinds:  # not an Exception: passed on as it is
        with pytest.raises(kinds):
            call()
        return
    e = refused(call, ["mine"], (erg.ShapeError, erg.PythonError))
    if kind.startswith("raises") or kind == "recurses":
        assert isinstance(e, erg.PythonError) and e.__cause__ is not None


def test_functions_that_raise_ctrl_c():
    def interrupted(s):
        raise KeyboardInterrupt

    with pytest.raises(erg.Interrupted) as caught:
        VERBS["sample"](MAGNET, observe=["energy", later(lambda s: s[:, 0, 0], interrupted)])
    assert caught.value.run is erg.last_run
    with pytest.raises(KeyboardInterrupt):
        VERBS["sample"](MAGNET, observe=["energy", interrupted])


def test_functions_that_give_nan():
    with pytest.warns(RuntimeWarning, match="mine is not finite"):
        run = VERBS["sample"](MAGNET, observe={"mine": lambda s: np.where(s[:, 0, 0] > 0, np.nan, np.inf)})
    assert not np.isfinite(run["mine"]).any()
    assert any("not finite" in w for w in run.summary().warnings)
    repr(run), run._repr_html_()


def test_functions_that_call_us():
    """A run inside a function of a run."""
    def inner(s):
        return np.full(len(s), VERBS["sample"](MAGNET, erg.Metropolis())["energy"][0, -1])

    run = VERBS["sample"](MAGNET, observe=inner)
    assert (run["inner"] == VERBS["sample"](MAGNET, erg.Metropolis())["energy"][0, -1]).all()


# starts


@pytest.mark.parametrize("x", ["hot", "", None, b"random", {}, [], Odd(), Hostile(), 3, 1.0, *ARRAYS, np.ones((5, 5)), np.ones((4, 4, 4)),
                                   np.ones((3, 4, 4)),
                               np.ones((0, 4, 4)), np.ones(15), np.zeros((4, 4)), np.full((4, 4), 2), np.full((4, 4), np.nan), np.full((4, 4), 0.5),
                               np.full((4, 4), np.inf), np.full((4, 4), 257), np.full((4, 4), 255, np.uint8), np.full((4, 4), -3), 1j],
                               ids=ids)  # fmt: skip
def test_starts(x):
    refused(lambda: VERBS["sample"](MAGNET, start=x), ["start"])
    refused(lambda: VERBS["simulate"](MAGNET, start=x), ["start"])


def test_starts_from_runs_that_do_not_fit():
    run = VERBS["sample"](MAGNET)
    other = erg.lattice.Ising((6, 6))
    refused(lambda: VERBS["sample"](other, start=run, seed=2), ["start"])
    refused(lambda: VERBS["sample"](MAGNET, start=run, chains=3, seed=2), ["start"])
    for chains in (4, 5):  # also where the configurations could be dealt out evenly
        refused(lambda: VERBS["sample"](MAGNET, start=run, kT=[1.0, 2.0], chains=chains, seed=2), ["start"])  # noqa: B023
    refused(lambda: VERBS["sample"](MAGNET, start=VERBS["solve"](MAGNET), seed=2), ["start"])
    refused(lambda: VERBS["sample"](MAGNET, start=run, seed=1), ["seed"])


@pytest.mark.parametrize("x", [3, "pool", {}, Odd(), object], ids=ids)
def test_executors(x):
    refused(lambda: VERBS["sample"](MAGNET, executor=x), ["executor"])


def test_progress_that_raises():
    for bad in (lambda p: 1 / 0, lambda: 0):
        with pytest.raises((ZeroDivisionError, TypeError)):
            VERBS["sample"](MAGNET, progress=bad, sweeps=1000)


def test_a_run_asked_for_what_it_has_not():
    run = VERBS["sample"](MAGNET)
    for call in (lambda: run["x"], lambda: run.estimate("x"), lambda: run.summary("x"), lambda: run.summary([3]), lambda: run[3],
              lambda: run[None]):
        with pytest.raises(erg.SpecError):
            call()
    for kT in (0.0, -1.0, np.nan, "x", [], None, [1.0, np.inf]):
        with pytest.raises((*ANY,)):
            run.reweight(kT)

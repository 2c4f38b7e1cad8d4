# ruff: noqa: E501
"""Random requests, half right and wholly wrong, straight at the door and through the face: typed errors or results, never a crash.

Everything runs in a child, which must live to the end. The random choices are fixed; ``--seeds N`` makes N different runs of them.
"""

from __future__ import annotations

import pytest

pytest.importorskip("hypothesis")

COMMON = """
    import ctypes, faulthandler, gc, json, math, os, sys, tempfile, warnings
    import numpy as np
    import hypothesis
    from hypothesis import HealthCheck, given, seed, settings, strategies as st
    import ergodica as erg
    from ergodica import _arrays, _door
    from ergodica._encode import Request

    folder = tempfile.TemporaryDirectory()
    os.chdir(folder.name)  # where checkpoints of odd names may go
    faulthandler.dump_traceback_later(1500, exit=True)
    warnings.simplefilter("ignore")
    number, examples = int(sys.argv[1]), int(sys.argv[2])
    erg.config.memory = "256 MB"
    known = tuple(getattr(erg, n) for n in ("SpecError", "NonFiniteError", "MemoryLimitError", "CheckpointError", "ConvergenceError", "PythonError"))
    outcomes = {}

    def count(what):
        outcomes[what] = outcomes.get(what, 0) + 1

    def fixed(test):
        rules = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False)
        return seed(number)(rules(test))

    good = erg.sample(erg.lattice.Ising((4, 4)), kT=2.0, sweeps=4, seed=1)["energy"].copy()

    def finish():
        assert (erg.sample(erg.lattice.Ising((4, 4)), kT=2.0, sweeps=4, seed=1)["energy"] == good).all()
        erg.verbs.last_run = None
        gc.collect()
        info = _door.info()
        print(outcomes)
        assert (info["jobs"], len(_arrays._live)) == (0, 0), info
        assert info["held"] == 0, info
"""

DOOR = COMMON + r"""
    finite = st.floats(-1e3, 1e3) | st.integers(-5, 40)
    leaf = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=8) | st.sampled_from(
        ["nan", "inf", "-inf", "energy", "random", "kT", "Wolff", "1e400", "9007199254740993", {"input": 0}, {"input": 1}, {"input": -1}, {"input": 10**30}])
    anything = st.recursive(leaf, lambda x: st.lists(x, max_size=4) | st.dictionaries(st.text(max_size=6), x, max_size=4), max_leaves=8)

    def often(right, rare=1):
        return right if rare is None else st.integers(0, 60).flatmap(lambda k: anything if k == 7 else right)

    inputs = st.sampled_from([{"input": k} for k in range(4)])
    lattice = often(st.fixed_dictionaries({"shape": often(st.lists(st.integers(1, 9), min_size=1, max_size=3))})
                    | st.fixed_dictionaries({"sites": st.integers(-1, 20), "edges": inputs}))
    system = often(st.fixed_dictionaries({"type": often(st.just("lattice.Ising")), "lattice": lattice},
                   optional={"J": often(finite | finite | inputs), "h": often(finite | finite | inputs), "periodic": often(st.booleans() | st.booleans() | st.lists(st.booleans(), max_size=3))}))
    def named(*names):
        return often(st.fixed_dictionaries({"type": often(st.sampled_from(names))}))

    orders = often(st.sampled_from(["checkerboard", "random", "sequential"]))
    local = often(st.fixed_dictionaries({"type": st.sampled_from(["Metropolis", "HeatBath"]), "order": orders}))
    moves, solvers = local | local | named("SwendsenWang", "Wolff", "Kaufman"), named("Enumeration", "TransferMatrix", "Kaufman", "Onsager", "Wolff")
    estimators = often(st.fixed_dictionaries({"type": st.sampled_from(
        ["Summary", "Autocorrelation", "IntegratedTime", "EffectiveSampleSize", "Rhat", "Binning", "BlockMeans", "Reweighting"])},
        optional={"lags": anything, "window": anything, "bins": anything, "kT": anything}))
    observe = st.lists(often(st.sampled_from(["energy", "magnetization", "|magnetization|", "configuration", "magnetization^4", "magnetization^2"])), min_size=1, max_size=3, unique_by=repr)
    observe = observe | observe | st.lists(st.sampled_from(["two_point", "structure_factor", "cluster_sizes", "cluster_magnetization^2", "energy", "log_z"]), max_size=3)
    python = st.lists(often(st.fixed_dictionaries({"name": often(st.sampled_from("fgh")), "shape": often(st.lists(st.integers(-1, 4), max_size=3)),
                      "dtype": often(st.sampled_from(["float64", "int8", "complex64", "bool", "float16"]))})), max_size=2)
    walkers = {
        "seed": often(st.integers(0, 2**64 - 1).map(str)), "chains": often(st.integers(1, 5)), "first_chain": often(st.integers(0, 2**53)),
        "scan": often(st.sampled_from([[], ["kT"]])), "start": often(st.sampled_from(["random", "random", "ordered"]) | inputs), "python": python,
        "threads": often(st.integers(0, 9)), "checkpoint": often(st.sampled_from([None] * 20 + [{}, {"path": ""}, {"path": "/nowhere/x"}, {"path": 3}, []])),
        "version": often(st.just("0.1.0"))}
    def of(verb, **fields):
        return {"verb": often(st.just(verb)), **fields}
    kT = often(st.lists(st.floats(0, 5), min_size=1, max_size=1) | st.lists(finite, max_size=3))
    requests = st.one_of(
        st.fixed_dictionaries(of("sample", system=system, method=moves, kT=kT, sweeps=often(st.integers(1, 50)), observe=observe),
                              optional={**walkers, "warmup": often(st.integers(0, 20)), "every": often(st.integers(1, 7))}),
        st.fixed_dictionaries(of("simulate", system=system, method=named("HeatBath", "HeatBath", "Metropolis"), kT=kT, time=often(st.floats(0, 10)), every=often(st.floats(0.01, 3)), observe=observe),
                              optional=walkers),
        st.fixed_dictionaries(of("solve", system=system, method=solvers, kT=kT), optional={"observe": observe, "threads": walkers["threads"]}),
        st.fixed_dictionaries(of("stats", method=estimators), optional={"inputs": often(st.lists(st.integers(0, 4), max_size=3))}),
        st.fixed_dictionaries({"verb": anything, "colour": anything}))
    pool = [np.array([[0, 1], [1, 2], [2, 3]]), np.linspace(-1, 1, 16).reshape(4, 4), np.array([[5, 2**40]]), np.array([np.nan, 1.0]), np.ones((2, 4, 4), np.int8),
            np.zeros((0, 2), np.int64), np.random.default_rng(0).normal(size=(2, 30)), np.ones(3, np.complex128), np.array(2.0)]
    arrays = st.lists(st.sampled_from(pool), min_size=4, max_size=4) | st.lists(st.sampled_from(pool), max_size=4)
    lies = st.sampled_from([{}] * 60 + [{"shape": [3]}, {"shape": [-1]}, {"shape": [2**62, 4]}, {"shape": []}, {"dtype": "int8"}, {"dtype": "float16"},
                            {"dtype": None}, {"array": 0}, {"schema": 0}, {"array": 3}, {"array": -8}, {"borrow": False}, {"name": 3}, {"colour": 1}])

    def breakage(draw, text):
        kind = draw(st.integers(0, 80)) - 41
        if kind not in range(4) or not text:
            return text
        k = draw(st.integers(0, len(text) - 1))
        return [text[:k], text[k:], text[:k] + draw(st.text(max_size=3)) + text[k:], text * 2][kind]

    def serve(id):
        # what the face does, with answers of the right kind, for a while
        status = {}
        for _ in range(200):
            status = json.loads(_door.call("JobWait", id, 100))
            if status["state"] == "request":
                if len(json.dumps(status)) % 7 == 0:
                    _door.call("JobFail", id, status["request"], "planned")
                else:
                    _door.call("JobNext", id, status["request"], 0)
            elif status["state"] in ("done", "failed", "cancelled"):
                break
            elif len(json.dumps(status)) % 3 == 0:
                _door.call("JobPause", id), _door.call("JobSnapshot", id), _door.call("JobResume", id)
        else:
            _door.call("JobCancel", id)
        return status

    @fixed
    @given(st.data())
    def door(data):
        request, given_arrays = data.draw(requests), data.draw(arrays)
        text = breakage(data.draw, json.dumps(request))
        try:
            text.encode()
        except UnicodeEncodeError:
            return
        untrue = [data.draw(lies) for _ in given_arrays]
        other = data.draw(st.sampled_from([None] * 30 + ["", "[", "{}", "null", "[null]", "[3]", "[[]]"]))
        before = set(_arrays._live)
        structs = [_arrays.export(a.reshape(-1)) for a in given_arrays]
        listed = json.dumps([{"name": "x", "array": ctypes.addressof(a), "schema": ctypes.addressof(s), "shape": list(x.shape), "dtype": x.dtype.name,
                              "borrow": True, **lie} for x, (a, s), lie in zip(given_arrays, structs, untrue)]) if other is None else other
        id = 0
        try:
            id = _door.call("JobOpen", text, listed)
            status = serve(id)
            for k, r in enumerate(status.get("results") or []):
                held = _arrays.Held()
                _door.call("JobTake", id, k, *held.addresses)
                a = held.view(r["dtype"], tuple(r["shape"]))
                a.sum() if a.dtype.kind != "V" else None
            for k in (-1, 99, 2**62):
                try:
                    held = _arrays.Held()
                    _door.call("JobTake", id, k, *held.addresses)
                    raise AssertionError("took what is not there")
                except known:
                    pass
            error = status.get("error")
            assert not error or error["class"] != "InternalError", error
            count(status["state"])
        except known as e:
            count(type(e).__name__)
        finally:
            if id:
                _door.call("JobClose", id)
            for a, s in structs:
                _arrays.release(a)
                _arrays.release(s)
        assert set(_arrays._live) == before, (text, listed)

    @fixed
    @given(st.sampled_from(["JobWait", "JobNext", "JobFail", "JobPause", "JobResume", "JobCancel", "JobCheckpoint", "JobSnapshot", "JobTake", "JobClose"]),
           st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 5))
    def handles(name, id):
        rest = {"JobWait": (0,), "JobNext": (id, 0), "JobFail": (id, "x"), "JobTake": (0, 0, 0)}.get(name, ())
        try:
            _door.call(name, id, *rest)
        except erg.ClosedError:
            count("ClosedError")
        except known as e:
            count(type(e).__name__)

    @fixed
    @given(anything | st.fixed_dictionaries({}, optional={"threads": anything, "simd": anything, "memory": st.integers(-3, -1) | st.text(max_size=3)}))
    def settings_of_the_core(value):
        text = json.dumps(value)
        try:
            text.encode()
            _door.call("Configure", text)
        except known:
            count("refused settings")
        except UnicodeEncodeError:
            pass

    door()
    handles()
    settings_of_the_core()
    erg.config.threads, erg.config.simd, erg.config.memory = 0, "auto", "1 GB"
    finish()
"""

FACE = COMMON + r"""
    odd = st.sampled_from([None, {}, [], (), "", "x", b"x", object(), 1j, math.nan, math.inf, -1, 0, 2**70, 1e300, lambda: 0, np.array(["a"]), np.float16(1), [[]],
                           np.zeros((2, 2)), True, slice(1), set(), np.datetime64("now"), [math.nan], "energy", 3, 0.5, np.array(None)])

    def often(right):
        return st.integers(0, 40).flatmap(lambda k: odd if k == 7 else right)

    def build(make, **fields):
        @st.composite
        def strategy(draw):
            try:
                return make(**{k: draw(often(v)) for k, v in fields.items() if k == "lattice" or draw(st.booleans())})
            except known as e:
                count("refused " + type(e).__name__)
                return erg.lattice.Ising((4, 3)) if make is erg.lattice.Ising else make()
        return strategy()

    shapes = st.lists(st.integers(1, 6), min_size=1, max_size=3).map(tuple)
    edges = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=12).map(np.array)
    numbers = st.sampled_from([0.0, 1.0, -1.0, 0.3, 1e-300, 1e300, -5e-324, 2])
    fields = numbers | st.integers(0, 200).map(lambda n: np.linspace(-1, 1, n)) | shapes.map(lambda s: np.full(s, 0.1))
    systems = build(erg.lattice.Ising, lattice=shapes | edges, J=fields, h=fields, periodic=st.booleans() | st.lists(st.booleans(), min_size=1, max_size=3))
    orders = st.sampled_from(["checkerboard", "random", "sequential"])
    methods = st.one_of(st.none(), build(erg.Metropolis, order=orders), build(erg.HeatBath, order=orders), st.sampled_from(
        [erg.Wolff(), erg.SwendsenWang(), erg.Kaufman(), erg.Enumeration(), erg.TransferMatrix(), erg.Onsager()]))
    names = st.sampled_from(["energy", "magnetization", "|magnetization|", "configuration", "two_point", "structure_factor", "cluster_sizes", "binder",
                             "susceptibility", "heat_capacity", "log_z"])
    functions = st.sampled_from([lambda s: s.reshape(len(s), -1)[:, 0], lambda s: s.mean(), lambda s: 1 / 0, lambda s: np.full(len(s), np.nan),
                                 lambda s: s * 1j, lambda s: None, lambda s: np.zeros((len(s), 0)), lambda s: s > 0])
    kT = numbers.map(abs) | st.lists(st.floats(0.1, 5), min_size=1, max_size=3)
    common = {"kT": kT, "chains": st.integers(1, 4), "observe": names | functions | st.lists(names | functions, max_size=4), "seed": st.integers(0, 2**64 - 1),
              "start": st.sampled_from(["random", "ordered"]) | shapes.map(np.ones) | shapes.map(np.zeros), "threads": st.integers(0, 4),
              "progress": st.sampled_from([False, False, 0, dict]), "wait": st.booleans(), "checkpoint": st.none()}
    verbs = {
        "sample": {**common, "sweeps": st.integers(0, 30), "warmup": st.integers(0, 10), "every": st.integers(1, 4)},
        "simulate": {**common, "time": st.floats(0, 5), "every": st.floats(0.05, 2)},
        "solve": {"kT": kT, "observe": names | st.lists(names, max_size=3), "threads": st.integers(0, 4), "progress": st.just(False)},
    }

    @fixed
    @given(st.data())
    def face(data):
        verb = data.draw(st.sampled_from(sorted(verbs)))
        system, method = data.draw(often(systems)), data.draw(often(methods))
        options = {k: data.draw(often(v)) for k, v in verbs[verb].items() if k in ("time", "progress") or data.draw(st.integers(0, 1))}
        if verb == "simulate" and isinstance(options["time"], (int, float)) and options["time"] > 100:
            options["time"] = 1.0  # it may take as long as it is told to
        if callable(options["progress"]) and options["progress"] is not dict:
            options["progress"] = False
        if verb == "sample":
            options.setdefault("sweeps", 10)
            options.setdefault("warmup", 3)
        for k in ("sweeps", "warmup", "chains"):
            if isinstance(options.get(k), float) and options[k] > 1e6:
                options[k] = 2
        try:
            value = getattr(erg, verb)(system, method, **options)
            run = value.result(60) if isinstance(value, erg.Job) else value
            if isinstance(value, erg.Job):
                value.close()
            repr(run), run._repr_html_(), run.cite(), run.title, len(run.info)
            count(verb)
        except known as e:
            assert str(e)
            count(type(e).__name__)

    face()
    finish()
"""


@pytest.mark.parametrize("where", ["door", "face"])
def test_fuzz(child, full, repeat, where):
    """Catches a field that is used before it is checked, a size that overflows, arrays that are not given back when a request is refused."""
    examples = {"door": 20_000, "face": 10_000} if full else {"door": 700, "face": 500}
    print(child({"door": DOOR, "face": FACE}[where], repeat, examples[where], timeout=3600))

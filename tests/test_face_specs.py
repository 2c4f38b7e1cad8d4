"""Systems, methods and graphs as values: canonical, immutable, equal by content, picklable; and what is refused, with which words."""

import dataclasses
import pickle

import networkx as nx
import numpy as np
import pytest
import scipy.sparse

import ergodica as erg
from ergodica._encode import Request, decode


def test_repr_is_short_and_says_what_differs_from_the_defaults():
    assert repr(erg.lattice.Ising(8)) == "Ising((8,))"
    assert repr(erg.lattice.Ising((4, 4), h=np.ones((4, 4)), periodic=[True, False])) == "Ising((4, 4), h=array(4, 4), periodic=(True, False))"
    assert repr(erg.Metropolis()) == "Metropolis()"
    assert repr(erg.Metropolis(order="random")) == "Metropolis(order='random')"


def test_equality_hash_and_pickle_go_by_content():
    a = erg.lattice.Ising((3, 3), h=np.arange(9.0))
    b = erg.lattice.Ising((3, 3), h=np.arange(9))
    c = erg.lattice.Ising((3, 3), h=np.arange(1.0, 10.0))
    assert a == b and hash(a) == hash(b) and a != c and a != erg.Wolff()
    back = pickle.loads(pickle.dumps(a))
    assert back == a and not back.h.flags.writeable
    assert dataclasses.replace(a, J=2.0).J == 2.0


def test_arrays_inside_are_copies_that_cannot_be_changed():
    h = np.zeros(9)
    m = erg.lattice.Ising((3, 3), h=h)
    h[:] = 1
    assert (m.h == 0).all()
    with pytest.raises(ValueError):
        m.h[0] = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        m.J = 2.0


@pytest.mark.parametrize("lattice", [[[0, 1], [1, 2], [2, 0]], np.array([[0, 1], [1, 2], [2, 0]], np.int32), nx.cycle_graph(3)])
def test_a_triangle_by_any_name(lattice):
    graph = erg.lattice.Ising(lattice).lattice
    assert graph.sites == 3 and sorted(tuple(sorted(e)) for e in graph.edges.tolist()) == [(0, 1), (0, 2), (1, 2)]


def test_a_sparse_matrix_is_symmetric_or_one_triangle():
    J = np.array([[0, 1.5, 0], [1.5, 0, -2], [0, -2, 0]])
    for m in (J, np.triu(J), np.tril(J)):
        for kind in (scipy.sparse.csr_matrix, scipy.sparse.coo_array):
            graph = erg.lattice.Ising(kind(m)).lattice
            assert graph.edges.tolist() == [[0, 1], [1, 2]] and graph.weights.tolist() == [1.5, -2.0]
    with pytest.raises(erg.SpecError, match=r"A\[0, 1\] differs"):
        erg.lattice.Ising(scipy.sparse.csr_matrix(J + np.array([[0, 1, 0], [0, 0, 0], [0, 0, 0]])))
    with pytest.raises(erg.SpecError, match="coupled to itself"):
        erg.lattice.Ising(scipy.sparse.eye(3))
    with pytest.raises(erg.ShapeError, match="square"):
        erg.lattice.Ising(scipy.sparse.csr_matrix((2, 3)))


def test_weights_multiply_J():
    g = nx.path_graph(3)
    g.edges[0, 1]["weight"] = 3.0
    m = erg.lattice.Ising(g, J=2.0)
    assert m.values()["J"].tolist() == [6.0, 2.0]
    assert erg.lattice.Ising(g, J=[1.0, -1.0]).values()["J"].tolist() == [3.0, -1.0]
    with pytest.raises(erg.ShapeError, match="one per bond"):
        erg.lattice.Ising(g, J=[1.0, 2.0, 3.0]).values()


def test_networkx_nodes_are_numbered_in_iteration_order():
    g = nx.Graph()
    g.add_nodes_from("cab")
    g.add_edge("a", "b")
    graph = erg.lattice.Ising(g).lattice
    assert graph.sites == 3 and graph.edges.tolist() == [[1, 2]] and graph.weights is None
    with pytest.raises(erg.SpecError, match="to_undirected"):
        erg.lattice.Ising(nx.DiGraph([(0, 1)]))


def test_encoding_round_trip():
    for system in (
        erg.lattice.Ising((4, 5), J=-1.0, h=np.arange(20.0).reshape(4, 5), periodic=(True, False)),
        erg.lattice.Ising(erg.lattice.Graph([[0, 1]], sites=4), h=0.25),
    ):
        request = Request({})
        assert decode(request.encode(system, "system"), request.arrays) == system
    request = Request({})
    assert decode(request.encode(erg.Metropolis(order="random"), "method"), []) == erg.Metropolis(order="random")


def test_equal_arrays_travel_once():
    request, a = Request({}), np.ones(3)
    assert request.input(a, "a") == request.input(a, "b") == {"input": 0}


REFUSED = [
    (lambda: erg.Metropolis(ordr="random"), erg.SpecError, "no parameter 'ordr'; it has: order"),
    (lambda: erg.Metropolis(order="rando"), erg.SpecError, "Metropolis.order: expected one of 'checkerboard'"),
    (lambda: erg.Wolff(1), erg.SpecError, "Wolff has no parameter number 1"),
    (lambda: erg.lattice.Ising((0, 3)), erg.SpecError, "at least 1"),
    (lambda: erg.lattice.Ising(()), erg.SpecError, "expected side lengths"),
    (lambda: erg.lattice.Ising("square"), erg.SpecError, "expected side lengths"),
    (lambda: erg.lattice.Ising((2.5, 3)), erg.SpecError, "expected side lengths"),
    (lambda: erg.lattice.Ising(True), erg.SpecError, "expected side lengths"),
    (lambda: erg.lattice.Ising(2**40), erg.SpecError, "at most 1073741824 sites"),
    (lambda: erg.lattice.Ising([[0, 1, 2]]), erg.ShapeError, "shape (bonds, 2); got int64 of shape (1, 3)"),
    (lambda: erg.lattice.Ising([[0.0, 1.0]]), erg.ShapeError, "integer array of edges"),
    (lambda: erg.lattice.Graph([[0, -1]]), erg.SpecError, "bond 0 joins sites 0 and -1"),
    (lambda: erg.lattice.Graph([[0, 5]], sites=3), erg.SpecError, "sites run from 0 to 2"),
    (lambda: erg.lattice.Graph(np.zeros((0, 2), int)), erg.SpecError, "at least one edge"),
    (lambda: erg.lattice.Ising((3, 3), J=[1, np.nan]), erg.NonFiniteError, "got nan at 1"),
    (lambda: erg.lattice.Ising((3, 3), J=np.inf), erg.NonFiniteError, "finite number, got inf"),
    (lambda: erg.lattice.Ising((3, 3), J="1"), erg.SpecError, "expected a number or an array"),
    (lambda: erg.lattice.Ising((3, 3), J=1j), erg.ShapeError, "real numbers"),
    (lambda: erg.lattice.Ising((3, 3), h=np.float16(1)), erg.ShapeError, "got float16"),
    (lambda: erg.lattice.Ising((3, 3), h=np.array(["a"])), erg.ShapeError, "got <U1"),
    (lambda: erg.lattice.Ising((3, 3), h=np.array([None])), erg.ShapeError, "got object"),
    (lambda: erg.lattice.Ising((3, 3), h=np.array(["2020"], "M8[Y]")), erg.ShapeError, "datetime64"),
    (lambda: erg.lattice.Ising((3, 3), h=np.ma.masked_array([1.0, 2.0], [True, False])), erg.SpecError, "masked"),
    (lambda: erg.lattice.Ising((3, 3), periodic="yes"), erg.SpecError, "True or False"),
]


@pytest.mark.parametrize("make, kind, words", REFUSED)
def test_refused_with_expected_and_got(make, kind, words):
    with pytest.raises(kind) as caught:
        make()
    assert type(caught.value) is kind and words in str(caught.value)


def test_foreign_byte_order_strides_and_read_only_are_taken():
    h = np.arange(9.0)
    view = np.broadcast_to(1.0, (3, 3))
    for x in (h.astype(">f8"), np.arange(18.0)[::2] / 2, h.tolist(), h.astype(np.float32), np.asfortranarray(h.reshape(3, 3)).reshape(-1)):
        assert erg.lattice.Ising((3, 3), h=x) == erg.lattice.Ising((3, 3), h=h)
    assert erg.lattice.Ising((3, 3), h=view).h.shape == (3, 3)


def test_arrow_and_dlpack_are_taken():
    pa = pytest.importorskip("pyarrow")
    assert erg.lattice.Ising((3, 3), h=pa.array(np.arange(12.0))[3:]) == erg.lattice.Ising((3, 3), h=np.arange(3.0, 12.0))
    with pytest.raises(erg.SpecError, match="without nulls"):
        erg.lattice.Ising((3, 3), h=pa.array([1.0, None]))
    with pytest.raises(erg.ShapeError, match="Arrow array of numbers"):
        erg.lattice.Ising((3, 3), h=pa.array(["a"]))

    class Lent:
        def __init__(self, a):
            self.a = a

        def __dlpack__(self, **kw):
            return self.a.__dlpack__(**kw)

        def __dlpack_device__(self):
            return self.a.__dlpack_device__()

    assert erg.lattice.Ising((3, 3), h=Lent(np.arange(9.0))) == erg.lattice.Ising((3, 3), h=np.arange(9.0))


def test_errors_pickle_and_carry_their_fields():
    with pytest.raises(erg.SpecError) as caught:
        erg.lattice.Ising((0, 3))
    error = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(error, ValueError) and str(error) == str(caught.value) and error.argument == "Ising.lattice"
    with pytest.raises(AttributeError):
        error.nothing  # noqa: B018
    assert issubclass(erg.Interrupted, KeyboardInterrupt) and issubclass(erg.MemoryLimitError, MemoryError)


def test_an_error_of_the_core_becomes_the_exception_it_names():
    from ergodica.errors import from_wire

    e = from_wire({"class": "SpecError", "message": "got [3 4]", "suggest": "Try Wolff().", "fields": {"argument": "x"}})
    assert type(e) is erg.SpecError and str(e) == "got (3, 4)\n  Try erg.Wolff()." and e.argument == "x"
    e = from_wire({"class": "InternalError", "message": "index out of range", "stack": "goroutine 1"})
    assert e.go_stack == "goroutine 1" and "bug of ergodica" in str(e)
    assert type(from_wire({"class": "MemoryError", "message": ""})) is erg.MemoryLimitError
    assert type(from_wire({"class": "of tomorrow", "message": ""})) is erg.InternalError

"""The Abelian sandpile as a user drives it, against the inverse of the toppling matrix."""

import numpy as np
import pytest
from scipy.sparse import coo_matrix, diags
from scipy.sparse.linalg import splu

import ergodica as erg

L = erg.lattice


def green(rows, cols):
    """(Delta^-1) of the open rectangle."""
    def path(n):
        return diags([-np.ones(n - 1), 2 * np.ones(n), -np.ones(n - 1)], [-1, 0, 1]).toarray()

    return np.linalg.inv(np.kron(path(rows), np.eye(cols)) + np.kron(np.eye(rows), path(cols)))


def test_mean_topplings():
    """A grain makes (Delta^-1)_ij topplings on average, exactly, from the first grain on: the start is a random recurrent state. Catches a
    start that is not recurrent, grains that come back over the edge."""
    G = green(16, 16)
    assert G.sum() / 256 == pytest.approx(11.33821, abs=1e-5)
    run = erg.simulate(L.Sandpile((16, 16)), time=2000.0, every=1.0, chains=8, seed=3, progress=False, observe=["size", "topplings"])
    sizes = run["size"][:, 1:]
    found = erg.stats.mean_se(sizes)
    assert abs(found.value - G.sum() / 256) < 4.9 * found.se
    each = run["topplings"][:, 1:].mean(1)
    exact = G.mean(0).reshape(16, 16)
    assert np.all(np.abs(each.mean(0) - exact) < 7 * each.std(0, ddof=1) / np.sqrt(8) + 0.2 * exact)  # 8 chains: heavy tails of t, 256 sites


def test_avalanches():
    """Ragged records hold every grain; size is the sum of topplings, area the sites that toppled; a grain moves something where a site is full."""
    pile = L.Sandpile((12, 9))
    run = erg.simulate(pile, time=60.0, every=1.0, chains=3, seed=1, progress=False,
                       observe=["sizes", "areas", "durations", "size", "area", "duration", "topplings", "configuration", "responses", "activity"])
    assert run["sizes"].lengths.tolist() == [[0] + [1] * 60] * 3
    for many, one in (("sizes", "size"), ("areas", "area"), ("durations", "duration")):
        np.testing.assert_array_equal(run[many].values, run[one][:, 1:].ravel())
    np.testing.assert_array_equal(run["topplings"].sum((2, 3))[:, 1:], run["size"][:, 1:])
    np.testing.assert_array_equal((run["topplings"] > 0).sum((2, 3))[:, 1:], run["area"][:, 1:])
    np.testing.assert_array_equal(run["responses"] > 0, run["configuration"] == 3)
    # What was foretold for the site of the grain is what happened: sizes are among the responses of the state before.
    for c in range(3):
        for t in range(60):
            assert run["size"][c, t + 1] in run["responses"][c, t]
    assert (run["activity"].max((2, 3)) <= (run["configuration"] == 3).sum((2, 3))).all()
    whole = erg.simulate(pile, time=60.0, every=20.0, chains=3, seed=1, progress=False, observe=["sizes"])
    np.testing.assert_array_equal(whole["sizes"].values, run["sizes"].values)


def test_on_a_graph():
    """A tree whose leaves lose grains: mean topplings by the inverse of its matrix."""
    tree = L.bethe(3, 4)
    degree = np.bincount(tree.edges.ravel())
    loss = 3.0 - degree
    i, j = tree.edges.T
    A = coo_matrix((np.ones(len(i)), (i, j)), shape=(tree.sites,) * 2)
    G = splu((diags(degree + loss) - A - A.T).tocsc()).solve(np.ones(tree.sites))
    run = erg.simulate(L.Sandpile(tree, loss=loss), time=500.0, every=1.0, chains=8, seed=2, progress=False, observe=["responses"])
    found = erg.stats.mean_se(run["responses"].mean(-1))
    assert abs(found.value - G.mean()) < 4.9 * found.se
    kagome = erg.simulate(L.Sandpile(L.kagome((4, 4), periodic=False)), time=200.0, chains=2, seed=1, progress=False, observe=["configuration"])
    assert kagome["configuration"].min() >= 0 and kagome["configuration"].max() == 3


@pytest.mark.parametrize("wrong", [
    lambda: erg.simulate(L.Sandpile((4, 4), periodic=True), time=1.0), lambda: erg.simulate(L.Sandpile(L.complete(4)), time=1.0),
    lambda: erg.simulate(L.Sandpile((4, 4), loss=0.5), time=1.0), lambda: erg.simulate(L.Sandpile((4, 4), loss=-1.0), time=1.0),
    lambda: erg.simulate(L.Sandpile((4, 4), loss=np.ones(3)), time=1.0), lambda: L.Sandpile((4, 4), loss=np.nan),
    lambda: erg.simulate(L.Sandpile((4, 4)), time=1.0, start=np.full((4, 4), 4)),
    lambda: erg.simulate(L.Sandpile((4, 4)), time=1.0, start=np.full((4, 4), -1)),
    lambda: erg.simulate(L.Sandpile((4, 4)), time=1.0, observe="energy"), lambda: erg.simulate(L.Sandpile((4, 4)), erg.RandomSequential(), time=1.0),
])  # fmt: skip
def test_refusals(wrong):
    with pytest.raises(erg.Error):
        wrong()

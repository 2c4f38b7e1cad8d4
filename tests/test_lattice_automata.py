"""Cellular automata as a user runs them, against NumPy twins and known creatures."""

import numpy as np
import pytest

import ergodica as erg

L = erg.lattice


@pytest.mark.parametrize("rule", [30, 90, 110, 184])
def test_elementary(rule):
    x = np.random.default_rng(rule).integers(0, 2, 200)
    run = erg.simulate(L.Elementary((200,), rule=rule), time=50, every=1, start=x, chains=1, seed=1, progress=False, observe="configuration")
    for row in run["configuration"][0]:
        np.testing.assert_array_equal(row, x)
        x = (rule >> (4 * np.roll(x, 1) + 2 * x + np.roll(x, -1))) & 1


def test_life():
    """A glider crosses its torus in 4 x side steps; a blinker has period 2; NumPy agrees on noise-free soup."""
    glider = np.zeros((10, 10), int)
    glider[[0, 1, 2, 2, 2], [1, 2, 0, 1, 2]] = 1
    run = erg.simulate(L.LifeLike((10, 10)), time=40, every=20, start=glider, chains=1, seed=1, progress=False, observe="configuration")
    np.testing.assert_array_equal(run["configuration"][0, 1], np.roll(glider, (5, 5), (0, 1)))
    np.testing.assert_array_equal(run["configuration"][0, 2], glider)
    x = np.random.default_rng(1).integers(0, 2, (33, 70))
    run = erg.simulate(L.LifeLike((33, 70), born=[3, 6], survive=[2, 3]), time=20, every=1, start=x, chains=1, seed=1, progress=False,
                       observe="configuration")  # fmt: skip
    for now in run["configuration"][0]:
        np.testing.assert_array_equal(now, x)
        n = sum(np.roll(x, (i, j), (0, 1)) for i in (-1, 0, 1) for j in (-1, 0, 1)) - x
        x = (np.isin(n, (3, 6)) & (x == 0) | np.isin(n, (2, 3)) & (x == 1)).astype(int)


def test_noise():
    """Rule 0 with flips is coins of their own each step: density and its variance; directed percolation dies below its threshold and lives above."""
    run = erg.simulate(L.Elementary((1000,), rule=0, flip=0.3), time=400, every=1, chains=2, seed=1, progress=False)
    d = run["density"][:, 1:]
    assert abs(d.mean() - 0.3) < 4.9 * np.sqrt(0.21 / d.size / 1000)
    assert d.var() == pytest.approx(0.21 / 1000, rel=4.9 * np.sqrt(2 / d.size))

    def bond(p):  # neighbours left and right, each lets through with probability p: 1 - (1-p)^(number); threshold 0.6447
        return np.array([1 - (1 - p) ** (k // 4 + k % 2) for k in range(8)])

    ends = [erg.simulate(L.Elementary((500,), rule=bond(p), density=1.0), time=500, every=500, chains=4, seed=2, progress=False)["density"][:, -1]
            for p in (0.55, 0.75)]  # fmt: skip
    assert ends[0].max() == 0 and ends[1].min() > 0.4


@pytest.mark.parametrize("wrong", [
    lambda: erg.simulate(L.Elementary((4, 4)), time=1), lambda: erg.simulate(L.Elementary((4,), rule=256), time=1),
    lambda: erg.simulate(L.Elementary((4,), rule=0.5), time=1), lambda: erg.simulate(L.Elementary((4,), rule=[0.5] * 7), time=1),
    lambda: erg.simulate(L.Elementary((4,), rule=[2.0] * 8), time=1), lambda: L.Elementary((4,), flip=-0.1), lambda: L.Elementary((4,), flip=np.nan),
    lambda: erg.simulate(L.LifeLike((4,)), time=1), lambda: L.LifeLike((4, 4), born=[9]), lambda: erg.simulate(L.LifeLike(L.kagome(3)), time=1),
    lambda: erg.simulate(L.LifeLike((4, 4), born=[7], neighbours="von neumann"), time=1), lambda: L.LifeLike((4, 4), neighbours="hex"),
    lambda: erg.simulate(L.LifeLike((4, 4)), time=1, start=np.full((4, 4), 2)), lambda: erg.simulate(L.LifeLike((4, 4)), time=1, observe="energy"),
])  # fmt: skip
def test_refusals(wrong):
    with pytest.raises(erg.Error):
        wrong()

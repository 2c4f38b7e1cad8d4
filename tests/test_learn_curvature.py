"""Optimisers that know curvature: L-BFGS, Gauss-Newton, Levenberg-Marquardt, stochastic reconfiguration."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

import ergodica as erg

learn = functools.partial(erg.learn, progress=False, seed=1)
ROSENBROCK = {"x": np.array(-1.2), "y": np.array(1.0)}


def rosenbrock(m: Any) -> Any:
    return (1 - m["x"]) ** 2 + 100 * (m["y"] - m["x"] ** 2) ** 2


def quadratic(n: int, condition: float = 1e3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.normal(size=(n, n)))[0]
    return Q * np.geomspace(1, condition, n) @ Q.T, rng.normal(size=n)


def chained(x: Any) -> Any:
    """A skewed valley in any dimension; its minimum is 0 at ones."""
    return np.sum((1 - x[:-1]) ** 2 + 30 * (x[1:] - x[:-1] ** 2) ** 2)


# ---- L-BFGS


def test_quadratics_end_after_as_many_steps_as_dimensions() -> None:
    """With exact line searches; with them the steps are those of conjugate gradients, whose iterates are computed beside."""
    H, b = quadratic(8)
    steps = {str(n): lambda m, n=n: m["x"][n] for n in range(8)}
    fit = learn(lambda m: m["x"] @ H @ m["x"] / 2 - b @ m["x"], {"x": np.zeros(8)}, erg.LBFGS(c1=1e-14, c2=1e-10, searches=60), steps=8,
                evaluate=steps, evaluate_every=1)  # fmt: skip
    x, r = np.zeros(8), b.copy()
    p = r.copy()
    for k in range(8):
        a = r @ r / (p @ H @ p)
        x, new = x + a * p, r - a * H @ p
        p, r = new + new @ new / (r @ r) * p, new
        if k < 6:
            assert_allclose([fit.history[str(n)][k] for n in range(8)], x, rtol=1e-6, atol=1e-8)
    assert fit.history["gradient_norm"][-1] < 1e-10 < 1e-2 < fit.history["gradient_norm"][-2]
    assert_allclose(fit.model["x"], np.linalg.solve(H, b), rtol=1e-9)


def test_the_direction_is_that_of_two_loops() -> None:
    """The compact form against the recursion of Nocedal, with none, few and all pairs in the memory."""
    rng = np.random.default_rng(2)
    n, m = 12, 5
    H = quadratic(n, 30.0)[0]
    optimiser = erg.LBFGS(memory=m)
    for count in (0, 1, 3, 5):
        S = np.zeros((m, n))
        S[m - count :] = rng.normal(size=(count, n))
        Y, g = S @ H, rng.normal(size=n)
        pairs, products = np.concatenate([S, Y]), np.concatenate([S @ Y.T, Y @ Y.T])
        ours = erg.compile(lambda g, p, q, c: optimiser._direction(g, p, q, c))(g, pairs, products, np.int64(count))
        q, alphas = g.copy(), []
        for s, y in zip(S[::-1][:count], Y[::-1][:count], strict=True):
            alphas.append(s @ q / (s @ y))
            q = q - alphas[-1] * y
        q = q * (S[-1] @ Y[-1] / (Y[-1] @ Y[-1]) if count else 1.0)
        for s, y, alpha in zip(S[m - count :], Y[m - count :], alphas[::-1], strict=True):
            q = q + s * (alpha - y @ q / (s @ y))
        assert_allclose(ours, -q, rtol=1e-9, atol=1e-10)


def test_every_step_satisfies_the_strong_wolfe_conditions() -> None:
    c1, c2, n = 1e-3, 0.5, 6
    start = np.linspace(-1.5, 0.8, n)
    seen = {str(k): lambda m, k=k: m["x"][k] for k in range(n)}
    fit = learn(lambda m: chained(m["x"]), {"x": start}, erg.LBFGS(c1=c1, c2=c2), steps=25, evaluate=seen, evaluate_every=1)
    xs = np.stack([start, *np.stack([fit.history[str(k)] for k in range(n)], 1)])
    slope = erg.compile(erg.value_and_grad(chained))
    for x, y in itertools.pairwise(xs):
        (f0, g0), (f1, g1) = slope(x), slope(y)
        assert f1 <= f0 + c1 * g0 @ (y - x) and abs(g1 @ (y - x)) <= c2 * abs(g0 @ (y - x))
    assert fit.loss == pytest.approx(slope(xs[-1])[0], rel=1e-12)


def test_valleys_are_followed_to_their_end_where_nothing_moves() -> None:
    fit = learn(rosenbrock, ROSENBROCK, erg.LBFGS(), steps=60)
    assert fit.loss == 0.0 and fit.model["x"] == 1.0 and fit.model["y"] == 1.0
    long = learn(lambda m: chained(m["x"]), {"x": np.full(100, -0.5)}, erg.LBFGS(), steps=450)
    assert np.min(long.history["loss"]) < 1e-20 and np.sum(long.history["evaluations"][:400]) < 480
    stopped = learn(lambda m: chained(m["x"]) + 3.0, {"x": np.full(10, -0.5)}, erg.LBFGS(tolerance=1e-6), steps=200)
    more = learn(lambda m: chained(m["x"]) + 3.0, stopped, steps=50)
    assert np.array_equal(more.model["x"], stopped.model["x"]) and np.all(more.history["evaluations"] == 1)


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_rounding_of_the_loss_does_not_stop_the_slopes(offset: float) -> None:
    """Beside 1e6 the loss cannot tell distances below 1e-5; the approximate Wolfe conditions bring them to 1e-8."""
    H, b = quadratic(5, 20.0)
    fit = learn(lambda m: m["x"] @ H @ m["x"] / 2 - b @ m["x"] + offset, {"x": np.zeros(5)}, erg.LBFGS(), steps=40)
    assert_allclose(fit.model["x"], np.linalg.solve(H, b), atol=1e-8)


@pytest.mark.parametrize(("loss", "size"), [(1e-30, 1.0), (1e20, 1.0), (1.0, 1e-15), (1.0, 1e15)])
def test_valleys_are_followed_in_any_units(loss: float, size: float) -> None:
    """Pairs are kept by their angle, and a search that was given up goes on. A bound of s.y in units of y.y had dropped all pairs, 20 trials from one
    and the same length had been made again at every step."""
    start = {n: size * x for n, x in ROSENBROCK.items()}
    fit = learn(lambda m: loss * rosenbrock({n: x / size for n, x in m.items()}), start, erg.LBFGS(), steps=60)
    assert fit.loss < 1e-20 * loss
    assert_allclose([fit.model["x"], fit.model["y"]], [size, size], rtol=1e-9)
    one = learn(lambda m: loss * rosenbrock({n: x / size for n, x in m.items()}), start, erg.LBFGS(searches=1), steps=300)
    assert one.loss < 1e-20 * loss


def test_infinite_and_undefined_trials_are_stepped_back_from() -> None:
    barrier = lambda m: -np.log(m["x"]) - np.log(2.0 - m["x"] - 0.3 * m["x"]) + 50 * m["x"]  # NaN outside of (0, 1.54)
    fit = learn(barrier, {"x": np.array(1.5)}, erg.LBFGS(), steps=30)
    assert abs(-1 / fit.model["x"] + 1.3 / (2 - 1.3 * fit.model["x"]) + 50) < 1e-6


def test_other_data_and_batches_are_looked_at_anew() -> None:
    """A fit that goes on with other rows must not take the old loss for theirs; with batches each step evaluates its own."""
    rng = np.random.default_rng(3)
    A, y = rng.normal(size=(200, 3)), rng.normal(size=200)
    loss = lambda m, b: np.mean((b[0] @ m["x"] - b[1]) ** 2)
    first = learn(loss, {"x": np.zeros(3)}, erg.LBFGS(), data=(A, y + 1000.0), steps=10)
    one = learn(loss, first, data=(A, y), steps=1)
    assert one.loss < 0.5 * loss(first.model, (A, y))
    then = learn(loss, one, data=(A, y), steps=15)
    assert_allclose(then.model["x"], np.linalg.lstsq(A, y, rcond=None)[0], rtol=1e-8)
    exact = learn(loss, {"x": np.zeros(3)}, erg.LBFGS(), data=(A, A @ [1.0, -2.0, 3.0]), batch=50, steps=40)
    assert_allclose(exact.model["x"], [1.0, -2.0, 3.0], rtol=1e-8)


class Carried(erg.learning.Objective):
    """Rosenbrock's valley, with a memory that knows where it was asked."""

    def memory(self, model: Any, key: Any) -> Any:
        return {"x": np.zeros(())}

    def loss(self, model: Any, batch: Any, key: Any, memory: Any) -> Any:  # type: ignore[override]
        loss = rosenbrock(model) * np.mean(batch)
        return loss, {"same": loss, "three": 3}, {"x": 1.0 * model["x"]}


@pytest.mark.parametrize("searches", [1, 3, 20])
def test_what_is_recorded_is_of_the_parameters_that_were_taken(searches: int) -> None:
    """Also after a search that was given up, whose last trial may be anywhere."""
    both = lambda m: (rosenbrock(m), {"same": rosenbrock(m)})
    optimiser = erg.LBFGS(c2=0.1, searches=searches)
    for members in (None, 2):
        fit = learn(both, ROSENBROCK, optimiser, steps=25, members=members)
        assert np.array_equal(fit.history["same"], fit.history["loss"])
    fit = learn(Carried(), ROSENBROCK, optimiser, data=1.0 + np.arange(8.0), batch=2, steps=25)
    assert np.array_equal(fit.history["same"], fit.history["loss"]) and np.all(fit.history["three"] == 3)
    assert fit.state[2]["x"] == fit.model["x"]


def test_complex_parameters_are_their_two_parts() -> None:
    rng = np.random.default_rng(7)
    C, c = rng.normal(size=(9, 4)) + 1j * rng.normal(size=(9, 4)), rng.normal(size=9) + 1j * rng.normal(size=9)
    fit = learn(lambda m: np.sum(np.abs(C @ m["z"] - c) ** 2), {"z": np.zeros(4, complex)}, erg.LBFGS(), steps=40)
    assert_allclose(fit.model["z"], np.linalg.lstsq(C, c, rcond=None)[0], rtol=1e-8)


def test_scipy_finds_the_same_minimum() -> None:
    from scipy.optimize import minimize

    rng = np.random.default_rng(4)
    A, y = rng.normal(size=(60, 20)), rng.normal(size=60)
    loss = lambda m: np.sum(np.log(1 + np.exp(-(A @ m["x"]) * np.sign(y)))) + 0.1 * np.sum(m["x"] ** 2)
    fit = learn(loss, {"x": np.zeros(20)}, erg.LBFGS(), steps=60)
    g = erg.compile(erg.value_and_grad(lambda x: loss({"x": x})))
    theirs = minimize(lambda x: tuple(g(x)), np.zeros(20), jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 1e-11})
    assert_allclose(fit.model["x"], theirs.x, atol=1e-8)


# ---- sums of squares


def test_linear_residuals_take_one_step() -> None:
    rng = np.random.default_rng(5)
    A, b = rng.normal(size=(30, 4)), rng.normal(size=30)
    exact = np.linalg.lstsq(A, b, rcond=None)[0]
    fit = learn(erg.LeastSquares(lambda m: A @ m["x"] - b), {"x": np.ones(4)}, erg.GaussNewton(), steps=3)
    assert fit.history["loss"][0] == pytest.approx(np.sum((A @ exact - b) ** 2) / 2, rel=1e-13)
    assert_allclose(fit.model["x"], exact, rtol=1e-12)
    ridge = learn(erg.LeastSquares(lambda m: A @ m["x"] - b), {"x": np.zeros(4)}, erg.GaussNewton(shift=2.0), steps=1)
    assert_allclose(ridge.model["x"], np.linalg.solve(A.T @ A + 2.0 * np.eye(4), A.T @ b), rtol=1e-12)


def test_residuals_that_do_not_fix_the_parameters_take_the_smallest_step() -> None:
    """Of a + c alone: QR of the singular J gives steps of 1e15 whose rounding may lower the sum. Masks leave columns of zeros: nothing had moved."""
    both = erg.LeastSquares(lambda m: np.stack([m["a"] + m["c"] - 1.0, 2 * (m["a"] + m["c"]) - 3.0, 0.1 * (m["a"] + m["c"])]))
    start = {"a": np.array(0.9), "c": np.array(0.3)}
    for shift in (0.0, 1e-9):
        fit = learn(both, start, erg.GaussNewton(shift=shift), steps=3).model
        assert_allclose([fit["a"] + fit["c"], fit["a"] - fit["c"]], [7 / 5.01, 0.6], rtol=1e-6)
    rng = np.random.default_rng(0)
    A, b = rng.normal(size=(10, 3)), rng.normal(size=10)
    fit = learn(erg.LeastSquares(lambda m: A @ m["x"] - b), {"x": np.zeros(3)}, erg.Masked(erg.GaussNewton(), {"x": [0, 1, 1]}), steps=1)
    assert_allclose(fit.model["x"], [0.0, *np.linalg.lstsq(A[:, 1:], b, rcond=None)[0]], rtol=1e-12)


@pytest.mark.parametrize("optimiser", [erg.GaussNewton(), erg.LevenbergMarquardt()])
@pytest.mark.parametrize("units", [(1e-12, 1.0), (1e12, 1.0), (1e9, 1e-9)])
def test_parameters_have_units(optimiser: Any, units: Any) -> None:
    """An amplitude of 1e12 beside a rate of 1: damping by the identity had held the amplitude where it began."""
    t, (a, k) = np.linspace(0, 2, 30), units
    decay = erg.LeastSquares(lambda m, b: m["a"] * np.exp(-m["k"] * b[0]) - b[1])
    fit = learn(decay, {"a": np.array(a), "k": np.array(0.5 * k)}, optimiser, data=(t / k, 3 * a * np.exp(-2 * t)), steps=12)
    assert_allclose([fit.model["a"] / a, fit.model["k"] / k], [3.0, 2.0], rtol=1e-12)


@pytest.mark.parametrize("scaled", [True, False])
def test_damping_is_numpys(scaled: bool) -> None:
    """Nielsen's rule by hand, through rejected steps, in More's units of the parameters or one."""
    r = lambda x: np.array([1 - x[0], 10 * (x[1] - x[0] ** 2)])
    J = lambda x: np.array([[-1.0, 0.0], [-20 * x[0], 10.0]])
    x = np.array([-1.2, 1.0])
    mu, nu, tries, D2 = 1e-3, 2.0, [], np.full(2, 0.0 if scaled else np.max(np.diagonal(J(x).T @ J(x))))
    fit = learn(erg.LeastSquares(lambda m: r(m["x"])), {"x": x}, erg.LevenbergMarquardt(scaled=scaled), steps=18)
    for k in range(18):
        D2 = np.maximum(D2, np.diagonal(J(x).T @ J(x))) if scaled else D2
        F = r(x) @ r(x) / 2
        if F < 1e-18:
            break
        n = 0
        while n < 10:
            n += 1
            g = J(x).T @ r(x)
            d = -np.linalg.solve(J(x).T @ J(x) + mu * np.diag(D2), g)
            after = r(x + d) @ r(x + d) / 2
            gain = (F - after) / (d @ (mu * D2 * d - g) / 2)
            if after < F:
                mu, nu, x = mu * max(1 / 3, 1 - (2 * gain - 1) ** 3), 2.0, x + d
                break
            mu, nu = mu * nu, nu * 2
        tries.append(n)
        assert fit.history["loss"][k] == pytest.approx(after, rel=1e-8, abs=1e-20)
    assert fit.history["tries"][: len(tries)].tolist() == tries and max(tries) > 1 and len(tries) > 8
    assert_allclose(fit.model["x"], x, rtol=1e-8)


@pytest.mark.parametrize("optimiser", [erg.GaussNewton(shift=0.3), erg.LevenbergMarquardt(0.3, scaled=False), erg.LevenbergMarquardt(0.3)])
def test_more_parameters_than_residuals(optimiser: Any) -> None:
    """Steps by the matrix of residuals are those of the equation in the parameters."""
    rng = np.random.default_rng(3)
    A, b, x = rng.normal(size=(5, 12)) * np.linspace(1, 3, 12), rng.normal(size=5), rng.normal(size=12)
    fit = learn(erg.LeastSquares(lambda m: A @ m["x"] - b), {"x": x}, optimiser, steps=1)
    squares = np.sum(A * A, 0)
    D2 = np.ones(12) if isinstance(optimiser, erg.GaussNewton) else squares if optimiser.scaled else np.full(12, np.max(squares))
    assert_allclose(fit.model["x"], x - np.linalg.solve(A.T @ A + 0.3 * np.diag(D2), A.T @ (A @ x - b)), rtol=1e-10)


BOD = np.array([1, 2, 3, 5, 7, 10.0]), np.array([109, 149, 149, 191, 213, 224.0])
MGH09 = (np.array([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625]),
         np.array([0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]))  # fmt: skip
RAT43 = (np.arange(1, 16.0), np.array([16.08, 33.83, 65.8, 97.2, 191.55, 326.2, 386.87, 520.53, 590.03, 651.92, 724.93, 699.56, 689.96, 637.56,
                                       717.41]))  # fmt: skip
CERTIFIED: Any = {
    "BoxBOD": (lambda b, x: b[0] * (1 - np.exp(-b[1] * x)), BOD, [100, 0.75], [2.1380940889e2, 5.4723748542e-1], 1.1680088766e3),
    "MGH09": (lambda b, x: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]), MGH09, [25, 39, 41.5, 39],
              [1.9280693458e-1, 1.9128232873e-1, 1.2305650693e-1, 1.3606233068e-1], 3.0750560385e-4),
    "Rat43": (lambda b, x: b[0] / (1 + np.exp(b[1] - b[2] * x)) ** (1 / b[3]), RAT43, [100, 10, 1, 1],
              [6.9964151270e2, 5.2771253025, 7.5962938329e-1, 1.2792483859], 8.7864049080e3),
}  # fmt: skip


@pytest.mark.parametrize("name", CERTIFIED)
def test_certified_fits_are_met(name: str) -> None:
    """Reference data for nonlinear regression of the National Institute of Standards and Technology, with 11 certified digits."""
    curve, data, start, certified, sum_of_squares = CERTIFIED[name]
    loss = erg.LeastSquares(lambda m, b: curve(m["b"], b[0]) - b[1])
    fit = learn(loss, {"b": np.array(start, float)}, erg.LevenbergMarquardt(), data=data, steps=100)
    assert fit.loss == pytest.approx(sum_of_squares / 2, rel=1e-9)
    assert_allclose(fit.model["b"], certified, rtol=2e-7)


def test_damping_of_a_fit_that_had_ended_does_not_hold_the_next() -> None:
    """Ten tries where nothing is to be gained make mu 1e13, which 30 steps of other data had not got down again."""
    decay = erg.LeastSquares(lambda m, b: m["a"] * np.exp(-m["k"] * b[0]) - b[1])
    t = np.linspace(0.0, 2.0, 30)
    y = 3 * np.exp(-2 * t) + 0.01 * np.cos(9 * t)
    first = learn(decay, {"a": np.array(1.0), "k": np.array(0.5)}, erg.LevenbergMarquardt(), data=(t, y), steps=20)
    then = learn(decay, first, data=(t, 5 * np.exp(-t)), steps=12)
    assert_allclose([then.model["a"], then.model["k"]], [5.0, 1.0], rtol=1e-9)


@pytest.mark.parametrize("optimiser", [erg.GaussNewton(), erg.LevenbergMarquardt()])
def test_derivatives_that_are_not_finite_are_told(optimiser: Any) -> None:
    """The loss is finite, its parameters had stayed without a word."""
    with pytest.raises(erg.NonFiniteError, match="sqrt has a derivative that is not finite"):
        learn(erg.LeastSquares(lambda m: np.sqrt(m["x"]) - 1), {"x": np.zeros(2)}, optimiser, steps=3)
    with pytest.raises(erg.NonFiniteError, match="overflow") as told:
        learn(lambda m: 1e200 * m["x"], {"x": np.array(1.0)}, erg.LBFGS(), steps=3)
    assert told.value.suggest == "Try a loss in other units."  # it has neither a rate nor a bound
    with pytest.raises(erg.SpecError, match="got none"):
        learn(erg.LeastSquares(lambda m: []), {"x": np.zeros(2)}, optimiser, steps=3)


def test_residuals_of_data_networks_and_complex_numbers() -> None:
    from scipy.optimize import least_squares

    t = np.linspace(0, 3, 40)
    data = (t, 2.0 * np.exp(-1.3 * t) * np.cos(4 * t) + 0.01 * np.random.default_rng(6).normal(size=40))
    model = lambda a, k, w, t: a * np.exp(-k * t) * np.cos(w * t)
    waves = erg.LeastSquares(lambda m, b: model(m["a"], m["k"], m["w"], b[0]) - b[1])
    theirs = least_squares(lambda p: model(*p, t) - data[1], [1.0, 0.5, 3.5], xtol=1e-15, gtol=1e-15, ftol=1e-15)
    for optimiser in (erg.LevenbergMarquardt(), erg.GaussNewton()):
        fit = learn(waves, {"a": np.array(1.0), "k": np.array(0.5), "w": np.array(3.5)}, optimiser, data=data, steps=30)
        assert_allclose([fit.model[n] for n in "akw"], theirs.x, rtol=1e-7)
        kept = learn(waves, fit, data=data, steps=3)
        assert kept.loss <= fit.loss and abs(kept.loss / fit.loss - 1) < 1e-12
    x = np.linspace(-1, 1, 50)[:, None]
    curve = erg.LeastSquares(lambda m, b: m(b[0]) - b[1])
    net = learn(curve, erg.nn.MLP(1, [8], 1, seed=1), erg.LevenbergMarquardt(), data=(x, np.sin(3 * x)), steps=100)
    assert net.loss < 1e-7
    goal = np.array([1 + 2j, -0.5j, 3.0])
    spun = learn(erg.LeastSquares(lambda m: m["z"] ** 2 - goal), {"z": np.array([1.0 + 1j, 1 - 1j, 1.0])}, erg.LevenbergMarquardt(), steps=30)
    assert_allclose(spun.model["z"] ** 2, goal, rtol=1e-10)
    with pytest.raises(erg.SpecError, match="objective with residuals"):
        learn(rosenbrock, ROSENBROCK, erg.LevenbergMarquardt(), steps=1)
    with pytest.raises(erg.SpecError, match="do not fix"):
        learn(erg.LeastSquares(lambda m: np.array([np.sum(m["x"])])), {"x": np.zeros(2)}, erg.GaussNewton(), steps=1)


# ---- stochastic reconfiguration


def ising_chain(n: int, field: float) -> tuple[np.ndarray, np.ndarray]:
    """All states of n spins +-1, (2^n, n), and the Hamiltonian -sum z z - h sum x - 0.3 sum z of a ring."""
    states = np.array(list(itertools.product([1.0, -1.0], repeat=n)))
    H = np.diag(-np.sum(states * np.roll(states, -1, 1), 1) - 0.3 * np.sum(states, 1))
    for a, b in itertools.product(range(2**n), repeat=2):
        if np.sum(states[a] != states[b]) == 1:
            H[a, b] = -field
    return states, H


def rbm(m: Any, s: Any) -> Any:
    """log psi of a restricted Boltzmann machine; written with exp, which is holomorphic."""
    theta = s @ m["W"].T + m["b"]
    return s @ m["a"] + np.sum(np.log(np.exp(theta) + np.exp(-theta)), -1)


class Exact(erg.learning.Objective):
    """The energy of a chain by all its states."""

    needs_data = False

    def __init__(self, n: int = 4, field: float = 1.1) -> None:
        self.states, self.H = ising_chain(n, field)

    def local(self, model: Any, batch: Any, key: Any) -> Any:
        log = rbm(model, self.states)
        psi = np.exp(log - log[0])
        p = np.abs(psi) ** 2
        return erg.learning.Local(rbm, self.states, (self.H @ psi) / psi, p / np.sum(p))

    def loss(self, model: Any, batch: Any, key: Any) -> Any:
        log = rbm(model, self.states)
        psi = np.exp(log - log[0])
        return np.real(np.sum(np.conj(psi) * (self.H @ psi))) / np.sum(np.abs(psi) ** 2)


def machine(dtype: Any, n: int = 4, hidden: int = 3) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(8)
    draw = lambda *s: 0.3 * (rng.normal(size=s) + (1j * rng.normal(size=s) if dtype is complex else 0))
    return {"W": draw(hidden, n), "a": draw(n), "b": draw(hidden)}


def by_hand(m: Any, states: np.ndarray, H: np.ndarray, shift: float) -> dict[str, np.ndarray]:
    """S and F from the derivatives of the machine, written out; complex parameters by the complex, holomorphic equation."""
    t = np.tanh(states @ m["W"].T + m["b"])
    O = np.concatenate([(t[:, :, None] * states[:, None, :]).reshape(len(states), -1), states, t], 1)
    log = rbm(m, states)
    psi = np.exp(log)
    p = np.abs(psi) ** 2 / np.sum(np.abs(psi) ** 2)
    O = O - p @ O
    energies = H @ psi / psi
    F = np.conj(O).T @ (p * (energies - p @ energies))
    S = np.conj(O).T @ (p[:, None] * O)
    d = np.linalg.solve(S + shift * np.eye(len(S)), F)
    w = m["W"].size
    return {"W": d[:w].reshape(m["W"].shape), "a": d[w : w + m["a"].size], "b": d[w + m["a"].size :]}


@pytest.mark.parametrize("dtype", [float, complex])
@pytest.mark.parametrize("method", ["dense", "cg", "minsr"])
def test_reconfiguration_is_the_natural_gradient(dtype: Any, method: str) -> None:
    exact, model = Exact(), machine(dtype)
    fit = learn(exact, model, erg.SR(0.1, shift=1e-3, method=method, tolerance=1e-13), steps=1)
    d = by_hand(model, exact.states, exact.H, 1e-3)
    for name, x in fit.model.items():
        assert x.dtype == dtype
        assert_allclose(x, model[name] - 0.1 * d[name], rtol=1e-8, atol=1e-9)
    assert fit.history["loss"][0] == pytest.approx(exact.loss(model, None, None), rel=1e-12)


@pytest.mark.parametrize("method", ["dense", "cg", "minsr"])
def test_shifts_have_schedules_and_weights_any_sum(method: str) -> None:
    """Weights that are not divided by their sum had given the energy times it, and steps away from the minimum."""
    exact, model = Exact(), machine(complex)
    plain = exact.local

    def unnormalised(m: Any, batch: Any, key: Any) -> Any:
        told = plain(m, batch, key)
        told.weights = 64.0 * told.weights
        return told

    exact.local = unnormalised  # type: ignore[method-assign,assignment]
    fit = learn(exact, model, erg.SR(0.1, lambda k: 0.5 * 0.1**k, method=method, tolerance=1e-13), steps=2)
    for shift in (0.5, 0.05):
        d = by_hand(model, exact.states, exact.H, shift)
        model = {n: x - 0.1 * d[n] for n, x in model.items()}
    for name, x in fit.model.items():
        assert_allclose(x, model[name], rtol=1e-8, atol=1e-9)
    with pytest.raises(erg.SpecError, match="shift: expected a number for a step"):
        learn(exact, model, erg.SR(0.1, lambda k: np.ones(2) * k), steps=1)


def test_the_force_is_half_the_gradient_of_the_energy() -> None:
    """With a huge shift S drops out."""
    exact, model = Exact(), machine(float)
    fit = learn(exact, model, erg.SR(1e6, shift=1e9), steps=1)
    slope = erg.compile(erg.grad(lambda m: exact.loss(m, None, None)))(model)
    for name in model:
        assert_allclose((model[name] - fit.model[name]) * 1e3, slope[name] / 2, rtol=1e-5, atol=1e-8)


def derivatives(m: Any, exact: Any) -> tuple[np.ndarray, np.ndarray]:
    """Weighted, centred O and energies of the real machine, written out."""
    t = np.tanh(exact.states @ m["W"].T + m["b"])
    O = np.concatenate([(t[:, :, None] * exact.states[:, None, :]).reshape(len(exact.states), -1), exact.states, t], 1)
    psi = np.exp(rbm(m, exact.states))
    p, energies = psi**2 / np.sum(psi**2), exact.H @ psi / psi
    return np.sqrt(p)[:, None] * (O - p @ O), np.sqrt(p) * (energies - p @ energies)


@pytest.mark.parametrize("method", ["dense", "cg", "minsr"])
def test_momentum_stays_near_the_last_step(method: str) -> None:
    """Three steps of SPRING by least squares on [O; sqrt(shift)], [e; mu sqrt(shift) d], with a bound on their length. Caught: momentum that is added
    without being taken from the residual, one in the length after the bound."""
    exact, model, mu, shift, rate, bound = Exact(), machine(float), 0.9, 0.05, 0.1, 0.31
    options: Any = {"method": method, "tolerance": 1e-13, "momentum": mu, "clip": bound}
    fit = learn(exact, model, erg.SR(rate, shift, **options), steps=3)
    by_two = learn(exact, learn(exact, model, erg.SR(rate, shift, **options), steps=1), steps=2)
    m, d, clipped = {n: a.copy() for n, a in model.items()}, np.zeros(3 * 4 + 4 + 3), []
    for _ in range(3):
        O, e = derivatives(m, exact)
        stacked = np.concatenate([O, np.sqrt(shift) * np.eye(len(d))]), np.concatenate([e, np.sqrt(shift) * mu * d])
        d = np.linalg.lstsq(*stacked, rcond=None)[0]
        step = min(rate, bound / np.linalg.norm(d)) * d
        clipped.append(np.linalg.norm(rate * d) > bound)
        m = {"W": m["W"] - step[:12].reshape(3, 4), "a": m["a"] - step[12:16], "b": m["b"] - step[16:]}
    assert any(clipped) and not all(clipped)
    for name in m:
        assert_allclose(fit.model[name], m[name], rtol=1e-7, atol=1e-9)
        assert_allclose(by_two.model[name], fit.model[name], rtol=0, atol=0)


def test_momentum_of_likelihoods_is_one_for_all_methods() -> None:
    x = np.random.default_rng(9).normal(size=(30, 2)) * [1.0, 3.0] + [5.0, -2.0]
    m = {"mean": np.array([4.0, 1.0]), "s": np.array([0.2, 0.9]), "c": np.array(0.4)}
    spring = lambda k: erg.SR(0.1, 1e-2, method=k, tolerance=1e-13, momentum=0.8)
    fits = [learn(Gaussian(), m, spring(k), data=x, steps=5).model for k in ("dense", "cg", "minsr")]
    for other in fits[1:]:
        for name in m:
            assert_allclose(other[name], fits[0][name], rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("dtype", [float, complex])
def test_the_ground_state_is_found(dtype: Any) -> None:
    exact = Exact(5, 0.8)
    ground = np.linalg.eigvalsh(exact.H)[0]
    fit = learn(exact, machine(dtype, 5, 5), erg.SR(0.05), steps=600)
    assert 0 <= fit.loss - ground < 1e-5 * abs(ground) and fit.history["deviation"][-1] < 0.1


class Gaussian(erg.learning.Objective):
    """Maximum likelihood of a normal distribution with a mean and a covariance by its Cholesky factor, in skewed parameters."""

    def log(self, m: Any, x: Any) -> Any:
        z0 = (x[:, 0] - m["mean"][0]) * np.exp(-m["s"][0])
        z1 = (x[:, 1] - m["mean"][1] - m["c"] * z0) * np.exp(-m["s"][1])
        return -(z0**2 + z1**2) / 2 - m["s"][0] - m["s"][1]

    def loss(self, m: Any, batch: Any, key: Any) -> Any:
        return -np.mean(self.log(m, batch))

    def local(self, m: Any, batch: Any, key: Any) -> Any:
        return erg.learning.Local(self.log, batch, centred=False)


def test_methods_agree_on_likelihoods_and_by_finite_differences() -> None:
    x = np.random.default_rng(9).normal(size=(30, 2)) * [1.0, 3.0] + [5.0, -2.0]
    m = {"mean": np.array([4.0, 1.0]), "s": np.array([0.2, 0.9]), "c": np.array(0.4)}
    fits = [learn(Gaussian(), m, erg.SR(0.2, 1e-2, method=k, tolerance=1e-13), data=x, steps=5).model for k in ("dense", "cg", "minsr")]
    for other in fits[1:]:
        for name in m:
            assert_allclose(other[name], fits[0][name], rtol=1e-8, atol=1e-9)
    flat = np.concatenate([m["mean"], m["s"], [m["c"]]])
    log = lambda p: Gaussian().log({"mean": p[:2], "s": p[2:4], "c": p[4]}, x)
    O = np.stack([(log(flat + 1e-6 * e) - log(flat - 1e-6 * e)) / 2e-6 for e in np.eye(5)], 1)
    d = np.linalg.solve(O.T @ O / 30 + 1e-2 * np.eye(5), -O.mean(0))
    one = learn(Gaussian(), m, erg.SR(0.2, 1e-2), data=x, steps=1).model
    assert_allclose(np.concatenate([one["mean"], one["s"], [one["c"]]]), flat - 0.2 * d, rtol=1e-7)


# ---- for all of them

EACH = {
    "LBFGS": (erg.LBFGS(memory=4), lambda: erg.LeastSquares(lambda m: np.array([1 - m["x"], 10 * (m["y"] - m["x"] ** 2)])), None),
    "Gauss-Newton": (erg.GaussNewton(), lambda: erg.LeastSquares(lambda m: np.array([1 - m["x"], 10 * (m["y"] - m["x"] ** 2)])), None),
    "Levenberg-Marquardt": (erg.LevenbergMarquardt(), lambda: erg.LeastSquares(lambda m: np.array([1 - m["x"], 10 * (m["y"] - m["x"] ** 2)])), None),
    "masked": (erg.Averaged(erg.Masked(erg.LBFGS(), {"x": 1, "y": 0}), 0.5), lambda: rosenbrock, None),
    "SR": (erg.SR(0.2), Gaussian, np.random.default_rng(9).normal(size=(30, 2)) + 1.0),
    "SPRING": (erg.SR(0.1, momentum=0.9, clip=0.3), Gaussian, np.random.default_rng(9).normal(size=(30, 2)) + 1.0),
    "SR cg": (erg.SR(0.2, method="cg"), Gaussian, np.random.default_rng(9).normal(size=(30, 2)) + 1.0),
}  # fmt: skip


@pytest.mark.parametrize("name", EACH)
def test_bits_members_and_single_precision(name: str) -> None:
    optimiser, make, data = EACH[name]
    start = {"mean": np.array([0.3, 0.1]), "s": np.zeros(2), "c": np.array(0.1)} if data is not None else ROSENBROCK
    loss = make()
    options: dict[str, Any] = {} if data is None else {"data": data}
    whole = learn(loss, start, optimiser, steps=14, **options)
    rest = learn(loss, learn(loss, start, optimiser, steps=5, **options), steps=9, **options)
    other = {n: x + 0.2 for n, x in start.items()}
    pair = learn(loss, [other, start], optimiser, steps=14, members=2, **options)
    for n, x in whole.model.items():
        assert np.array_equal(rest.model[n], x)
        assert_allclose(pair.model[1][n], x, rtol=1e-9, atol=1e-12)
    small = learn(loss, {n: x.astype(np.float32) for n, x in start.items()}, optimiser, steps=14, **options)
    for n, x in small.model.items():
        assert x.dtype == np.float32
        assert_allclose(x, whole.model[n], atol=2e-2)


def told(*nothing: Any, **settings: Any) -> Any:
    """An objective that tells samples with these settings, or nothing of them."""
    log = lambda m, x: m["m"] * x
    made = {"loss": lambda self, m, b, key: m["m"] ** 2, "local": lambda self, m, b, key: None if nothing else erg.learning.Local(log, b, **settings)}
    return type("Told", (erg.learning.Objective,), made)()


@pytest.mark.parametrize(("make", "message"), [
    (lambda: erg.LBFGS(memory=0), "memory"),
    (lambda: erg.LBFGS(c1=0.0), "c1"),
    (lambda: erg.LBFGS(c2=1e-5), "c2"),
    (lambda: erg.LBFGS(searches=0), "searches"),
    (lambda: erg.GaussNewton(shift=-1.0), "shift"),
    (lambda: erg.LevenbergMarquardt(damping=0.0), "damping"),
    (lambda: erg.LevenbergMarquardt(tries=0), "tries"),
    (lambda: erg.LeastSquares(3.0), "expected a function"),
    (lambda: erg.SR(method="exact"), "method"),
    (lambda: erg.SR(shift=-1.0), "shift"),
    (lambda: erg.SR(momentum=1.0), "momentum"),
    (lambda: erg.SR(clip=0.0), "clip"),
    (lambda: erg.SR(-1.0), "rate"),
    (lambda: learn(rosenbrock, ROSENBROCK, erg.SR(), steps=1), "objective with samples"),
    (lambda: learn(told(energies=np.ones((5, 1))), {"m": np.zeros(())}, erg.SR(), data=np.ones(5), steps=1), "energies of shape"),
    (lambda: learn(told(weights=np.ones(3)), {"m": np.zeros(())}, erg.SR(), data=np.ones(5), steps=1), "weights of shape"),
    (lambda: learn(told(None), {"m": np.zeros(())}, erg.SR(), data=np.ones(5), steps=1), "expected erg.learning.Local"),
    (lambda: learn(Gaussian(), {"mean": np.zeros(2), "s": np.zeros(2), "c": np.array(0.1)}, erg.SR(shift=0.0, method="minsr"), data=np.ones((5, 2)),
                   steps=1), "shift above 0"),
    *[(lambda o=o: learn(Gaussian(), {"mean": np.zeros(2), "s": np.zeros(2), "c": np.array(0.1)}, o, data=np.ones((5, 2)), batch=2, steps=2),
       "one gradient a step") for o in (erg.Accumulate(erg.SR()), erg.Groups({"mean": erg.SR(), "": erg.Adam()}), erg.Muon(rest=erg.SR()),
                                        erg.Groups({"mean": erg.GaussNewton(), "": erg.Adam()}), erg.MasterWeights(erg.SR()))],
])  # fmt: skip
def test_bad_settings_are_refused(make: Any, message: str) -> None:
    with pytest.raises(erg.SpecError, match=message):
        make()

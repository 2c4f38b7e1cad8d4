"""einsum in programs: the order of contractions beside numpy.einsum_path, no result larger than needed, diagonals beside NumPy's."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import ergodica as erg
from ergodica.expr.products import _order


def multiplications(operands: list[str], output: str, sizes: dict[str, int], pairs: list[tuple[int, ...]]) -> int:
    """Of contractions at these positions, each operand summed over the labels that only it has."""
    terms = [set(ls) for ls in operands]
    alone = lambda k: {c for c in terms[k] if c in output or any(c in other for o, other in enumerate(terms) if o != k)}
    terms = [alone(k) for k in range(len(terms))]
    total = 0
    for pair in pairs:
        if len(pair) == 1:
            continue
        x, y = (terms.pop(k) for k in sorted(pair, reverse=True))
        total += math.prod(sizes[c] for c in x | y)
        terms.append({c for c in x | y if c in output or any(c in other for other in terms)})
    return total


def test_order_is_the_best() -> None:
    """Random networks of two to seven tensors: never more multiplications than the optimum of numpy.einsum_path without a limit of memory. Catches:
    a partition left out, labels counted that are summed already, positions of pairs taken before a pair was removed."""
    rng = np.random.default_rng(5)
    better = 0
    for _ in range(60):
        labels = "abcdefg"[: int(rng.integers(2, 8))]
        operands = ["".join(rng.choice(list(labels), size=min(rng.integers(1, 4), len(labels)), replace=False)) for _ in range(rng.integers(2, 6))]
        used = sorted(set("".join(operands)))
        output = "".join(c for c in used if rng.random() < 0.3)
        sizes = {c: int(rng.integers(1, 9)) for c in used}
        pairs = _order(operands, output, sizes)
        assert len(pairs) == len(operands) - 1
        arrays = [np.ones([sizes[c] for c in ls]) for ls in operands]
        path = np.einsum_path(f"{','.join(operands)}->{output}", *arrays, optimize=("optimal", 10**12))[0][1:]
        theirs = [p for p in path if len(p) <= 2]
        if len(theirs) == len(path):
            ours, best = multiplications(operands, output, sizes, list(pairs)), multiplications(operands, output, sizes, theirs)
            assert ours <= best
            better += ours < best
    assert better < 60


def test_chains() -> None:
    """A chain of eight matrices whose best order is neither from the left nor from the right; a greedy choice needs 3 times the work here."""
    sizes = dict(zip("abcdefghi", (30, 35, 15, 5, 10, 20, 25, 3, 40), strict=True))
    operands = ["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"]
    p = list(sizes.values())
    cost = {(i, i): 0 for i in range(8)}
    for length in range(1, 8):  # the textbook's recursion
        for i in range(8 - length):
            j = i + length
            cost[i, j] = min(cost[i, k] + cost[k + 1, j] + p[i] * p[k + 1] * p[j + 1] for k in range(i, j))
    assert multiplications(operands, "ai", sizes, list(_order(operands, "ai", sizes))) == cost[0, 7]
    rng = np.random.default_rng(1)
    matrices = [rng.normal(size=(sizes[ls[0]], sizes[ls[1]])) for ls in operands]
    got = erg.compile(lambda *m: np.einsum("ab,bc,cd,de,ef,fg,gh,hi->ai", *m))(*matrices)
    np.testing.assert_allclose(got, np.linalg.multi_dot(matrices), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    "subscripts, shapes",
    [
        ("bi,bj->b", [(300, 200), (300, 200)]),  # free axes are summed before the product: not (300, 200, 200)
        ("ij,kl->", [(200, 300), (300, 200)]),
        ("bid,bjd->bij", [(4, 64, 3), (4, 64, 3)]),
        ("bhqd,bhkd,bhkc->bhqc", [(2, 3, 16, 8), (2, 3, 16, 8), (2, 3, 16, 8)]),
        ("ii,ij->j", [(50, 50), (50, 60)]),
    ],
)
def test_no_large_results(subscripts: str, shapes: list[tuple[int, ...]]) -> None:
    """No value of a program is larger than an operand or twice the result."""
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=shape) for shape in shapes]
    program = erg.compile(lambda *x: np.einsum(subscripts, *x))
    want = np.einsum(subscripts, *arrays, optimize=True)
    np.testing.assert_allclose(program(*arrays), want, rtol=1e-10, atol=1e-10)
    most = max(2 * want.size, *(a.size for a in arrays))
    shapes_made = re.findall(r" : float64\[([0-9,]*)\]", str(program.show(*arrays)))
    assert len(shapes_made) > 2
    assert all(math.prod(map(int, filter(None, shape.split(",")))) <= most for shape in shapes_made)


@pytest.mark.parametrize("shape", [(5, 5), (3, 7), (7, 3), (2, 4, 6), (1, 1), (0, 3), (3, 0), (4, 1)])
@pytest.mark.parametrize("offset", [0, 1, -1, 3, -2, 9, -9])
def test_diagonals(shape: tuple[int, ...], offset: int) -> None:
    """Values and gradients of diagonals of every shape. Catches: a stride of rows where columns count, one element too many."""
    x = np.arange(math.prod(shape), dtype=float).reshape(shape) + 1
    want = np.diagonal(x, offset, -2, -1)
    np.testing.assert_array_equal(erg.compile(lambda x: np.diagonal(x, offset, -2, -1))(x), want)
    np.testing.assert_array_equal(erg.compile(lambda x: np.trace(x, offset, -2, -1))(x), np.trace(x, offset, -2, -1))
    gradient = erg.grad(lambda x: np.sum(np.diagonal(x, offset, -2, -1) ** 2))(x)
    expected = np.zeros_like(x)
    rows, columns = np.indices(shape[-2:])
    expected[..., columns - rows == offset] = 2 * x[..., columns - rows == offset]
    np.testing.assert_array_equal(gradient, expected)

"""Potts, XY and Heisenberg spins and dipoles beside numba twins on one thread; a model by a function beside the dedicated one."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from tests.benchmarks.timing import row, take_turns

import ergodica as erg


def _numba() -> Any:
    try:
        import numba
    except ImportError:
        print("(numba is not installed; its rows are left out: pip install numba)")
        return None
    return numba


def xoroshiro(nb: Any) -> Callable[..., Any]:
    """xoroshiro128+ as uniform numbers."""

    @nb.njit(fastmath=True, error_model="numpy", inline="always")
    def uniform(state):
        a, b = state[0], state[1]
        r = np.uint64(a + b)
        b ^= a
        state[0] = ((a << np.uint64(24)) | (a >> np.uint64(40))) ^ b ^ (b << np.uint64(16))
        state[1] = (b << np.uint64(37)) | (b >> np.uint64(27))
        return (np.float64(r >> np.uint64(11)) + 0.5) * 2.0**-53

    return uniform


def potts_twin(L: int, sweeps: int, kT: float) -> Callable[[], object] | None:
    """Heat bath of three values: two colours in arrays of their own, thresholds by the numbers of neighbours, a xorshift a column, no branches."""
    nb = _numba()
    if nb is None:
        return None

    @nb.njit(fastmath=True, error_model="numpy")
    def half_sweep(own, other, states, colour, first, second):
        rows, width = own.shape
        beside = np.empty(width, np.int32)
        for i in range(rows):
            above, level, below = other[i - 1], other[i], other[i + 1 if i + 1 < rows else 0]
            spins = own[i]
            if (i + colour) & 1:
                beside[: width - 1] = level[1:]
                beside[width - 1] = level[0]
            else:
                beside[1:] = level[: width - 1]
                beside[0] = level[width - 1]
            for j in range(width):
                x = states[j]
                x = np.uint32(x ^ (x << 13))
                x = np.uint32(x ^ (x >> 17))
                x = np.uint32(x ^ (x << 5))
                states[j] = x
                at = above[j] + level[j] + below[j] + beside[j]  # values are kept as 0, 1, 5
                spins[j] = (1 if x >= first[at] else 0) + (4 if x >= second[at] else 0)

    first, second = np.zeros(21, np.uint32), np.zeros(21, np.uint32)
    for n1 in range(5):
        for n2 in range(5 - n1):
            w = np.exp(np.array([4 - n1 - n2, n1, n2]) / kT)
            c = np.cumsum(w) / w.sum() * (2**32 - 1)
            first[n1 + 5 * n2], second[n1 + 5 * n2] = c[0], c[1]
    black, white = np.zeros((L, L // 2), np.int32), np.zeros((L, L // 2), np.int32)
    states = np.random.default_rng(1).integers(1, 2**32, L // 2).astype(np.uint32)

    def run() -> None:
        for _ in range(sweeps):
            half_sweep(black, white, states, 0, first, second)
            half_sweep(white, black, states, 1, first, second)

    return run


def vector_twin(n: int, L: int, d: int, sweeps: int, reflections: int, kT: float) -> Callable[[], object] | None:
    """Over-relaxation and heat bath of vectors: sites colour by colour from listed neighbours, components apart, xoroshiro128+ of its own."""
    nb = _numba()
    if nb is None:
        return None

    uniform = xoroshiro(nb)

    @nb.njit(fastmath=True, error_model="numpy")
    def reflect(s, near, colour):
        for i in colour:
            x, y, z = 0.0, 0.0, 0.0
            for j in near[i]:
                x += s[j, 0]
                y += s[j, 1]
                if n == 3:
                    z += s[j, 2]
            if n == 3:
                r = 2 * (x * s[i, 0] + y * s[i, 1] + z * s[i, 2]) / (x * x + y * y + z * z)
                s[i, 2] = r * z - s[i, 2]
            else:
                r = 2 * (x * s[i, 0] + y * s[i, 1]) / (x * x + y * y)
            s[i, 0] = r * x - s[i, 0]
            s[i, 1] = r * y - s[i, 1]

    @nb.njit(fastmath=True, error_model="numpy")
    def bath(s, near, colour, state, kT):
        for i in colour:
            x, y, z = 0.0, 0.0, 0.0
            for j in near[i]:
                x += s[j, 0]
                y += s[j, 1]
                if n == 3:
                    z += s[j, 2]
            r = np.sqrt(x * x + y * y + z * z)
            kappa = r / kT
            x, y, z = x / r, y / r, z / r
            if n == 3:
                u = uniform(state)
                t = 1 + np.log(u + (1 - u) * np.exp(-2 * kappa)) / kappa
                phi = 2 * np.pi * uniform(state)
                w = np.sqrt(max(0.0, 1 - t * t))
                c, q = w * np.cos(phi), w * np.sin(phi)
                g = np.copysign(1.0, z)
                a = -1 / (g + z)
                b = x * y * a
                s[i, 0] = t * x + c * (1 + g * x * x * a) + q * b
                s[i, 1] = t * y + c * g * b + q * (g + y * y * a)
                s[i, 2] = t * z - c * g * x - q * y
            else:  # Best and Fisher
                tau = 1 + np.sqrt(1 + 4 * kappa * kappa)
                rho = (tau - np.sqrt(2 * tau)) / (2 * kappa)
                e = (1 + rho * rho) / (2 * rho)
                while True:
                    f = np.cos(np.pi * uniform(state))
                    t = (1 + e * f) / (e + f)
                    c = kappa * (e - t)
                    v = uniform(state)
                    if c * (2 - c) > v or np.log(c / v) + 1 >= c:
                        break
                w = np.sqrt(max(0.0, 1 - t * t))
                if uniform(state) < 0.5:
                    w = -w
                s[i, 0], s[i, 1] = t * x - w * y, t * y + w * x

    shape = (L,) * d
    number = np.arange(L**d, dtype=np.int32).reshape(shape)
    near = np.stack([np.roll(number, k, axis).ravel() for axis in range(d) for k in (1, -1)], axis=1)
    parity = np.indices(shape).sum(axis=0).ravel() % 2
    colours = [np.flatnonzero(parity == c).astype(np.int32) for c in (0, 1)]
    s = np.zeros((L**d, n))
    s[:, 0] = 1
    state = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9], np.uint64)

    def run() -> None:
        for _ in range(sweeps):
            for _ in range(reflections):
                for colour in colours:
                    reflect(s, near, colour)
            for colour in colours:
                bath(s, near, colour, state, kT)

    return run


def dipole_twin(J: np.ndarray, sweeps: int, kT: float, step: float | None = None) -> Callable[[], object] | None:
    """Heat bath of dipoles, or Metropolis with a step: six tables (N, N), components apart, fields followed by rows that LLVM vectorises."""
    nb = _numba()
    if nb is None:
        return None

    uniform = xoroshiro(nb)

    @nb.njit(fastmath=True, error_model="numpy", inline="always")
    def follow(s, f, tables, i, p0, p1, p2):
        fx, fy, fz = f[0], f[1], f[2]
        dx, dy, dz = p0 - s[i, 0], p1 - s[i, 1], p2 - s[i, 2]
        s[i, 0], s[i, 1], s[i, 2] = p0, p1, p2
        xx, xy, xz, yy, yz, zz = tables
        txx, txy, txz, tyy, tyz, tzz = xx[i], xy[i], xz[i], yy[i], yz[i], zz[i]
        for j in range(s.shape[0]):
            fx[j] += txx[j] * dx + txy[j] * dy + txz[j] * dz
            fy[j] += txy[j] * dx + tyy[j] * dy + tyz[j] * dz
            fz[j] += txz[j] * dx + tyz[j] * dy + tzz[j] * dz

    @nb.njit(fastmath=True, error_model="numpy")
    def bath(s, f, tables, state, kT, step):
        fx, fy, fz = f[0], f[1], f[2]
        for i in range(s.shape[0]):
            x, y, z = fx[i], fy[i], fz[i]
            r = np.sqrt(x * x + y * y + z * z)
            kappa = r / kT
            x, y, z = x / r, y / r, z / r
            u = uniform(state)
            t = 1 + np.log(u + (1 - u) * np.exp(-2 * kappa)) / kappa
            phi = 2 * np.pi * uniform(state)
            w = np.sqrt(max(0.0, 1 - t * t))
            c, q = w * np.cos(phi), w * np.sin(phi)
            g = np.copysign(1.0, z)
            a = -1 / (g + z)
            b = x * y * a
            follow(s, f, tables, i, t * x + c * (1 + g * x * x * a) + q * b, t * y + c * g * b + q * (g + y * y * a), t * z - c * g * x - q * y)

    @nb.njit(fastmath=True, error_model="numpy")
    def metropolis(s, f, tables, state, kT, step):
        fx, fy, fz = f[0], f[1], f[2]
        kept, spare = False, 0.0
        for i in range(s.shape[0]):
            r = step * np.sqrt(-2 * np.log(uniform(state)))
            phi = 2 * np.pi * uniform(state)
            x, y = s[i, 0] + r * np.cos(phi), s[i, 1] + r * np.sin(phi)
            if kept:
                z = s[i, 2] + spare
            else:
                r = step * np.sqrt(-2 * np.log(uniform(state)))
                phi = 2 * np.pi * uniform(state)
                z, spare = s[i, 2] + r * np.cos(phi), r * np.sin(phi)
            kept = not kept
            r = 1 / np.sqrt(x * x + y * y + z * z)
            x, y, z = x * r, y * r, z * r
            cost = fx[i] * (s[i, 0] - x) + fy[i] * (s[i, 1] - y) + fz[i] * (s[i, 2] - z)
            if cost <= 0 or uniform(state) < np.exp(-cost / kT):
                follow(s, f, tables, i, x, y, z)

    sweep = bath if step is None else metropolis
    tables = tuple(np.ascontiguousarray(J[:, :, p, q]) for p, q in ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2)))
    s = np.zeros((len(J), 3))
    s[:, 0] = 1
    f = np.ascontiguousarray(np.einsum("ijpq,jq->pi", J, s))
    state = np.array([0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9], np.uint64)

    def run() -> float:
        for _ in range(sweeps):
            sweep(s, f, tables, state, kT, step)
        return -0.5 * float(np.sum(f.T * s))

    return run


def pairs(lattice: Any) -> np.ndarray:
    """The tensors of all pairs, (N, N, 3, 3), 0 for a site and itself."""
    J = erg.lattice.dipolar_tensor(lattice)
    shape, width = lattice.shape, len(lattice.basis)
    cell, sub = np.divmod(np.arange(lattice.sites), width)
    at = np.stack(np.unravel_index(cell, shape), axis=1)
    by = (at[None] - at[:, None]) % np.array(shape)
    K = J[by[..., 0], by[..., 1], by[..., 2], sub[:, None], sub[None]]
    K[np.arange(len(K)), np.arange(len(K))] = 0
    return K


def main(tiny: bool = False) -> None:
    """Print updates per second and ratios; the target is twice the twin's, and for models by functions a third of the dedicated kernel's."""
    common: dict[str, Any] = {"chains": 1, "seed": 1, "progress": False, "threads": 1, "warmup": 0, "observe": ["energy"], "start": "ordered"}
    rounds = 1 if tiny else 5

    def beside(what: str, system: Any, method: Any, kT: float, updates: int, sweeps: int, twin: Callable[[], object] | None, limit: str) -> None:
        programs: dict[str, Callable[[], object]] = {"ours": lambda: erg.sample(system, method, kT=kT, sweeps=sweeps, every=sweeps, **common)}
        if twin is not None:
            programs["twin"] = twin
        best = take_turns(programs, rounds)
        rate = updates * sweeps / best["ours"]
        if twin is not None:
            other = updates * sweeps / best["twin"]
            row(f"numba twin, {what}", f"{other:.2e} updates/s")
            row(f"ours, {what}", f"{rate:.2e} updates/s", rate / other, 2.0, limit)
        else:
            row(f"ours, {what}", f"{rate:.2e} updates/s")

    L, sweeps = (16, 10) if tiny else (256, 100)
    kT = 1.0
    many = 10 * sweeps  # the fast ones, of which a job's beginning is not to be a part
    potts = erg.lattice.Potts((L, L), q=3)
    beside(f"Potts q = 3, heat bath, {L}^2", potts, erg.HeatBath(), kT, L * L, many, potts_twin(L, many, kT), "8.35 random bits an update")
    R = 4
    for name, n, d, side in (("XY", 2, 2, 16 if tiny else 128), ("Heisenberg", 3, 3, 8 if tiny else 24)):
        model = erg.lattice.ON((side,) * d, n=n)
        few = max(many // 2, 2)
        twin = vector_twin(n, side, d, few, R, 1.0)
        what = f"{name}, {R} reflections + heat bath, {side}^{d}"
        beside(what, model, erg.OverRelaxation(reflections=R), 1.0, (R + 1) * side**d, few, twin, "loads of 2 d neighbours; 128 random bits a draw")
    for cells in (2,) if tiny else (3, 4, 6):
        lattice = erg.lattice.fcc(cells)
        few, N = 2 if tiny else 10**6 // lattice.sites, lattice.sites
        dipoles, J = erg.lattice.Dipoles(lattice), pairs(lattice)
        limit = f"9 N = {9 * N} multiply-adds an update; some {36 * cells + 144 * (cells - 1)} by waves between rows and planes"
        beside(f"dipoles on FCC, heat bath, {N}", dipoles, erg.HeatBath(), 0.6, N, few, dipole_twin(J, few, 0.6), limit)
        beside(f"dipoles on FCC, Metropolis, {N}", dipoles, erg.Metropolis(step=0.6), 0.6, N, few, dipole_twin(J, few, 0.6, 0.6), limit)
    ising = erg.lattice.Ising((L, L), J=np.random.default_rng(1).normal(size=2 * L * L))
    alike: dict[str, tuple[Any, Any]] = {
        "Potts q = 3 by pair=": (potts, erg.lattice.Model((L, L), range(3), pair=lambda s, t: -1.0 * (s == t))),
        "Potts q = 3 by energy=": (potts, erg.lattice.Model((L, L), range(3), energy=lambda s, n: -0.5 * (s[..., None] == n).sum(axis=-1))),
        "Ising, couplings that differ, by pair=": (ising, erg.lattice.Model((L, L), (-1, 1), pair=lambda s, t: -s * t, J=ising.values()["J"])),
    }
    for what, (dedicated, model) in alike.items():
        run = partial(erg.sample, method=erg.HeatBath(), kT=kT, sweeps=sweeps, every=sweeps, **common)
        best = take_turns({"dedicated": partial(run, dedicated), "model": partial(run, model)}, rounds)
        row(f"Model, {what}", f"{L * L * sweeps / best['model']:.2e} updates/s", best["dedicated"] / best["model"], 1 / 3)

"""Recipes: every quick one runs and its claims hold; the machinery around them."""

import json
import time

import numpy as np
import pytest

import ergodica as erg
from ergodica.__main__ import main
from ergodica.errors import SpecError
from ergodica.papers import Claim, Report, find, recipes

EVERYTHING = recipes()


@pytest.mark.parametrize("recipe", EVERYTHING, ids=lambda r: r.id)
def test_quick(recipe):
    begun = time.perf_counter()
    report = recipe("quick")
    print(report, f"{time.perf_counter() - begun:.1f} s")
    assert report.holds, report


@pytest.mark.parametrize("recipe", EVERYTHING, ids=lambda r: r.id)
def test_says_what_it_does(recipe):
    assert recipe.title and recipe.cite and len(recipe.function.__doc__.strip().splitlines()) > 2
    assert recipe.path.split("/")[-2] == recipe.family
    with open(recipe.path) as f:
        assert sum(1 for _ in f) <= 300


def test_claims():
    assert Claim("x", 1.0, expected=1.05, tolerance=0.06).holds
    assert not Claim("x", 1.0, expected=1.05, tolerance=0.04).holds
    assert Claim("x", 1.0, se=0.02, expected=1.05).holds
    assert not Claim("x", 1.0, se=0.01, expected=1.05).holds
    assert Claim("x", 1.0, above=0.5, below=2).holds
    assert not Claim("x", 3.0, above=0.5, below=2).holds
    assert Claim("x", 0.49, se=0.01, above=0.5).holds
    assert Claim("x", 1.0, se=0.02, expected=1.1, dof=9).holds, "Student's law of 9 degrees of freedom: 10.4 sigma"
    assert not Claim("x", 1.0, se=0.02, expected=1.3, dof=9).holds
    for bad in (np.nan, np.inf):
        assert not Claim("x", bad, expected=1.0, tolerance=np.inf).holds
        assert not Claim("x", 1.0, se=bad, expected=1.0).holds
    assert not Report().holds, "no claim is no success"
    with pytest.raises(SpecError, match="nothing to be compared"):
        Report().claim("x", 1.0)


def test_claims_about_runs():
    """Means and standard deviations of few runs: the error bars that they find stand for themselves."""
    report, x = Report(), np.random.default_rng(1).normal(3, 2, size=(4000, 12))
    for row in x:
        report.mean("mean", row, expected=3, sigmas=2)
        report.spread("sd", row, expected=2, sigmas=2)
    refused = [np.mean([not c.holds for c in report.claims[k::2]]) for k in (0, 1)]
    assert abs(refused[0] - 0.0455) < 4.9 * 0.0033, "by Student's law it is that of two sigma"
    assert refused[1] < 0.06
    report.mean("with the error of what is expected", x[0], se=1.0, expected=3)
    assert report.claims[-1].se > 1.0 and report.claims[-1].dof > 11


def test_command(capsys):
    assert main(["papers", "list"]) == 0
    assert "S028" in capsys.readouterr().out
    assert main(["papers", "show", "matrix-generalized-ensemble"]) == 0
    assert "beta=(0.2, 0.8)" in capsys.readouterr().out
    assert main(["papers", "run", "S028", "--seed", "3", "--set", "sites=3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["holds"] and found["parameters"]["sites"] == 3 and found["parameters"]["seed"] == 3
    assert main(["papers", "run", "S028", "--set", "beta=(0.3, 0.8)"]) == 0, "what is expected is computed for other parameters too"
    capsys.readouterr()
    assert main(["papers", "run", "S160", "--set", "steps=3"]) == 1, "a claim that fails is the exit status"
    assert "FAILS" in capsys.readouterr().out
    for wrong in (["run", "S999"], ["run", "S028", "--set", "nothing=3"], ["run", "S028", "--set", "sites"], ["show", "nothing"]):
        assert main(["papers", *wrong]) == 2
        assert "ergodica papers:" in capsys.readouterr().out


def test_sizes_and_html():
    with pytest.raises(SpecError, match="quick"):
        find("S028")("huge")
    report = Report()
    report.claim("a < b", 1, expected=1)
    report.note("said & done")
    assert "a &lt; b" in report._repr_html_() and "said &amp; done" in report._repr_html_()


@pytest.mark.parametrize("L", [2, 3])
def test_overlaps_of_dipoles(L):
    """S071's moments against loops over sites, and its length where it is known: draws of a free field, all columns of a root of its covariance
    1 / (mass^2 + bonds), have the correlation length 1 / mass. Catches the k_hat of simple cubes, 15 % off at L = 3, and twice the smallest k
    (both tried)."""
    from ergodica.papers.lattice.dipolar_fcc import length, moments

    fcc = erg.lattice.fcc(L)
    N, r, edge = fcc.sites, fcc.positions, L * np.sqrt(2)
    s = np.random.default_rng(L).normal(size=(2, 2, N, 3))
    found = moments(s, fcc)
    for d in range(2):
        a, b = s[:, d]
        m2 = [sum(a[i] @ a[j] for i in range(N) for j in range(N)) / N**2, sum(b[i] @ b[j] for i in range(N) for j in range(N)) / N**2]
        q = [[(a[i] @ b[i]) * (a[j] @ b[j]) / N**2 for i in range(N)] for j in range(N)]
        qk = sum(q[i][j] * np.cos(2 * np.pi / edge * (r[i] - r[j])).mean() for i in range(N) for j in range(N))
        want = [np.mean(np.sqrt(m2)), np.mean(m2), np.mean(np.square(m2)), np.sum(q), qk]
        np.testing.assert_allclose(found[:, d], want, rtol=1e-9)
    bonds = np.zeros((N, N))
    for i, j in fcc.edges:
        bonds[[i, j], [i, j]] += 0.5
        bonds[[i, j], [j, i]] -= 0.5  # sum over twelve neighbours of (1 - cos) / 2 is k^2 for small k
    for mass in (0.5, 1.0):
        x = np.linalg.cholesky(np.linalg.inv(mass**2 * np.eye(N) + bonds)).T
        spins = np.zeros((2, N, N, 3))
        spins[0, ..., 2], spins[1, ..., 2] = x, 1.0
        q0, qk = moments(spins, fcc)[3:].mean(axis=1)
        assert length(q0, qk, L) * edge == pytest.approx(1 / mass, rel=1e-9)

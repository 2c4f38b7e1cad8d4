"""Pictures: configurations as colours, and jobs that are watched while they run, in text and in JupyterLab."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

import nbformat
import numpy as np
import pytest

import ergodica as erg
from browser import chromium, laboratory

L = erg.lattice


def test_configurations_of_a_running_job(nothing_left):
    """They come with the layout of the results, in the midst of long sweeps too, and change no bit of the run. Catches walkers that are read while
    they move (a Potts spin of no value), chains in the wrong order, and looks that disturb."""
    model = L.Potts((32, 32), q=3)
    call = {"kT": [0.9, 1.2], "chains": 3, "sweeps": 4000, "warmup": 0, "every": 10, "seed": 5, "progress": False}
    whole = erg.sample(model, erg.Metropolis(), **call)
    with erg.sample(model, erg.Metropolis(), wait=False, **call) as job:
        looks = 0
        while not job.done():
            a, one = job.configurations(), job.configurations(chain=2)
            assert a.shape == (2, 3, 32, 32) and one.shape == (2, 32, 32) and a.dtype == np.uint8 and a.max() < 3
            looks += 1
        run = job.result()
    assert looks > 2 and (run["energy"] == whole["energy"]).all() and (run.final == whole.final).all()
    assert (job.configurations(chain=1) == run.final[:, 1]).all() and (job.configurations() == run.final).all()
    with pytest.raises(erg.SpecError, match="from 0 to 2"):
        job.configurations(chain=3)
    del run, whole, job


def test_looks_while_paused_and_of_large_sweeps():
    """A sweep of a second is interrupted for a look."""
    job = erg.sample(L.Heisenberg((128, 128, 64)), erg.HeatBath(), kT=1.0, chains=1, sweeps=10**6, warmup=0, seed=1, wait=False, progress=False)
    try:
        begun = time.monotonic()
        for _ in range(3):
            assert np.allclose(np.linalg.norm(job.configurations()[0], axis=-1), 1)
        job.pause()
        assert (job.configurations() == job.configurations()).all()
        assert time.monotonic() - begun < 20
    finally:
        job.close()


def test_jobs_without_walkers_say_so():
    with erg.sample(lambda x: x**2, erg.SMC(), space=erg.Real(), draws=300_000, seed=1, wait=False, progress=False) as job:
        with pytest.raises(erg.SpecError, match="snapshot"):
            job.configurations()


PICTURES = [
    (L.Ising((5, 7)), (5, 7)), (L.Ising((9,)), (1, 9)), (L.Ising((3, 4, 5)), (4, 5)), (L.Potts((4, 4), q=30), (4, 4)), (L.Clock((4, 4), q=5), (4, 4)),
    (L.Model((4, 4), erg.Sphere(3), site=lambda s: s[..., 0]), (4, 4)), (L.Model((4, 4), erg.Torus(), site=np.cos), (4, 4)),
    (L.Villain((4, 4)), (4, 4)),
    (L.XY((4, 4)), (4, 4)), (L.Heisenberg((4, 4)), (4, 4)), (L.ON((4, 4), n=5), (4, 4)), (L.Phi4((4, 6)), (4, 6)), (L.U1((4, 4), beta=1.0), (4, 4)),
    (L.SU2((4, 4), beta=1.0), (4, 4)), (L.SU3((2, 2, 2, 2), beta=1.0), (2, 2)), (L.Ising(L.complete(10)), (3, 4)), (L.Ising((1030, 6)), (344, 6)),
    (lambda: L.Ising(L.triangular((4, 4))), (29, 44)),
]  # fmt: skip


@pytest.mark.parametrize(("system", "shape"), PICTURES, ids=lambda p: getattr(p, "type", None))
def test_picture(system, shape):
    system = system() if callable(system) else system
    run = erg.sample(system, chains=1, sweeps=2, warmup=0, seed=1, progress=False)
    image = L.picture(system, run.final[0])
    assert image.dtype == np.uint8 and image.shape == (*shape, 3) and np.ptp(image) > 0


def test_colours_mean_what_the_docstring_says():
    """Catches transposed pictures, hues that turn the other way, plaquettes whose links are shifted along the wrong axis."""
    spins = np.array([[1, -1, -1], [1, 1, 1]], np.int8)
    light = L.picture(L.Ising((2, 3)), spins).sum(axis=2)
    assert ((light > 400) == (spins > 0)).all()
    angle = np.array([0.0, 2 * np.pi / 3, np.pi, -2 * np.pi / 3])
    hues = L.picture(L.XY((2, 2)), np.stack([np.cos(angle), np.sin(angle)], -1).reshape(2, 2, 2)).reshape(4, 3)
    assert hues.argmax(axis=1).tolist()[0::3] == [0, 2] and hues[1].argmax() == 1 and hues[2].argmin() == 0
    up = L.picture(L.Heisenberg((1, 3)), np.array([[[0, 0, 1.0], [0, 0, -1.0], [1.0, 0, 0]]]))[0]
    assert up[0].min() > 240 and up[1].max() < 15 and up[2].argmax() == 0
    from ergodica.pictures.colours import _plaquettes

    for theory in (L.SU2((4, 6), beta=2.0), L.SU3((4, 6), beta=5.0), L.U1((4, 6), beta=1.0)):
        run = erg.sample(theory, chains=1, sweeps=3, warmup=3, seed=1, observe="plaquette", progress=False)
        p = _plaquettes(theory.type, *run.final[0])
        assert np.isclose((np.cos(p) if theory.type == "lattice.U1" else p).mean(), run["plaquette"][0, -1], atol=1e-12)


def test_bad_pictures():
    for system, x, what in ((L.Ising((4, 4)), np.ones((3, 4)), "shape"), (None, np.ones(3), "system on a lattice"), (L.XY((2, 2)), "no", "dtype")):
        with pytest.raises(erg.SpecError, match=what):
            L.picture(system, x)


def test_live_in_text():
    job = erg.sample(L.Ising((64, 64)), erg.Metropolis(), kT=[2.0, 2.5], sweeps=10**8, every=100, seed=1, wait=False)
    with erg.live(job, series="energy", every=0.02) as seen:
        before, end = str(seen), time.monotonic() + 10
        while str(seen) == before and time.monotonic() < end:
            time.sleep(0.02)
        assert str(seen) != before and "running" in before and "magnetization" not in str(seen)
        job.cancel()
        seen.wait(10)
        assert "cancelled" in str(seen) and "energy" in str(seen)
    assert not any(t.name == "ergodica live" for t in threading.enumerate())


class Losses:
    """What trains: a history that grows, and a few of a job's words."""

    def __init__(self):
        self.history, self.state, self.stopped = {"loss": [3.0, np.nan], "name": "x"}, "running", False

    def snapshot(self):
        return self.history

    def done(self):
        return self.stopped

    def cancel(self):
        self.stopped, self.state = True, "cancelled"


def test_live_takes_anything_that_has_a_history():
    losses = Losses()
    seen = erg.live(losses, every=0.01)
    losses.history["loss"] += list(np.linspace(2, 1, 1000))
    losses.history["valid"] = np.ones((2, 5))
    time.sleep(0.1)
    shown = {c["name"]: c for c in seen._shown["curves"]}
    assert shown["loss"]["points"] <= 300 and shown["loss"]["x"] == [1.0, 1002.0] and shown["valid"]["lines"] == 2 and "name" not in shown
    seen._press("stop")
    seen.wait(5)
    assert "cancelled" in str(seen) and seen._shown["buttons"] == ["stop"]
    with erg.live({}) as seen:
        assert "curves" in seen._shown


def test_live_shows_a_training():
    job = erg.learn(lambda m: np.sum((m["x"] - 1) ** 2), {"x": np.zeros(3)}, erg.Adam(1e-4), steps=10**7, every=10, seed=1, wait=False,
                    evaluate={"far": lambda m: np.sum(m["x"])}, evaluate_every=70)  # fmt: skip
    seen = erg.live(job, every=0.02)
    try:
        end = time.monotonic() + 20
        while not any(c["name"] == "loss" and c["points"] > 20 for c in seen._shown["curves"]) and time.monotonic() < end:
            time.sleep(0.02)
        with pytest.raises(erg.SpecError, match="no walkers"):
            job.configurations()
    finally:
        job.close()
    seen.wait(10)
    assert "loss" in str(seen) and "cancelled" in str(seen)
    first = {c["name"]: c["x"][0] for c in seen._shown["curves"]}
    assert first["loss"] == 10 and first["far"] == 70


@pytest.mark.parametrize(
    ("arguments", "what"),
    [((3,), "snapshot"), (({"a": [1.0]}, ["b"]), "b is no series"), (({"a": [1]}, None, "x"), "picture"), (({"a": [1]}, None, True, -1.0), "every")],
)
def test_bad_live(arguments, what):
    names = ("job", "series", "picture", "every")
    with pytest.raises(erg.SpecError, match=what):
        erg.live(**dict(zip(names, arguments, strict=False)))


def test_live_tells_what_broke():
    """A picture that raises, and a job that fails, are said; nothing else stops."""
    job = erg.sample(L.Ising((8, 8)), erg.Metropolis(), kT=2.0, sweeps=10**7, every=100, seed=1, wait=False)
    with erg.live(job, picture=lambda s: 1 / 0):
        pass
    seen = erg.live(job, picture=lambda s: s, every=0.02)
    assert "running" in str(seen)
    job.close()
    seen.close()

    def bad(s):
        if s.shape[0] and threading.current_thread().name == "ergodica job":
            raise KeyError("spins")
        return s[:, 0, 0]

    job = erg.sample(L.Ising((8, 8)), erg.Metropolis(), kT=2.0, sweeps=10**6, observe=bad, seed=1, wait=False)
    with pytest.raises(erg.PythonError):
        job.result(20)
    assert "KeyError" in str(erg.live(job))


def test_without_anywidget(tmp_path):
    """The same in text, with the way to the picture."""
    code = """if True:
        import sys
        sys.modules["anywidget"] = None
        import ergodica as erg
        assert not any(m.startswith(("ergodica.pictures", "ipywidgets", "traitlets", "matplotlib")) for m in sys.modules)
        seen = erg.live({"loss": [2.0, 1.0]})
        assert seen.widget is None
        from ergodica.pictures.live import ADVICE
        print(seen, ADVICE)
    """
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "loss" in out and "pip install" in out


CELLS = [
    """import ergodica as erg
job = erg.sample(erg.lattice.Ising((96, 64)), erg.Metropolis(), kT=[2.0, 2.4], chains=2, sweeps=10**9, every=1000, seed=1, wait=False)
erg.live(job, series="energy")""",
    "print('between', 6 * 7, job.state)",
]
PIXELS = "document.querySelector('canvas.ergodica-picture')?.toDataURL()"
STATUS = "document.querySelector('.ergodica-status')?.textContent"


def test_live_in_jupyterlab(tmp_path):
    """A cell shows a picture whose pixels change, the next cell runs meanwhile, a click on Stop ends the job."""
    if chromium() is None:
        reason = "no Chromium (apt-get install chromium, or CHROMIUM=path): the live picture in JupyterLab was not tested"
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    folder = tmp_path / "work"
    folder.mkdir()
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "live.ipynb")
    with laboratory(folder / "live.ipynb", tmp_path) as page:
        try:
            page.until("[...(window.jupyterapp?.shell.widgets('main') ?? [])][0]?.context.sessionContext.session?.kernel?.status === 'idle'", 60)
            page.ask("void jupyterapp.commands.execute('notebook:run-all-cells')")
            first = page.until(PIXELS)
            assert page.ask("document.querySelector('canvas.ergodica-picture').width") > 2 * 64
            second = page.until(f"({PIXELS}) !== {first!r} && {PIXELS}")
            page.until(f"({PIXELS}) !== {second!r}")
            assert "between 42 running" in page.until(
                "document.querySelectorAll('.jp-CodeCell')[1].querySelector('.jp-OutputArea-output')?.textContent"
            )
            page.until("new Set(document.querySelector('canvas.ergodica-curve').getContext('2d').getImageData(60, 20, 200, 100).data).size > 8")
            assert page.ask(STATUS).startswith("running")
            page.screenshot(tmp_path / "page.png")
            page.ask("[...document.querySelectorAll('.ergodica-live button')].find((b) => b.textContent === 'Pause').click()")
            page.until(f"({STATUS}).startsWith('paused')")
            page.ask("[...document.querySelectorAll('.ergodica-live button')].find((b) => b.textContent === 'Stop').click()")
            page.until(f"({STATUS}).startsWith('cancelled')")
        except BaseException:
            page.screenshot(tmp_path / "page.png")
            raise

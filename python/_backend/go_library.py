"""Builds ``ergodica/_native``, the Go core behind its Python border, with one ``go build``.

gopy writes the C and Go glue of the package ``bindings`` into ``bindings/_gen`` (ignored by git, and by ``./...`` for its underscore), only
when the border itself changed; then Go compiles core, border and glue into one shared library. It links to libc alone: the Python symbols
are the interpreter's, found at load time, so one library serves any build of that CPython version.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import go_toolchain

GENERATED = Path("bindings", "_gen")
CFLAGS = "-Wno-error -Wno-implicit-function-declaration -Wno-int-conversion"


def build(source: Path, output: Path, say=print) -> None:
    """Compile the tree at ``source`` into the extension ``output``; replaces it atomically, so that running processes keep theirs."""
    go = go_toolchain.require()
    env = go.environment()
    say(f"ergodica: building {output.name} with {go.kind}")
    generated = source / GENERATED
    generated.mkdir(exist_ok=True)
    with open(generated / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two builds of one tree take turns
        generate(source, env)
        compile_library(source, output, env)


def generate(source: Path, env: dict[str, str]) -> None:
    """Write native.go, native.c and native_go.h, unless they were made from the same border by the same tools."""
    out = source / GENERATED
    key = generation_key(source)
    made = out / "made-from"
    if made.exists() and made.read_text() == key and all((out / f).exists() for f in ("native.go", "native.c", "native_go.h")):
        return
    made.unlink(missing_ok=True)
    gopy = ["go", "tool", "gopy", "gen", "-no-make", "-dynamic-link", f"-output={GENERATED}", f"-vm={sys.executable}", "-name=native", "./bindings"]
    run(gopy, source, env)
    run(["go", "tool", "goimports", "-w", str(GENERATED / "native.go")], source, env)
    glue = (out / "native.go").read_text()
    glue = replace(r"^#cgo CFLAGS:.*$", f"#cgo CFLAGS: {CFLAGS}", glue)
    # -shared lets cgo's trial link accept Python symbols that only the interpreter has.
    glue = replace(r"^#cgo LDFLAGS:.*$", "#cgo linux LDFLAGS: -shared\n#cgo darwin LDFLAGS: -Wl,-undefined,dynamic_lookup", glue)
    (out / "native.go").write_text(glue)
    run([sys.executable, "build.py"], out, env)
    (out / "native_go.h").write_text('#include "_cgo_export.h"\n')
    made.write_text(key)


def generation_key(source: Path) -> str:
    """What the glue depends on: the border's sources, the tools' versions, the Python version."""
    digest = hashlib.sha256()
    border = [f for f in sorted((source / "bindings").glob("*.go")) if not f.name.endswith("_test.go")]
    for f in [*border, source / "go.mod", Path(__file__)]:
        digest.update(f.name.encode() + b"\0" + f.read_bytes() + b"\0")
    digest.update(repr((sys.version_info[:2], sys.platform, go_toolchain.PYBINDGEN)).encode())
    return digest.hexdigest()


def compile_library(source: Path, output: Path, env: dict[str, str]) -> None:
    """One ``go build``; no path of this machine goes into the library."""
    include = sysconfig.get_paths()["include"]
    extra = [env[v] for v in ("CGO_CFLAGS", "CFLAGS") if env.get(v)][:1]
    hide = f"-ffile-prefix-map={include}=python -ffile-prefix-map={source.resolve()}=ergodica -DNDEBUG"
    env = dict(env, CGO_CFLAGS=" ".join([f"-I{include} -fPIC -O3 {hide}", *extra]))
    output.parent.mkdir(parents=True, exist_ok=True)
    draft = output.parent / f"_native_draft_{os.getpid()}.so"
    try:
        run(["go", "build", "-trimpath", "-buildvcs=false", "-buildmode=c-shared", "-ldflags=-s -w",
             "-o", str(draft.resolve()), "./" + str(GENERATED)], source, env)
        os.replace(draft, output)
    finally:
        draft.unlink(missing_ok=True)
        draft.with_suffix(".h").unlink(missing_ok=True)


def replace(pattern: str, text: str, glue: str) -> str:
    new, n = re.subn(pattern, lambda _: text, glue, flags=re.MULTILINE)
    if n != 1:
        raise SystemExit(f"ergodica: expected one line {pattern} in gopy's native.go, found {n}; is the pinned gopy in use?")
    return new


def run(command: list[str], cwd: Path, env: dict[str, str]) -> None:
    """Run a step of the build; on failure show all it said."""
    done = subprocess.run(command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    if done.returncode:
        sys.stderr.write(done.stdout)
        raise SystemExit(f"ergodica: `{' '.join(command)}` failed with status {done.returncode}; its output is above")


def suffixed(package: Path) -> Path:
    """The extension's path inside a package directory."""
    return package / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"


if __name__ == "__main__":
    root = Path(__file__).resolve().parents[2]
    build(root, suffixed(Path(sys.argv[1]) if len(sys.argv) > 1 else root / "python" / "ergodica"))

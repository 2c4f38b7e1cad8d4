"""The door to the core: loading on first use, calls with their errors, arrays in and out, the life of a job."""

from __future__ import annotations

import _thread
import atexit
import ctypes as C
import importlib
import json
import os
import threading
import weakref
from typing import Any

import numpy as np

from ergodica import _arrays
from ergodica._config import config
from ergodica._encode import Request
from ergodica._signals import undisturbed
from ergodica.errors import ClosedError, Error, ForkError, InternalError, Interrupted, SpecError, from_wire

_library: Any = None
_forked = False
_loading = threading.Lock()
facts: dict[str, Any] = {}  # version, SIMD path, threads, memory limit: what runs note of the core


def _after_fork() -> None:
    global _forked
    _forked = _library is not None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def library() -> Any:
    """The compiled core, loaded on first use; refused in a child of a process in which it was live."""
    global _library
    if _forked:
        raise ForkError(
            "this process was forked from one that had used ergodica; the core's threads do not survive a fork",
            "Try multiprocessing.get_context('spawn') (joblib's default 'loky' is fine), or use ergodica only in the children.",
        )
    if _library is None:
        with _loading:
            if _library is None:
                try:
                    from ergodica import _native
                except ImportError as why:
                    raise ImportError(f"the compiled core of ergodica is missing ({why}); run `make`, or `pip install .`") from why
                facts["version"] = json.loads(_native.native_Info()).get("version", "")
                _configure(_native)
                config._push = lambda: _configure(library())
                _library = _native
    return _library


def _configure(native: Any) -> None:
    settings = {"threads": config.threads, "simd": config.simd, "memory": config.memory}
    try:
        facts.update(json.loads(native.native_Configure(json.dumps(settings))))
    except RuntimeError as e:
        raise _translate(e) from None


def call(function: str, *args: Any) -> Any:
    """Call an exported function of the core; its error becomes the exception it names."""
    try:
        return getattr(library(), "native_" + function)(*args)
    except Error:
        raise
    except ValueError as e:  # a null character, which no text of C holds
        raise SpecError(f"{function}: {e}") from None
    except RuntimeError as e:
        raise _translate(e) from None


def _translate(e: RuntimeError) -> Error | Interrupted:
    try:
        wire = json.loads(str(e))
        return from_wire(wire)
    except (ValueError, AttributeError):
        return InternalError(str(e), "This is a bug of ergodica; please report it with erg.show_versions().")


def info() -> dict[str, Any]:
    """What the core says of itself: version, SIMD path, threads, bytes held, the registry of methods."""
    return json.loads(call("Info"))


FACTORING = "cholesky triangular_solve solve inv slogdet lu lu_solve eigh qr svd eig pinv funm funm_tangent".split()  # operations that need a LAPACK
_ROUTINES = {  # what bindings/lapack calls
    "cython_lapack": "dpotrf dgetrf dgetri dsyevd dgelqf dorglq dgesdd dgeev zpotrf zgetrf zgetri zheevd zgelqf zunglq zgesdd zgeev zgees".split(),
    "cython_blas": "dtrsm dtrsv ztrsm ztrsv".split(),
}
_lapack: str | None = None


def lend_for(program: str | dict[str, Any]) -> None:
    """:func:`lend_lapack` where a program, as JSON or before it is that, has an operation that needs it."""
    if any(f'"{op}"' in program for op in FACTORING) if isinstance(program, str) else not _operations(program).isdisjoint(FACTORING):
        lend_lapack()


def _operations(wire: dict[str, Any]) -> set[str]:
    """The operations of a program and of those within it."""
    inner = [y for a in wire["attrs"] for x in a.values() for y in (x if isinstance(x, list) else [x]) if isinstance(y, dict) and "ops" in y]
    return set(wire["ops"]).union(*map(_operations, inner))


def lend_lapack(size: int = 2) -> str:
    """Let the core factor matrices by SciPy's LAPACK, and give its name; SciPy is imported at the first call, later ones do nothing.

    Called before a program with one of the operations ``FACTORING`` is compiled. The pointers are SciPy's own
    (``scipy.linalg.cython_lapack.__pyx_capi__``); the core tries them on matrices up to ``size`` before it uses them. They
    run on one thread a call; SciPy's own setting is given back after each.
    """
    global _lapack
    if _lapack is None:
        pointers = {name: _pointer(module, name) for module, names in _ROUTINES.items() for name in names}
        _lapack = call("LapackPointers", json.dumps(pointers), size)
    return _lapack


def _pointer(module: str, name: str) -> int:
    """The address of a C function that a Cython module of SciPy exports."""
    capsule = importlib.import_module("scipy.linalg." + module).__pyx_capi__[name]
    form = C.PYFUNCTYPE(C.c_char_p, C.py_object)(("PyCapsule_GetName", C.pythonapi))(capsule)
    if b"int *" not in form or b"int64" in form:
        raise InternalError(f"SciPy's {name} has another interface: {form.decode()}", "This SciPy cannot be used; please report its version.")
    return int(C.PYFUNCTYPE(C.c_void_p, C.py_object, C.c_char_p)(("PyCapsule_GetPointer", C.pythonapi))(capsule, form))


_open: dict[int, weakref.ref[Handle]] = {}


class Handle:
    """An open job of the core. Closing it cancels what runs and releases inputs and results that were not taken."""

    id: int = 0

    def __init__(self, request: Request) -> None:
        text = request.json()
        library()
        try:
            with undisturbed():
                structs = [_arrays.export(a) for a in request.arrays]
                inputs = [
                    {"name": name, "array": C.addressof(a), "schema": C.addressof(s), "shape": x.shape, "dtype": _arrays.NAMES[x.dtype],
                     "borrow": True}
                    for name, x, (a, s) in zip(request.names, request.arrays, structs, strict=True)
                ]
                try:
                    self.id = call("JobOpen", text, json.dumps(inputs))
                finally:
                    for a, s in structs:  # whatever the core did not take
                        _arrays.release(a)
                        _arrays.release(s)
                _open[self.id] = weakref.ref(self)
        except KeyboardInterrupt:  # which was put off; nobody else has the job, but a traceback that is kept would hold it
            self.close()
            raise

    def _call(self, function: str, *args: Any) -> Any:
        if not self.id:
            raise ClosedError("this job was closed")
        return call(function, self.id, *args)

    def wait(self, ms: int) -> dict[str, Any]:
        """The state after at most ``ms`` milliseconds: less when the job ends or asks for a Python function."""
        return json.loads(self._call("JobWait", ms))

    def take(self, k: int, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        """Result ``k`` as a writable view of the core's memory, which it keeps alive."""
        held = _arrays.Held()
        with undisturbed():
            self._call("JobTake", k, *held.addresses)
            return held.view(dtype, shape)

    def close(self) -> None:
        """Cancel, wait, release. Doing so twice is fine."""
        with undisturbed():
            id, self.id = self.id, 0
            _open.pop(id, None)
            if id and not _forked:
                call("JobClose", id)

    def __enter__(self) -> Handle:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        if self.id and _library is not None:
            try:
                with undisturbed():
                    self.close()
            except KeyboardInterrupt:  # a destructor cannot raise
                threading.Timer(0.01, _thread.interrupt_main).start()
            except Exception:  # at interpreter exit there is nobody to tell
                pass


@atexit.register
def _close_all() -> None:
    for handle in [ref() for ref in list(_open.values())]:
        try:
            if handle is not None:
                handle.close()
        except Exception:
            pass

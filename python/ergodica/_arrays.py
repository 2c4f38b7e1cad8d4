"""Arrays at the border: what is accepted, and how it becomes C-contiguous memory in native byte order.

Accepted is anything with ``__arrow_c_array__`` (pyarrow, polars, nanoarrow), DLPack (torch, jax) or ``__array__``, and sequences of numbers.
An array that is contiguous and of native byte order is used as it is, read-only or not; any other is copied once.
"""

from __future__ import annotations

import ctypes as C
import functools
import math
import weakref
from typing import Any

import numpy as np

from ergodica.errors import NonFiniteError, ShapeError, SpecError

DTYPES = ("float64", "float32", "complex128", "complex64", "int64", "int32", "int8", "uint8", "uint64", "bool")
NAMES = {np.dtype(name): name for name in DTYPES}  # NumPy makes a name anew each time it is asked
_WIDER = {"int16": "int32", "uint16": "int32", "uint32": "int64"}


def as_array(x: Any, name: str, dtype: Any = None) -> np.ndarray:
    """``x`` as a C-contiguous native array of a dtype that crosses the border; ``name`` stands in errors."""
    a = _foreign(x, name)
    if a.dtype.kind == "O" and a.size == 0:
        a = a.astype(np.float64)
    if dtype is not None and a.dtype != dtype:
        if not np.can_cast(a.dtype, dtype, "same_kind"):
            raise ShapeError(f"{name}: expected dtype {np.dtype(dtype)}, got {a.dtype}", fields={"argument": name})
        a = a.astype(dtype)
    if not a.dtype.isnative:
        a = a.astype(a.dtype.newbyteorder("="))
    if a.dtype not in NAMES and a.dtype.name in _WIDER:
        a = a.astype(_WIDER[a.dtype.name])
    if a.dtype not in NAMES:
        raise ShapeError(
            f"{name}: expected numbers of a dtype among {', '.join(DTYPES)}; got {a.dtype}",
            f"Try {name.rsplit('.', 1)[-1]}.astype(float)." if a.dtype.kind in "fOSU" else "",
            {"argument": name},
        )
    return np.require(a, requirements="C") if a.ndim else a.copy()


def as_numbers(x: Any, name: str) -> np.ndarray:
    """``x`` as :func:`as_array` gives it, refused where it is complex or not finite."""
    a = as_array(x, name)
    if a.dtype.kind == "c":
        raise ShapeError(f"{name}: expected real numbers, got {a.dtype}", f"Try {name.rsplit('.', 1)[-1]}.real.", {"argument": name})
    if not np.isfinite(a).all():
        bad = a[~np.isfinite(a)]
        raise NonFiniteError(f"{name}: expected finite numbers, got {bad[0]} at {bad.size} of {a.size} places", fields={"argument": name})
    return a


def _foreign(x: Any, name: str) -> np.ndarray:
    if isinstance(x, np.ma.MaskedArray):
        if np.ma.is_masked(x):
            raise SpecError(f"{name}: expected numbers for all elements, got a masked array", "Try x.filled(value).", {"argument": name})
        return np.asarray(x)
    if isinstance(x, np.ndarray):
        return np.asarray(x)
    if hasattr(x, "__arrow_c_array__"):
        return from_arrow(x, name)
    try:
        if hasattr(x, "__dlpack__") and not hasattr(x, "__array__"):
            return np.from_dlpack(x)
        if hasattr(x, "detach") and hasattr(x, "cpu"):  # a torch tensor, perhaps with a gradient or on a GPU
            x = x.detach().cpu()
        return np.asarray(x)
    except Exception as why:
        raise ShapeError(f"{name}: expected an array, got {type(x).__name__} ({why})", fields={"argument": name}) from why


class ArrowArray(C.Structure):
    """struct ArrowArray of the Arrow C data interface, 80 bytes."""

    _fields_ = [("length", C.c_int64), ("null_count", C.c_int64), ("offset", C.c_int64), ("n_buffers", C.c_int64), ("n_children", C.c_int64),
                ("buffers", C.c_void_p), ("children", C.c_void_p), ("dictionary", C.c_void_p), ("release", C.c_void_p),
                ("private_data", C.c_void_p)]  # fmt: skip


class ArrowSchema(C.Structure):
    """struct ArrowSchema of the Arrow C data interface, 72 bytes."""

    _fields_ = [("format", C.c_char_p), ("name", C.c_char_p), ("metadata", C.c_void_p), ("flags", C.c_int64), ("n_children", C.c_int64),
                ("children", C.c_void_p), ("dictionary", C.c_void_p), ("release", C.c_void_p), ("private_data", C.c_void_p)]  # fmt: skip


FORMATS = {"float64": b"g", "float32": b"f", "complex128": b"w:16", "complex64": b"w:8", "int64": b"l", "int32": b"i", "int8": b"c",
           "uint8": b"C", "uint64": b"L", "bool": b"C"}  # fmt: skip
_FROM_FORMAT = {b"g": "f8", b"f": "f4", b"l": "i8", b"i": "i4", b"s": "i2", b"c": "i1", b"L": "u8", b"I": "u4", b"S": "u2", b"C": "u1"}

RELEASE = C.PYFUNCTYPE(None, C.c_void_p)  # holds the interpreter's lock: releasing must not let another thread's signal in
_live: dict[int, tuple[Any, ...]] = {}  # exported memory, kept until its consumer releases it
_next = iter(range(1, 2**62)).__next__


CALLBACK = C.CFUNCTYPE(None, C.c_void_p)


# Called by the core: on its own threads, which see no signals, or from a call that is undisturbed by them.
@CALLBACK
def _release_array(address: int) -> None:
    struct = ArrowArray.from_address(address)
    _live.pop(struct.private_data, None)
    struct.release = None


@CALLBACK
def _release_schema(address: int) -> None:
    ArrowSchema.from_address(address).release = None


_RELEASE_ARRAY = C.cast(_release_array, C.c_void_p).value
_RELEASE_SCHEMA = C.cast(_release_schema, C.c_void_p).value


_Buffers = C.c_void_p * 2


def export(a: np.ndarray) -> tuple[ArrowArray, ArrowSchema]:
    """Two C structs on the memory of ``a``, which stays alive until the consumer calls ``release``."""
    key = _next()
    buffers = _Buffers(None, a.__array_interface__["data"][0])
    _live[key] = (a, buffers)
    array = ArrowArray(length=a.size, n_buffers=2, buffers=C.addressof(buffers), release=_RELEASE_ARRAY, private_data=key)
    return array, ArrowSchema(format=FORMATS[NAMES[a.dtype]], name=b"", release=_RELEASE_SCHEMA)


def release(struct: ArrowArray | ArrowSchema) -> None:
    """Call the release function of a struct that nobody took."""
    if struct.release:
        RELEASE(struct.release)(C.addressof(struct))


class Held:
    """Two structs that a producer fills; :meth:`view` makes an array of them, and with the last view of its memory the array struct is released."""

    __slots__ = ("__weakref__", "array", "schema")

    def __init__(self) -> None:
        self.array, self.schema = ArrowArray(), ArrowSchema()

    @property
    def addresses(self) -> tuple[int, int]:
        return C.addressof(self.array), C.addressof(self.schema)

    def view(self, dtype: str, shape: tuple[int, ...]) -> np.ndarray:
        """The memory as a writable array whose base keeps it alive."""
        release(self.schema)
        if self.array.release:
            _watch(self)
        data = C.c_void_p.from_address(self.array.buffers + 8).value if self.array.buffers else None
        return view(data, dtype, shape, self)


_RELEASE_HELD = C.PYFUNCTYPE(None, C.POINTER(ArrowArray), C.py_object)  # the second argument is the weak reference, of which C knows nothing
_watched: list[weakref.ref[Held]] = []
_crowd = 1000


def _watch(held: Held) -> None:
    """Release ``held.array`` when ``held`` is gone, without an instruction of Python's in which a Ctrl-C could get lost."""
    global _watched, _crowd
    _watched.append(weakref.ref(held, functools.partial(_RELEASE_HELD(held.array.release), held.array)))
    if len(_watched) > _crowd:
        _watched = [r for r in _watched if r() is not None]
        _crowd = 1000 + 2 * len(_watched)


class _Memory:
    """Raw memory as NumPy asks for it; an array on it keeps this object, and so the owner. Arrays of ctypes take a type for each length."""

    __slots__ = ("__array_interface__", "owner")

    def __init__(self, address: int, kind: np.dtype, shape: tuple[int, ...], owner: Any) -> None:
        self.__array_interface__ = {"data": (address, False), "shape": shape, "typestr": kind.str, "version": 3}
        self.owner = owner


def view(address: int | None, dtype: str, shape: tuple[int, ...], owner: Any) -> np.ndarray:
    """An array on raw memory that keeps ``owner`` alive."""
    kind = np.dtype(dtype)
    if not address or math.prod(shape) == 0:
        return np.empty(shape, kind)
    return _asarray(_Memory(address, kind, shape, owner))


_asarray = np.asarray  # whatever stands for it in a function that is traced


def from_arrow(x: Any, name: str) -> np.ndarray:
    """A view of an Arrow array of numbers without nulls, through its C structs; pyarrow is not needed."""
    pointer = C.pythonapi.PyCapsule_GetPointer
    pointer.restype, pointer.argtypes = C.c_void_p, [C.py_object, C.c_char_p]
    schema_capsule, array_capsule = x.__arrow_c_array__()
    schema = ArrowSchema.from_address(pointer(schema_capsule, b"arrow_schema"))
    array = ArrowArray.from_address(pointer(array_capsule, b"arrow_array"))
    if schema.format not in _FROM_FORMAT:
        text = (schema.format or b"").decode(errors="replace")
        raise ShapeError(f"{name}: expected an Arrow array of numbers, got one of format {text!r}", fields={"argument": name})
    nulls = array.null_count if array.null_count >= 0 else int(bool(C.c_void_p.from_address(array.buffers).value))
    if nulls:
        raise SpecError(f"{name}: expected an Arrow array without nulls", "Try x.fill_null(value).", {"argument": name})
    dtype = np.dtype(_FROM_FORMAT[schema.format])
    data = C.c_void_p.from_address(array.buffers + 8).value if array.n_buffers > 1 else None
    start = (data or 0) + array.offset * dtype.itemsize
    a = view(start if data else None, dtype.str, (array.length,), (schema_capsule, array_capsule))
    a.flags.writeable = False
    return a

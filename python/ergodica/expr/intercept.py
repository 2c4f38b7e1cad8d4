"""Calls that NumPy's protocols do not show, seen while a function is traced.

Two means, both of which leave NumPy as it is. The class of the modules ``numpy``, ``numpy.random``, ``scipy.special``, ... is exchanged as long as
something is traced anywhere: its attribute access gives stand-ins to the tracing thread's user code, and the module's own objects, untouched, to
everybody else. Names that the user's module imported directly (``from scipy.special import logsumexp``) are looked up through a stand-in for that
module's globals, in a copy of the function.
"""

from __future__ import annotations

import dis
import functools
import os
import pickle
import random
import sys
import sysconfig
import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ergodica.expr import lists
from ergodica.expr.refuse import foreign
from ergodica.expr.substitutes import draws, replacements
from ergodica.expr.values import _local

_READS = {dis.opmap[name] for name in ("LOAD_ATTR", "LOAD_METHOD", "IMPORT_FROM") if name in dis.opmap}


def _user(depth: int = 2) -> bool:
    """Whether the user's own code reads an attribute; not compiled code that it calls, which has no frame and may take what it gets for an array."""
    frame = sys._getframe(depth)
    code = frame.f_code
    return not foreign(code.co_filename) and (code.co_code[frame.f_lasti] in _READS or "getattr" in code.co_names)


class _RefusedGenerator:
    """Stands for a random generator of the user's module."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return draws(f"{self._name}.{attribute}")


strict = replacements()  # also for names that the user's module imported
table = dict(strict)
_by_id: dict[int, Callable[..., Any]] = {id(getattr(m, n)): f for m, fs in strict.items() for n, f in fs.items() if hasattr(m, n)}
for _module, _found in lists.replacements().items():
    table[_module] = _found | table.get(_module, {})


_names = {name for functions in table.values() for name in functions}
_attribute = types.ModuleType.__getattribute__


class _Watched(types.ModuleType):
    """A module whose attributes are replaced for user code of a thread that traces."""

    def __getattribute__(self, name: str) -> Any:
        if name in _names and _local.stack:  # most are asked for by code of ours, and often
            replaced = table.get(self, {}).get(name)
            if replaced is not None and _user():
                return replaced
        return _attribute(self, name)


_lock = threading.Lock()
_traces = 0


def enter() -> None:
    """One more trace runs somewhere."""
    global _traces
    with _lock:
        _traces += 1
        if _traces == 1:
            for m in table:
                m.__class__ = _Watched


def leave() -> None:
    """One trace fewer; after the last the modules are plain again."""
    global _traces
    with _lock:
        _traces -= 1
        if _traces == 0:
            for m in table:
                m.__class__ = types.ModuleType


class _Scope:
    """The stand-ins for one traced function: one for each module whose names need replacing."""

    def __init__(self) -> None:
        self.globals: dict[int, _Globals | None] = {}
        self.copies: dict[int, Any] = {}

    def of(self, real: dict[str, Any]) -> _Globals | None:
        """The stand-in for a module's globals, None where they can stay."""
        if id(real) not in self.globals:
            self.globals[id(real)] = None
            if any(self._needs(x, real) for x in list(real.values()) if not isinstance(x, _PLAIN)):
                self.globals[id(real)] = _Globals(real, self)
        return self.globals[id(real)]

    def _needs(self, x: Any, real: dict[str, Any]) -> bool:
        """Whether a name of the module's globals gives something else in a traced function."""
        kind = type(x)
        if id(x) in _by_id:
            return True
        if kind is type:
            return False
        if issubclass(kind, types.ModuleType):
            return _is_users_module(x) and self.of(x.__dict__) is not None
        if kind is types.FunctionType:
            return _is_users(x) and x.__globals__ is not real and self.of(x.__globals__) is not None
        return isinstance(x, _GENERATORS) or isinstance(_owner(x), _GENERATORS)

    def copy(self, f: types.FunctionType) -> Any:
        """``f`` on stand-ins, or ``f`` itself where it needs none."""
        made = self.copies.get(id(f))
        if made is None:
            self.copies[id(f)] = f  # while its closure is searched
            closure = tuple([self._cell(c, n) for n, c in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True)])
            g = self.of(f.__globals__)
            if g is None and all(a is b for a, b in zip(closure, f.__closure__ or (), strict=True)):
                return f
            made = types.FunctionType(f.__code__, f.__globals__ if g is None else g, f.__name__, f.__defaults__, closure)
            made.__kwdefaults__ = f.__kwdefaults__
            made.__dict__.update(f.__dict__)
            made.__module__, made.__qualname__, made.__doc__ = f.__module__, f.__qualname__, f.__doc__
            self.copies[id(f)] = made
        return made

    def _cell(self, cell: Any, name: str) -> Any:
        try:
            x = cell.cell_contents
        except ValueError:
            return cell
        y = self.replaced(x, name)
        return cell if y is x else types.CellType(y)

    def replaced(self, x: Any, name: str) -> Any:
        """What a name gives to a traced function."""
        f = _by_id.get(id(x))
        if f is not None:
            return f
        if _is_users(x):
            return self.copy(x)
        if isinstance(x, types.ModuleType):
            return _ModuleView(x, self) if _is_users_module(x) and self.of(x.__dict__) is not None else x
        if isinstance(x, _GENERATORS):
            return _RefusedGenerator(name)
        if isinstance(_owner(x), _GENERATORS):
            return draws(name)
        return x

    def settle(self) -> None:
        """Hand over what ``global`` statements wrote."""
        for g in self.globals.values():
            if g is not None:
                g.real.update({k: x for k, x in g.items() if k != "__builtins__"})


_GENERATORS = (np.random.Generator, np.random.RandomState, random.Random)


_PLAIN = (int, float, str, np.ndarray, list, dict, tuple)
_INSTALLED = tuple({os.path.realpath(p) + os.sep for p in sysconfig.get_paths().values()} | {p + os.sep for p in sysconfig.get_paths().values()})


def _is_users_module(x: Any) -> bool:
    """A module that stands outside the interpreter's own folders."""
    if not isinstance(x, types.ModuleType):
        return False
    file = x.__dict__.get("__file__")
    return isinstance(file, str) and not file.startswith(_INSTALLED) and not foreign(file) and not x.__name__.startswith("ergodica")


def _is_users(x: Any) -> bool:
    return isinstance(x, types.FunctionType) and not foreign(x.__code__.co_filename)


def _owner(x: Any) -> Any:
    """Whose method it is; some objects (``torch.classes``) raise whatever they like when they are asked."""
    try:
        return getattr(x, "__self__", None)
    except Exception:
        return None


class _ModuleView:
    """Stands for a module of the user's in a traced function."""

    def __init__(self, module: types.ModuleType, scope: _Scope) -> None:
        self.__dict__.update(_module=module, _scope=scope)

    def __getattr__(self, name: str) -> Any:
        return self._scope.replaced(getattr(self._module, name), f"{self._module.__name__}.{name}")

    def __setattr__(self, name: str, x: Any) -> None:
        setattr(self._module, name, x)


class _Globals(dict[str, Any]):
    """Stands for a module's globals: reads go to them, with replacements; what ``global`` statements write stays here until it is handed over."""

    def __init__(self, real: dict[str, Any], scope: _Scope) -> None:
        super().__init__({"__builtins__": real.get("__builtins__", __builtins__)})
        self.real, self.scope = real, scope

    def __getitem__(self, name: str) -> Any:
        if name != "__builtins__" and dict.__contains__(self, name):
            return dict.__getitem__(self, name)
        return self.scope.replaced(self.real[name], name)


def prepare(f: Any) -> tuple[Any, Callable[[], None]]:
    """``f`` as it is to be called while traced, and what to do afterwards."""
    scope = _Scope()
    held = _generators(f)
    before = [pickle.dumps(g.bit_generator.state) if hasattr(g, "bit_generator") else pickle.dumps(g.get_state()) for g in held]

    def after() -> None:
        scope.settle()
        for g, state in zip(held, before, strict=True):
            if pickle.dumps(g.bit_generator.state if hasattr(g, "bit_generator") else g.get_state()) != state:
                draws(f"a draw from {type(g).__name__}")()

    return _prepared(f, scope), after


def called(f: Any, *args: Any, **kwargs: Any) -> Any:
    """``f(...)``, where something is traced as a traced function: for functions that objects hold, which a search of closures does not find."""
    if not _local.stack:
        return f(*args, **kwargs)
    call, after = prepare(f)
    try:
        return call(*args, **kwargs)
    finally:
        after()


def seen(cls: type) -> None:
    """Lets the methods of a user's class be called as traced functions are, where something is traced: nobody finds them in a closure."""
    if cls.__module__.partition(".")[0] != "ergodica":
        for name, f in list(vars(cls).items()):
            if isinstance(f, types.FunctionType) and _is_users(f) and (name == "__call__" or not name.startswith("__")):
                setattr(cls, name, _seen(f))
            elif isinstance(f, property) and isinstance(f.fget, types.FunctionType) and _is_users(f.fget):
                setattr(cls, name, f.getter(_seen(f.fget)))


def _seen(f: types.FunctionType) -> Any:
    @functools.wraps(f)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return called(types.MethodType(f, self), *args, **kwargs)

    return method


class Held:
    """A user's function that an object holds, called as traced functions are where something is traced; equal to the function itself."""

    def __init__(self, f: Callable[..., Any]) -> None:
        functools.update_wrapper(self, f, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return called(self.__wrapped__, *args, **kwargs)  # type: ignore[attr-defined]

    def __eq__(self, other: object) -> bool:
        return bool(self.__wrapped__ == getattr(other, "__wrapped__", other))  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(self.__wrapped__)  # type: ignore[attr-defined]

    def __repr__(self) -> str:
        return repr(self.__wrapped__)  # type: ignore[attr-defined]

    def __reduce__(self) -> Any:
        return Held, (self.__wrapped__,)  # type: ignore[attr-defined]


def held(x: Any) -> Any:
    """The value of a field, its functions of the user's as :class:`Held`, also those in lists, tuples and dicts."""
    f = x
    while isinstance(f, functools.partial):
        f = f.func
    if _is_users(getattr(f, "__func__", f)):
        return Held(x)
    if type(x) in (list, tuple) and any(held(y) is not y for y in x):
        return type(x)([held(y) for y in x])
    if type(x) is dict and any(held(y) is not y for y in x.values()):
        return {k: held(y) for k, y in x.items()}
    return x


def _generators(f: Any) -> list[Any]:
    """Random generators that the function's objects hold."""
    while isinstance(f, functools.partial):
        f = f.func
    objects = [getattr(f, "__self__", None), f]
    g = getattr(f, "__func__", f)
    for cell in getattr(g, "__closure__", None) or ():
        try:
            objects.append(cell.cell_contents)
        except ValueError:
            continue
    names = getattr(getattr(g, "__code__", None), "co_names", ())
    objects += [g.__globals__[n] for n in names if n in g.__globals__]
    found = []
    for x in objects:
        if isinstance(x, (types.ModuleType, type)):
            continue
        for y in (x, *list(getattr(x, "__dict__", {}).values())):
            if isinstance(y, (np.random.Generator, np.random.RandomState)):
                found.append(y)
    return found


def _prepared(f: Any, scope: _Scope) -> Any:
    if id(f) in _by_id:  # scipy.linalg.expm itself
        return _by_id[id(f)]
    if isinstance(f, types.MethodType):
        return functools.partial(_prepared(f.__func__, scope), f.__self__)
    if isinstance(f, functools.partial):
        return functools.partial(_prepared(f.func, scope), *f.args, **f.keywords)
    if _is_users(f):
        return scope.copy(f)
    method: Any = vars(type(f)).get("__call__")
    return functools.partial(scope.copy(method), f) if _is_users(method) else f

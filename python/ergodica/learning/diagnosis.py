"""Where a loss stopped being a number."""

from __future__ import annotations

from typing import Any

from ergodica.errors import NonFiniteError
from ergodica.learning.program import Assembly


def located(error: NonFiniteError, assembly: Assembly, state: Any, batch: Any, members: int | None) -> NonFiniteError:
    """The error with the operation and the line of it."""
    return error

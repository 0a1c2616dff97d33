"""What following a run may take. Beyond it a key becomes unknown, and that is said."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Limits:
    """``rows_max``: configurations tried at one return. ``open_max``: operations open at once.

    ``object_rows_max`` and ``kinds_max`` are the same for models other than registers, whose
    configurations are larger: those tried at one return, and kinds of crashed operations.
    ``columns_max``: classes of crashed operations that may matter to what is open;
    ``crashed_max``: such classes that may still take effect. ``window_max``: events of one
    key that wait for one that is open; after so many it counts as indeterminate.
    ``kept_max``: operations of one key that are kept for the explanation, and
    ``kept_all_max`` of all keys together. ``keys_max``: keys. ``names_tidy``: values that
    are not integers before those that are gone are forgotten.
    """

    rows_max: int = 1 << 14
    open_max: int = 1 << 12
    columns_max: int = 256
    object_rows_max: int = 5_000
    kinds_max: int = 64
    crashed_max: int = 200_000
    window_max: int = 1 << 16
    kept_max: int = 1_000
    kept_all_max: int = 50_000
    keys_max: int = 250_000
    names_tidy: int = 1_024

    def with_names_tidy(self, count: int) -> Limits:
        """The same, but for when names are next tidied: at ``count``, or later."""
        return replace(self, names_tidy=max(count, 1_024))

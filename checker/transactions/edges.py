"""Kinds of edges between transactions, as bits, so that a set of them is a mask."""

from __future__ import annotations

WW, WR, RW = 1, 2, 4
"""One overwrote, read, or was overwritten unseen by the other: Adya's three dependencies."""
PROCESS = 8
"""One process ran both, one after the other."""
REALTIME = 16
"""One was acknowledged before the other was asked for."""
GLUE = 32
"""From a node that stands for many transactions to one of them; says nothing by itself."""

DATA = WW | WR | RW

NAMES = {WW: "ww", WR: "wr", RW: "rw", PROCESS: "process", REALTIME: "realtime"}

INTERNAL, DUPLICATE, INCOMPATIBLE = 1, 2, 4
GARBAGE, ABORTED, INTERMEDIATE, UNREPEATABLE = 8, 16, 32, 64
"""What is wrong with a read, as bits: it contradicts its transaction's own writes; has an element
twice; agrees with no order of all; has what nobody wrote, what failed, what was overwritten within
its transaction; differs from an earlier read of its transaction."""

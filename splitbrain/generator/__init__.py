"""Pure, seeded schedules of client operations."""

from splitbrain.generator.choice import Mix, PerKey
from splitbrain.generator.item import ASAP, MAIN, Generator, Invoke, Item, Phase
from splitbrain.generator.lanes import Each, Reserve
from splitbrain.generator.leaves import Draw, Listed, Repeat
from splitbrain.generator.pace import Limit, Stagger, TimeLimit
from splitbrain.generator.phases import Phases
from splitbrain.generator.scripted import Scripted
from splitbrain.generator.serialise import digest, serialise

__all__ = [
    "ASAP",
    "MAIN",
    "Draw",
    "Each",
    "Generator",
    "Invoke",
    "Item",
    "Limit",
    "Listed",
    "Mix",
    "PerKey",
    "Phase",
    "Phases",
    "Repeat",
    "Reserve",
    "Scripted",
    "Stagger",
    "TimeLimit",
    "digest",
    "serialise",
]

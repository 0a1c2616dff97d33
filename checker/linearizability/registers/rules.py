"""Which pruning rules a search uses: one bit each, so that tests can try every rule on and off.

Each keeps at least one linearization of every linearizable prefix. A *configuration* is

    rank       the next return that must happen (all earlier ones have happened)
    state      what the register holds
    required   pending operations that still must be linearized, one bit a slot
    optional   pending operations that may still be used but need not be
    consumed   how many crashed operations of each class have been used
    flag       bit 0: the next mutator must not be a write (ENABLE);
               bit 1: the returning operation is optional, and will be used

OBSERVERS   A read or mismatch that is legal now is linearized now: it changes nothing, and all
            that must precede it (what returned before its call) is already placed.
HIDDEN      When a write is linearized, any other write pending then can sit just before it,
            unseen; so it becomes optional, which is never worse than required or used. When an
            optional write returns it is used now or never: both are tried, unless nobody needs
            its value any more.
DOMINANCE   A configuration A can do all that B can if rank and state are equal, A has used no
            more crashed operations of any class, A's flags are among B's, and
            with SUBSET whatever A requires B requires, and whatever mutator is pending in B
            (required or optional) is so in A: take what B does, and leave out the observers
            that A has placed and the writes that in A are hidden already. Without this rule
            the required sets have to be equal.
            Pruning by a configuration that was seen but not yet expanded is sound: take a
            prefix's shortest completion from any seen configuration; its first step leads to a
            seen one, or one dominated by a seen one, from which a completion is shorter still.
ENABLE      A write x directly followed by a write y need not be there: x is hidden by y (or,
            when x is crashed or optional, left out). The exception is that x hides the
            returning write t, and y comes only after t returned; but then t can stand where x
            stood. So after x, unless x is t, the next mutator is not a write; likewise after a
            crashed or optional compare-and-set, which can be left out before a write, and after
            an optional write used at its return, which could be left hidden. An observer
            placed in between lifts the ban. Mind the case that looks removable and is not: x
            that writes the value already held still hides other writes.
NEEDED_ONLY A mutator that is optional or crashed is used only as long as somebody may need its
            value (``preparation.find_needs``).

Among pending writes of one value the earliest to return is used, pending before crashed: in a
linearization that uses another one they can be exchanged. The same holds for compare-and-sets
with equal arguments.

WINDOWS is not a rule of the search but of the portfolio (``windows.py``).

ENABLE, NEEDED_ONLY and WINDOWS rest on HIDDEN: a write that is not hidden has to be placed,
whether or not it enables anything or anybody needs its value (``applicable``).
"""

OBSERVERS = 1
HIDDEN = 2
DOMINANCE = 4
SUBSET = 8
ENABLE = 16
NEEDED_ONLY = 32
WINDOWS = 64
ALL = 127


def applicable(rules: int) -> int:
    """``rules`` less those that rest on one that is off."""
    return rules if rules & HIDDEN else rules & ~(ENABLE | NEEDED_ONLY | WINDOWS)

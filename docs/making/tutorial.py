"""Makes what ``docs/tutorial.md`` shows, by doing what it says: `python docs/making/tutorial.py`.

Runs the commands of the page one after the other in a fresh home, puts their answers where they
say something new, and pictures the pages they leave behind. Needs `pip install -e '.[test]'` and
Chromium. A block that needs more is run when that is named, as ``--with etcd``: on real hosts its
answer is another one each time. A command that goes wrong ends it, and no text is written.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import pictures
from blocks import Block, blocks_of, rewritten
from walk import Answer, Walk

DOCS = Path(__file__).resolve().parents[1]
PAGE = DOCS / "tutorial.md"
FOLDER = DOCS / "pictures"
JUDGED = (0, 1)
"""Exit codes that say what came of a command: valid, or done; and invalid."""


def walked(walk: Walk, blocks: list[Block]) -> dict[str, Answer]:
    """The answers to all commands of the blocks, in order; RuntimeError for one that went wrong."""
    answers = {}
    for block in blocks:
        for exchange in block.exchanges:
            answer = answers[exchange.command] = walk.run(exchange.command)
            if answer.code not in JUDGED:
                raise RuntimeError(
                    f"$ {exchange.command}\n{answer.out}{answer.err}exit code {answer.code}, "
                    f"where one of {JUDGED} was expected: this is no verdict."
                )
    return answers


def main() -> None:
    """Walk through the page, and bring it and its pictures up to date."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--no-pictures", action="store_true", help="bring the text alone up to date"
    )
    parser.add_argument(
        "--with", dest="has", default="", metavar="NAME", help="run the blocks that need this, too"
    )
    asked = parser.parse_args()
    page = PAGE.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="splitbrain-tutorial-") as folder:
        walk = Walk(Path(folder))
        blocks = blocks_of(page)
        # The machine of the pictures has no more on it than everybody's.
        answers = walked(walk, [block for block in blocks if block.needs is None])
        if not asked.no_pictures:
            FOLDER.mkdir(exist_ok=True)
            for made in pictures.take(walk, FOLDER):
                sys.stdout.write(f"{made.relative_to(DOCS)}: {made.stat().st_size // 1000} kB\n")
        answers |= walked(
            walk, [block for block in blocks if block.needs and block.needs == asked.has]
        )
    new = rewritten(page, {command: answer.told for command, answer in answers.items()})
    PAGE.write_text(new, encoding="utf-8")
    sys.stdout.write(f"{PAGE.name}: {'brought up to date' if new != page else 'as it was'}\n")


if __name__ == "__main__":
    main()

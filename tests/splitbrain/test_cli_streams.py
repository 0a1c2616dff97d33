"""Readers that go away: the exit code is the same, and nothing is raised."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys

import pytest

from splitbrain.cli.streams import Unbreakable


class Failing(io.StringIO):
    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, "no")

    def flush(self) -> None:
        raise OSError(self.number, "no")


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EIO])
@pytest.mark.parametrize("whatever", [True, False])
def test_a_reader_that_is_gone_is_no_trouble(number: int, whatever: bool) -> None:
    stream = Unbreakable(Failing(number), whatever=whatever)
    assert stream.write("text") == 4
    stream.writelines(["a", "b"])
    stream.flush()


def test_a_full_disk_is_trouble_for_results_and_none_for_messages() -> None:
    Unbreakable(Failing(errno.ENOSPC), whatever=True).write("progress")
    with pytest.raises(OSError, match="no"):
        Unbreakable(Failing(errno.ENOSPC), whatever=False).write("result")


def splitbrain(*arguments: str, **streams: int) -> int:
    return subprocess.run([sys.executable, "-m", "splitbrain", *arguments], **streams).returncode  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize(
    ("arguments", "code"), [(("--help",), 0), (("bugs",), 0), (("test", "rafft"), 2)]
)
def test_pipes_nobody_reads_leave_the_exit_code_as_it_is(
    arguments: tuple[str, ...], code: int
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert splitbrain(*arguments, stdout=writer, stderr=writer) == code
    finally:
        os.close(writer)

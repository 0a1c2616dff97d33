"""Kernels are compiled anew when anything they are made of has changed, and only then."""

import importlib
import sys
from itertools import count

import pytest

from checker.linearizability.compilation import compiled

KERNEL = """
from {constants} import STEP, STEPS

def add(number):
    return number + STEP + STEPS[1]

def entry(number):
    return add(number)
"""

_names = count()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def kernel_in(folder, step, name):
    """A kernel whose constants come from another module; its own file stays the same."""
    (folder / f"{name}_constants.py").write_text(f"STEP = {step}\nSTEPS = (0, 0)\n")
    file = folder / f"{name}.py"
    if not file.exists():
        file.write_text(KERNEL.format(constants=f"{name}_constants"))
    for module in (name, f"{name}_constants"):
        sys.modules.pop(module, None)
    importlib.invalidate_caches()
    return importlib.import_module(name)


def test_a_constant_of_another_file_is_noticed(folder):
    name = f"kernel_{next(_names)}"
    sys.dont_write_bytecode, kept = True, sys.dont_write_bytecode
    try:
        for step in (1, 2, 1):
            module = kernel_in(folder, step, name)
            assert compiled([module], [module.entry]).entry(10) == 10 + step
    finally:
        sys.dont_write_bytecode = kept
    assert len(list(folder.rglob(f"{name}.entry*.nbi"))) == 2

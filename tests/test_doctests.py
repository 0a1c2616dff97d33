"""Every example in a docstring of a public module is run."""

import doctest
import importlib

import pytest

MODULES = (
    "checker.linearizability.search",
    "checker.models.user",
    "checker.online.monitor",
    "checker.wording",
    "histories.values",
)


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_hold(name):
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried and not failed

"""Tests of one group share a worker: the live ones, and those that compile the same kernels."""

import pytest


@pytest.mark.xdist_group("probe")
def test_this_pytest_and_this_xdist_group_tests(request):
    if not request.config.getoption("loadgroup", default=False):
        pytest.skip("not run with --dist loadgroup")
    # Under pytest 9.2 pytest-xdist 3.8 does not, and says nothing.
    assert request.node.nodeid.endswith("@probe")

"""Subnets for an engine whose own pools are exhausted."""

import ipaddress
import random

from targets.hosts.subnets import POOL, candidates, routed

HEADER = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


def route(network: str) -> str:
    net = ipaddress.ip_network(network)
    numbers = [bytes(reversed(a.packed)).hex().upper() for a in (net.network_address, net.netmask)]
    return f"eth0\t{numbers[0]}\t00000000\t0001\t0\t0\t0\t{numbers[1]}\t0\t0\t0\n"


def test_routes_are_read_as_the_kernel_prints_them(tmp_path):
    table = tmp_path / "route"
    table.write_text(HEADER + route("0.0.0.0/0") + route("10.80.0.0/12") + route("172.17.0.0/16"))
    assert [str(n) for n in routed(table)] == ["10.80.0.0/12", "172.17.0.0/16"]


def test_candidates_are_apart_and_clear_of_every_route(tmp_path):
    table = tmp_path / "route"
    table.write_text(HEADER + route("10.64.0.0/11"))
    found = [ipaddress.ip_network(s) for s in candidates(20, table, random.Random(1))]
    assert len(set(found)) == 20
    for subnet in found:
        assert subnet.subnet_of(POOL)
        assert not subnet.overlaps(ipaddress.ip_network("10.64.0.0/11"))


def test_no_routing_table_forbids_nothing(tmp_path):
    assert len(candidates(3, tmp_path / "none")) == 3

"""A run's part of ZooKeeper's tree, and what a session shows of who it is."""

from __future__ import annotations

import struct

import pytest
from kazoo.protocol.serialization import Auth, Close, Create, GetData
from kazoo.security import CREATOR_ALL_ACL, OPEN_ACL_UNSAFE

from clients.client import GarbledAnswer, Invocation
from clients.frames import FrameReader, framed
from clients.login import Login
from clients.zookeeper import ZooKeeperCore, zookeeper_core
from clients.zookeeper_root import bare, below, owned

ROOT = "/splitbrain-r-1"
GRANTED = framed(struct.pack("!iiqi", 0, 4000, 7, 16) + bytes(16) + b"\0")


def test_paths_are_put_below_the_root_and_taken_from_it_again() -> None:
    made = Create("/lock/c-", b"", OPEN_ACL_UNSAFE, 3)
    assert below(ROOT, made).path == "/splitbrain-r-1/lock/c-"
    assert bare(ROOT, made, "/splitbrain-r-1/lock/c-0000000004") == "/lock/c-0000000004"
    read = below(ROOT, GetData("/r1", True))
    assert read == GetData("/splitbrain-r-1/r1", True)
    assert bare(ROOT, read, (b"4", None)) == (b"4", None)


def test_what_could_reach_beyond_is_not_sent_and_not_believed() -> None:
    for request in (Close(), Auth(0, "digest", "a:b")):
        with pytest.raises(ValueError, match="not known what path"):
            below(ROOT, request)
    for path in ("r1", "/../r1"):
        with pytest.raises(ValueError, match="no path below"):
            below(ROOT, GetData(path, False))
    with pytest.raises(ValueError, match="not below"):
        bare(ROOT, Create("/x", b"", (), 0), "/x")


def connected(core: ZooKeeperCore) -> ZooKeeperCore:
    core.reset()
    core.opening()
    assert core.greeted(GRANTED)
    return core


def test_name_and_password_are_shown_first_once_a_connection() -> None:
    core = connected(zookeeper_core("register", login=Login("me", "secret")))
    first, sync, get = FrameReader().feed(core.encode(Invocation(0, "read", 1, None)))
    assert struct.unpack_from("!ii", first) == (-4, 100)
    assert first.endswith(b"\x00\x00\x00\x06digest\x00\x00\x00\x09me:secret")
    assert core.receive(framed(struct.pack("!iqi", -4, 0, 0))) is None
    again = core.encode(Invocation(0, "read", 1, None))
    assert b"digest" not in again and len(FrameReader().feed(again)) == 2
    assert b"digest" in connected(core).encode(Invocation(0, "read", 2, None))
    assert sync and get


def test_a_refused_name_ends_the_connection() -> None:
    core = connected(zookeeper_core("register", login=Login("me", "secret")))
    core.encode(Invocation(0, "write", 1, 1))
    with pytest.raises(GarbledAnswer, match="were refused"):
        core.receive(framed(struct.pack("!iqi", -4, 0, -115)))


def test_what_is_made_belongs_to_who_is_logged_in() -> None:
    assert owned(Create("/x", b"", OPEN_ACL_UNSAFE, 0)).acl == CREATOR_ALL_ACL
    assert owned(GetData("/x", False)) == GetData("/x", False)
    assert "secret" not in repr(Login("me", "secret", "secret token"))

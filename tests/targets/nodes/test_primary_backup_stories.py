"""What a cluster of primary and backups does when its nodes die, stop and lose each other."""

from __future__ import annotations

from typing import Any

from primary_backup_simulation import Cluster

from targets.nodes.primary_backup.messages import Append, AppendReply, Fenced, Forward, OfService


def lost(*kinds: type[Any], source: str = "", target: str = "") -> Any:
    """Loses messages of these kinds on one way ("" is any node)."""
    return lambda a, b, m: source in ("", a) and target in ("", b) and isinstance(m, kinds)


def test_a_write_waits_for_every_backup_and_then_for_those_that_are_left() -> None:
    cluster = Cluster(1)
    primary = cluster.settled()
    silent = cluster.others(primary)[0]
    epoch = cluster.core(primary).configuration.epoch
    cluster.isolate(silent)
    write = cluster.add(primary, 1)
    cluster.run(0.2)
    assert write.answer is None
    assert cluster.run_until(lambda: write.ok, 2.0)
    now = cluster.core(primary).configuration
    assert silent not in now.members
    assert now.epoch > epoch
    assert primary == cluster.primary()


def test_who_was_removed_comes_back_with_all_that_was_written_meanwhile() -> None:
    cluster = Cluster(2)
    primary = cluster.settled()
    away = cluster.others(primary)[0]
    cluster.kill(away)
    cluster.added(primary, 1, 2, 3)
    cluster.start(away)
    cluster.settled()
    assert cluster.core(away).machine.sets == {"x": {1, 2, 3}}


def test_a_backup_takes_over_and_the_old_primary_throws_its_tail_away() -> None:
    cluster = Cluster(3)
    old = cluster.settled()
    cluster.added(old, 1)
    cluster.isolate(old)
    pending = cluster.add(old, 2)
    assert cluster.run_until(lambda: any(n != old for n in cluster.primaries()), 5.0)
    new = cluster.primary()
    cluster.added(new, 3)
    assert 2 in {e.command.value for e in tail(cluster, old) if e.command is not None}
    cluster.heal()
    cluster.settled()
    assert pending.error == "lost-leadership"
    assert cluster.core(old).machine.sets == {"x": {1, 3}}
    assert cluster.core(old).thrown_away == 0


def tail(cluster: Cluster, name: str) -> list[Any]:
    log = cluster.core(name).log
    return log.between(log.base_index + 1, log.last_index)


def test_a_primary_that_is_cut_off_stops_to_serve_before_anybody_takes_over() -> None:
    cluster = Cluster(4)
    old = cluster.settled()
    cluster.isolate(old)
    cluster.run(0.5)
    assert cluster.primaries() == [old]
    refused = cluster.ask_and_wait(old, "set.read", key="x")
    assert refused.error == "no-leader"
    write = cluster.add(old, 1)
    assert write.error == "no-leader"
    assert not write.may_have_happened


def test_a_primary_that_the_service_alone_does_not_reach_gives_way() -> None:
    """All others hear it; but it can decide nothing any more, and says nothing after a while."""
    cluster = Cluster(5)
    old = cluster.settled()
    cluster.dropped = lambda a, b, m: old in (a, b) and isinstance(m, OfService)
    cluster.run(0.5)
    assert cluster.add(old, 1).error == "no-leader"
    assert cluster.run_until(lambda: any(n != old for n in cluster.primaries()), 6.0)
    cluster.added(next(n for n in cluster.primaries() if n != old), 2)


def test_a_paused_primary_that_was_deposed_is_fenced_by_its_backups() -> None:
    cluster = Cluster(6)
    old = cluster.settled()
    cluster.added(old, 1)
    cluster.pause(old)
    assert cluster.run_until(lambda: any(n != old for n in cluster.primaries()), 6.0)
    new = next(n for n in cluster.primaries() if n != old)
    cluster.run_until(lambda: cluster.core(new)._serves(), 3.0)
    cluster.added(new, 2)
    # It hears nothing but fences: neither its successor nor the service tells it.
    cluster.dropped = lambda a, b, m: b == old and not isinstance(m, Fenced)
    cluster.nodes[old].held = []
    cluster.resume(old)
    core = cluster.core(old)
    assert core.is_primary
    stale = Append(core.configuration, core.log.last_index, core.log.last_term, 0, core.round)
    cluster.deliver(old, new, stale)
    cluster.run(0.1)
    assert not core.is_primary
    assert core.configuration == cluster.core(new).configuration


def test_a_read_of_a_deposed_primary_is_never_answered_with_what_is_old() -> None:
    cluster = Cluster(7)
    old = cluster.settled()
    cluster.added(old, 1)
    cluster.pause(old)
    assert cluster.run_until(lambda: any(n != old for n in cluster.primaries()), 6.0)
    cluster.added(cluster.primary(), 2)
    read = cluster.ask(old, "set.read", key="x")
    cluster.resume(old)
    cluster.run_until(lambda: read.answer is not None, 4.0)
    assert read.value in (None, [1, 2])


def test_a_read_waits_until_all_backups_confirm_the_primary() -> None:
    cluster = Cluster(8)
    primary = cluster.settled()
    cluster.added(primary, 1)
    deaf = cluster.others(primary)[0]
    cluster.dropped = lost(AppendReply, source=deaf)
    read = cluster.ask(primary, "set.read", key="x")
    cluster.run(0.2)
    assert read.answer is None
    assert cluster.run_until(lambda: read.ok, 2.0)
    assert deaf not in cluster.core(primary).configuration.members


def test_under_a_lease_a_read_asks_nobody_and_a_successor_waits_it_out() -> None:
    cluster = Cluster(9, options=["reads=lease"])
    old = cluster.settled()
    cluster.added(old, 1)
    cluster.isolate(old)
    assert cluster.ask(old, "set.read", key="x").value == [1]
    assert cluster.run_until(lambda: any(n != old for n in cluster.primaries()), 6.0)
    new = next(n for n in cluster.primaries() if n != old)
    assert not cluster.core(old)._serves()
    assert not cluster.core(new)._serves()
    cluster.run(cluster.core(new).options.lease_s + 0.1)
    assert cluster.core(new)._serves()


def test_a_primary_that_restarts_goes_on_in_an_epoch_of_its_own() -> None:
    cluster = Cluster(10)
    old = cluster.settled()
    cluster.added(old, 1)
    before = cluster.core(old).configuration
    cluster.kill(old)
    cluster.start(old)
    cluster.run(0.4)
    after = cluster.core(cluster.settled()).configuration
    assert after.primary == old
    assert after.epoch > before.epoch
    assert after.life != before.life
    assert cluster.seen(old) == [1]


def test_all_of_them_restart_and_nothing_is_missing() -> None:
    cluster = Cluster(11)
    cluster.added(cluster.settled(), 1, 2)
    for name in cluster.names:
        cluster.lose_power(name)
    cluster.run(0.5)
    for name in cluster.names:
        cluster.start(name)
    assert cluster.seen(cluster.settled()) == [1, 2]


def test_who_was_away_for_long_catches_up_by_a_snapshot() -> None:
    cluster = Cluster(12, options=["snapshot-entries=10", "snapshot-chunk-bytes=64"])
    primary = cluster.settled()
    away = cluster.others(primary)[0]
    cluster.kill(away)
    cluster.added(primary, *range(40))
    assert cluster.core(primary).log.base_index > 20
    cluster.start(away)
    cluster.settled()
    assert cluster.core(away).machine.sets == {"x": set(range(40))}
    assert cluster.core(away).log.base_index > 0


def test_one_after_the_other_dies_and_the_last_one_still_has_everything() -> None:
    cluster = Cluster(13)
    for value in range(3):
        primary = cluster.settled()
        cluster.added(primary, value)
        cluster.kill(primary)
        if value == 1:
            # Two of five are dead, which is as much as the service can bear: one returns.
            cluster.start(cluster.others(*cluster.alive())[0])
    assert cluster.seen(cluster.settled()) == [0, 1, 2]


def test_what_was_sent_again_counts_once_over_a_promotion() -> None:
    cluster = Cluster(14)
    old = cluster.settled()
    request = {"key": "c", "value": 5, "session": "s", "seq": 1}
    # The backups have it; that they do the primary never hears.
    cluster.dropped = lost(AppendReply, target=old)
    cluster.ask(old, "counter.add", **request)
    cluster.run(0.1)
    cluster.kill(old)
    cluster.dropped = lambda a, b, m: False
    new = cluster.primary()
    assert new != old
    assert cluster.ask_and_wait(new, "counter.add", **request).ok
    assert cluster.ask_and_wait(new, "counter.read", key="c").value == 5


def test_a_forwarded_write_that_comes_twice_is_not_refused_the_second_time() -> None:
    cluster = Cluster(15)
    old = cluster.settled()
    helper = cluster.others(old)[0]
    forwards: list[Forward] = []
    cluster.dropped = lambda a, b, m: bool(isinstance(m, Forward) and forwards.append(m))
    write = cluster.add(helper, 1)
    cluster.run_until(lambda: write.answer is not None, 1.0)
    sent: list[Any] = []
    cluster.dropped = lambda a, b, m: bool(b == helper and sent.append(m))
    cluster.deliver(helper, old, forwards[0])
    cluster.run(0.02)
    assert not [m for m in sent if "error" in getattr(m, "body", {})]
    # Meant for a life that has ended, it is refused without a word about what became of it.
    cluster.kill(old)
    cluster.start(old)
    sent.clear()
    cluster.deliver(helper, old, forwards[0])
    cluster.run(0.02)
    bodies = [m.body for m in sent if hasattr(m, "body")]
    assert bodies == [{"ok": False, "error": "lost-leadership", "definite": False}]


# Asynchronous replication.


def test_asynchronous_replication_waits_for_nobody_and_says_how_far_behind_they_are() -> None:
    cluster = Cluster(20, options=["replication=async"])
    primary = cluster.settled()
    silent = cluster.others(primary)[0]
    cluster.isolate(silent)
    for value in range(5):
        assert cluster.add(primary, value).ok
    cluster.run(0.05)
    assert cluster.core(primary).status()["lag"][silent] >= 5
    assert cluster.core(primary).status()["replication"] == "async"


def test_what_was_not_shipped_is_lost_at_a_promotion_and_counted() -> None:
    cluster = Cluster(21, options=["replication=async"])
    old = cluster.settled()
    cluster.added(old, 1)
    cluster.run(0.1)
    cluster.isolate(old)
    assert [cluster.add(old, value).ok for value in (2, 3)] == [True, True]
    assert cluster.run_until(lambda: any(n != old for n in cluster.primaries()), 6.0)
    cluster.added(cluster.primary(), 4)
    cluster.heal()
    primary = cluster.settled()
    assert cluster.seen(primary) == [1, 4]
    cluster.run(0.1)
    assert cluster.core(old).thrown_away == 2
    assert cluster.core(old).machine.sets == {"x": {1, 4}}


def test_a_snapshot_of_what_was_lost_is_thrown_away_before_its_node_is_taken_in_again() -> None:
    options = ["replication=async", "snapshot-entries=10"]
    cluster = Cluster(22, options=options)
    old = cluster.settled()
    cluster.added(old, 1)
    cluster.run(0.1)
    cluster.isolate(old)
    assert all(cluster.add(old, value).ok for value in range(100, 130))
    assert cluster.core(old).snapshot_index > 20
    assert cluster.run_until(lambda: any(n != old for n in cluster.primaries()), 6.0)
    cluster.added(cluster.primary(), 2)
    cluster.heal()
    assert cluster.seen(cluster.settled()) == [1, 2]
    cluster.run(0.1)
    assert cluster.core(old).machine.sets == {"x": {1, 2}}
    assert cluster.core(old).thrown_away >= 30


# Reads of sessions.


def test_a_session_never_reads_what_is_older_than_it_has_seen() -> None:
    cluster = Cluster(30, options=["reads=session"])
    primary = cluster.settled()
    backup = cluster.others(primary)[0]
    cluster.added(primary, 1)
    cluster.run(0.1)
    cluster.dropped = lost(Append, target=backup)
    write = cluster.ask(primary, "set.add", key="x", value=2, session="s", seq=1)
    assert cluster.run_until(lambda: write.ok, 2.0)
    assert write.answer is not None
    stranger = cluster.ask(backup, "set.read", key="x")
    assert stranger.value == [1]
    own = cluster.ask(backup, "set.read", key="x", seen=write.answer["index"])
    assert own.answer is None
    cluster.dropped = lambda a, b, m: False
    assert cluster.run_until(lambda: own.ok, 1.0)
    assert own.value == [1, 2]


def test_a_session_that_a_node_cannot_follow_is_told_so() -> None:
    cluster = Cluster(31, options=["reads=session"])
    backup = cluster.others(cluster.settled())[0]
    cluster.isolate(backup)
    read = cluster.ask(backup, "set.read", key="x", seen=1000)
    assert cluster.run_until(lambda: read.answer is not None, 2.0)
    assert read.error == "no-leader"

"""What the report of a run does in a real browser; skipped where there is none."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from report_records import MS, PLAN, S, operation, partition, record

from checker.verdict import Violation
from histories.event import Outcome
from nemesis.fault import Fault, SymbolicFault
from splitbrain.plan import Plan
from splitbrain.record import RunRecord
from splitbrain.report.html import page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium to run the page in")

BEFORE = """
<script>
window.trouble = [];
for (const name of ["alert", "fetch", "open"]) window[name] = () => window.trouble.push(name);
addEventListener("error", (event) => window.trouble.push(event.message));
addEventListener("securitypolicyviolation", (event) => window.trouble.push(event.blockedURI));
</script>
"""
ENTRY = """
<pre id="seen"></pre>
<script>
setTimeout(async () => {
  let seen;
  try { seen = await (async () => { %s })(); } catch (error) { seen = "failed: " + error.stack; }
  const told = JSON.stringify({ seen, trouble: window.trouble });
  document.getElementById("seen").textContent = told;
}, 300);
</script>
</body>
"""
HOSTILE = (
    "</script><img src=x onerror=alert(1)><script>alert(2)</script>",
    '"><svg onload=alert(3)>',
    "../../../etc/passwd",
    "javascript:alert(4)",
    "a\x00b\x1b[31mc\u202ed\u2028e",
    "\ud800",
    "'; alert(5); '",
    "]]>{{7*7}}${alert(6)}",
)


def seen_in(folder: Path, text: str, script: str, *flags: str) -> Any:
    """What ``script`` returns in the page, once it is ready."""
    path = folder / "page.html"
    head, _, rest = text.partition("<body")
    path.write_text(head + BEFORE + "<body" + rest.replace("</body>", ENTRY % script))
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900"]
    command += [f"--user-data-dir={folder / 'browser'}", "--virtual-time-budget=4000", "--dump-dom"]
    done = subprocess.run(
        [*map(str, command), *flags, path.as_uri()], capture_output=True, text=True, timeout=60
    )
    found = re.search(r'<pre id="seen">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    told = json.loads(unescape(found[1]))
    assert told["trouble"] == []
    return told["seen"]


def hostile_run(folder: Path, *texts: str) -> RunRecord:
    """A run in which everything that may be anything is one of ``texts``."""
    (folder / "logs").mkdir(exist_ok=True)
    data = b"\n".join(text.encode("utf-8", "surrogatepass") for text in texts)
    (folder / "logs" / "n1.log").write_bytes(data + b"\n2026-03-14T09:26:54Z n1 " + data)
    lines: list[dict[str, Any]] = [
        {
            "format": "splitbrain-nodes",
            "version": 1,
            "start": "2026-03-14T09:26:53+00:00",
            "every_ms": 500,
        },
        {"time": 0, "node": "n1", "role": "leader", "term": 2, "leader": texts[0]},
        {"time": 9 * S, "end": True},
    ]
    faults, operations, violations = [], [], []
    for number, text in enumerate(texts):
        lines.append({"time": number, "node": text, "role": text, "term": 1})
        symbolic = SymbolicFault(number, text, text, 0, S, 0.5, trigger=text)
        fault = Fault(symbolic, {"nodes": [text]}, number * S, error=text)
        fault.effect.leader_before = fault.effect.leader_after = text
        fault.effect.processes = {text: text}
        faults.append(fault)
        at = {"at_ns": (number + 1) * S, "key": text, "node": text}
        first = 8 * number
        operations += [
            operation(first, 10 * number, "write", value=text, **at),
            operation(first + 2, 10 * number + 1, text, value={text: [text]}, error=text, **at),
            operation(first + 4, 10 * number + 2, "read", output=[text], error=text, **at),
            operation(first + 6, 10 * number + 3, "add", value=text, outcome=Outcome.INFO, **at),
        ]
        named = (first, first + 2, first + 4)
        violations.append(Violation(text, text, named, culprit=first + 4, key=text))
    (folder / "nodes.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    plan = Plan(
        texts[0],
        texts[-1],
        texts[1 % len(texts)],
        options=tuple(f"{text}={text}" for text in texts),
        bugs=texts,
        ssh=texts,
        endpoints=texts,
        target=texts[0],
        fault_targets=texts,
        consistency=texts,
    )
    return record(
        tuple(operations),
        faults=tuple(faults),
        violations=tuple(violations),
        plan=plan,
        folder=folder,
        reason=texts[0],
        died=texts,
    )


def test_nothing_a_run_says_is_run_wherever_it_stands(tmp_path: Path) -> None:
    told = page(hostile_run(tmp_path, *HOSTILE))
    script = """
      for (const one of document.querySelectorAll("button, summary")) one.click();
      for (let y = 0; y < 900; y += 20) document.querySelector("canvas").dispatchEvent(
        new PointerEvent("pointermove", { clientX: 400, clientY: y }));
      const all = [...document.querySelectorAll("*")];
      const strange = all.filter((element) => [...element.attributes].some((one) =>
        one.name.startsWith("on") ||
          (/href$/.test(one.name) && !/^(#|explanation\\.html$)/.test(one.value))));
      return { images: document.images.length, frames: frames.length,
        scripts: document.scripts.length, strange: strange.map((one) => one.outerHTML),
        names: [...new Set(all.map((one) => one.localName))],
        length: document.body.innerText.length };
    """
    seen = seen_in(tmp_path, told, script)
    assert (seen["images"], seen["frames"], seen["scripts"], seen["strange"]) == (0, 0, 4, [])
    assert not {"iframe", "object", "embed", "form", "base", "link", "audio"} & {*seen["names"]}
    assert seen["length"] > 5_000


@pytest.mark.thorough
def test_ten_megabytes_are_cut_wherever_they_stand(tmp_path: Path) -> None:
    told = page(hostile_run(tmp_path, "<b>\x1b[0m" + "y" * 10_000_000))
    assert len(told) < 600_000 and "<b>\\x1b" not in told


def ordinary(folder: Path) -> RunRecord:
    (folder / "logs").mkdir()
    for node in ("n1", "n2"):
        log = f"2026-03-14T09:26:54Z {node} leads\n2026-03-14T09:26:55Z {node} follows\n"
        (folder / "logs" / f"{node}.log").write_text(log)
    operations = (
        operation(0, 0, "write", value=1, at_ns=500 * MS),
        operation(2, 1, "write", value=2, node="n2", at_ns=1500 * MS),
        operation(4, 2, "read", output=1, at_ns=2500 * MS),
        operation(6, 3, "read", output=1, at_ns=3500 * MS),
    )
    stale = [Violation("stale read", f"read {n}", (2, n), culprit=n, key="x") for n in (4, 6)]
    return record(
        operations, violations=tuple(stale), faults=(partition(),), plan=PLAN, folder=folder
    )


def test_findings_are_drawn_and_walked_and_logs_are_filtered(tmp_path: Path) -> None:
    script = """
      const sections = [...document.querySelectorAll("section.finding")];
      const shown = () => sections.map((one) => !one.hidden);
      const lines = () => [...document.querySelectorAll(".logs li")].filter(
        (one) => getComputedStyle(one).display !== "none").length;
      const out = { first: shown(), bars: document.querySelectorAll(".drawing rect").length,
        drawings: document.querySelectorAll("svg.plot").length, lines: lines() };
      document.querySelector("nav.findings [data-step='1']").click(); out.second = shown();
      document.getElementById("log0").click(); out.without = lines();
      const search = document.getElementById("log-text");
      search.value = "FOLLOWS"; search.dispatchEvent(new Event("input")); out.searched = lines();
      out.offered = [...document.querySelectorAll("button.copy")].every((one) => !one.hidden);
      const copied = [];
      navigator.clipboard.writeText = async (text) => copied.push(text);
      document.querySelector("button.copy").click();
      await null; out.copied = copied[0];
      out.wide = document.documentElement.scrollWidth <= innerWidth;
      return out;
    """
    seen = seen_in(tmp_path, page(ordinary(tmp_path)), script)
    assert seen["first"] == [True, False] and seen["second"] == [False, True]
    assert seen["drawings"] == 2 and seen["bars"] > 6
    assert (seen["lines"], seen["without"], seen["searched"]) == (4, 2, 1)
    assert seen["offered"] and seen["wide"]
    assert seen["copied"] == "splitbrain test raft --host sandbox --seed 7"


def test_the_page_is_moved_by_keys_and_scrolled_by_the_wheel(tmp_path: Path) -> None:
    script = """
      const canvas = document.querySelector("canvas");
      const wheel = () => {
        const event = new WheelEvent("wheel", { deltaY: 100, cancelable: true });
        canvas.dispatchEvent(event); return event.defaultPrevented;
      };
      const key = (target) => {
        const event = new KeyboardEvent("keydown",
          { key: "ArrowRight", bubbles: true, cancelable: true });
        target.dispatchEvent(event); return event.defaultPrevented;
      };
      const out = { passing: wheel(), elsewhere: key(document.querySelector("pre")) };
      canvas.focus();
      out.inside = wheel(); out.moved = key(canvas);
      out.reached = [...document.querySelectorAll(".logs ol, figure.plot, canvas, main pre")].every(
        (one) => one.tabIndex === 0);
      return out;
    """
    seen = seen_in(tmp_path, page(ordinary(tmp_path)), script)
    assert seen == {
        "passing": False,
        "elsewhere": False,
        "inside": True,
        "moved": True,
        "reached": True,
    }


def test_all_that_is_words_is_there_without_javascript(tmp_path: Path) -> None:
    """No script of the page runs, and only what JavaScript adds is missing."""
    told = page(ordinary(tmp_path))
    without = re.sub(r'<script>"use strict".*?</script>', "", told, flags=re.DOTALL)
    without = re.sub(r"</?noscript>", "", without)
    script = """
      const out = { text: document.body.textContent,
        findings: [...document.querySelectorAll("section.finding")].every((one) => !one.hidden),
        drawings: [...document.querySelectorAll("svg.plot")].every((one) => one.clientHeight > 50),
        copies: [...document.querySelectorAll("button.copy")].every((one) => one.hidden) };
      document.getElementById("log1").click();
      out.lines = [...document.querySelectorAll(".logs li")].filter(
        (one) => getComputedStyle(one).display !== "none").length;
      return out;
    """
    seen = seen_in(tmp_path, without, script)
    assert seen["findings"] and seen["drawings"] and seen["copies"] and seen["lines"] == 2
    for words in (
        "read 4",
        "read 6",
        "partition of the leader",
        "leads",
        "seed",
        "splitbrain test",
    ):
        assert words in seen["text"]
    assert "needs JavaScript" in seen["text"]


@pytest.mark.thorough
def test_dark_and_narrow_screens_are_served(tmp_path: Path) -> None:
    script = """
      const style = getComputedStyle(document.body);
      const text = document.querySelector("svg.plot text");
      return { paper: style.backgroundColor, ink: getComputedStyle(text).fill,
        wide: document.documentElement.scrollWidth - innerWidth };
    """
    told = page(ordinary(tmp_path))
    # A headless Chromium takes no window narrower than 500 pixels.
    flags = ("--blink-settings=preferredColorScheme=0", "--window-size=500,800")
    dark = seen_in(tmp_path, told, script, *flags)
    light = seen_in(tmp_path, told, script, "--blink-settings=preferredColorScheme=1")
    assert (dark["paper"], light["paper"]) == ("rgb(20, 24, 31)", "rgb(255, 255, 255)")
    assert dark["ink"] != light["ink"] and dark["wide"] <= 0

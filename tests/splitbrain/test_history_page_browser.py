"""What the page of a history does in a real browser; skipped where there is none."""

import json
import random
import re
import shutil
import subprocess
from html import unescape

import oracle
import pytest
from report_records import MS, operation

from checker import linearizable
from checker.verdict import Verdict
from histories.event import Outcome
from histories.table import table_of
from splitbrain.report.history_page import history_page

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium to run the page in")

ENTRY = """
<pre id="seen"></pre>
<script>
window.trouble = [];
window.alert = () => window.trouble.push("alert");
addEventListener("error", (event) => window.trouble.push(event.message));
let painted = 0;
for (const name of ["fillRect", "strokeRect", "fillText"]) {
  const real = CanvasRenderingContext2D.prototype[name];
  CanvasRenderingContext2D.prototype[name] = function (...all) {
    painted++; real.apply(this, all);
  };
}
const press = (key, more = {}) => document.querySelector("canvas").dispatchEvent(
  new KeyboardEvent("keydown", { key, bubbles: true, ...more }));
const told = () => document.getElementById("telling").textContent;
setTimeout(() => splitbrain.then(async (page) => {
  const { history, orders, board } = page;
  return (() => { %s })();
}).catch((error) => "failed: " + error.stack).then((seen) => {
  document.getElementById("seen").textContent = JSON.stringify({ seen, trouble: window.trouble });
}), 300);
</script>
</body>
"""


def seen_in(folder, text, script):
    """What ``script`` returns in the page, once it is ready."""
    path = folder / "page.html"
    path.write_text(text.replace("</body>", ENTRY % script))
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900"]
    command += [f"--user-data-dir={folder / 'browser'}", "--virtual-time-budget=4000", "--dump-dom"]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=60)
    found = re.search(r'<pre id="seen">(.+?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    told = json.loads(unescape(found[1]))
    assert told["trouble"] == []
    return told["seen"]


def page_of(operations, model="cas-register"):
    table = table_of(operations)
    return history_page(table, linearizable(table, model), title="history.jsonl")


def test_a_stale_read_is_told_drawn_and_walked_by_keys(tmp_path):
    text = page_of(
        (
            operation(0, 0, "write", value=4, at_ns=1 * MS),
            operation(2, 1, "write", value=7, at_ns=4 * MS),
            operation(4, 3, "read", output=4, at_ns=9 * MS),
            operation(6, 1, "read", output=7, at_ns=12 * MS),
            operation(8, 5, "write", value=8, outcome=Outcome.INFO, at_ns=15 * MS),
        )
    )
    script = """
      const out = { first: told(), circles: document.querySelectorAll(".drawing circle").length,
        reason: document.querySelector(".drawing").textContent };
      press("Enter"); press("ArrowRight");
      page.keep(2, true); out.culprit = told();
      press("ArrowUp"); out.above = page.kept(); out.beyond = told();
      press("ArrowLeft"); out.left = page.kept();
      press("Escape"); out.free = page.kept();
      const asked = ["read 4", "4", "p1", "#4", "info", "process 3 read"];
      out.found = asked.map((one) => page.search.find(one));
      page.goToFinding();
      const at = Array.from(board.positions());
      out.inside = at.every((x, i) => x >= board.startOf(i) && (!i || x > at[i - 1]));
      press("Home"); out.whole = board.view().to === board.view().end;
      document.getElementById("by-time").click(); out.timed = told() === out.first;
      const canvas = document.querySelector("canvas"), place = canvas.getBoundingClientRect();
      const where = { clientX: place.left + 300, clientY: place.top + 90 };
      canvas.dispatchEvent(new WheelEvent("wheel", { deltaY: -200, cancelable: true, ...where }));
      out.closer = board.view().to - board.view().from < board.view().end;
      return out;
    """
    seen = seen_in(tmp_path, text, script)
    assert "ends after 2 steps" in seen["first"]
    assert "needs 4, but the register holds 7" in seen["first"]
    assert "needs 4, but the register holds 7" in seen["reason"] and seen["circles"] == 2
    assert "No legal order has it." in seen["culprit"]
    assert (seen["above"], seen["left"], seen["free"]) == (3, 1, -1)
    assert "No order gets this far" in seen["beyond"]
    assert seen["found"] == [[2], [0, 2], [1, 3], [2], [4], [2]]
    assert seen["inside"] and seen["whole"] and seen["timed"] and seen["closer"]


def test_nothing_a_history_says_runs(tmp_path):
    hostile = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
    text = page_of(
        (
            operation(0, 0, "write", value=hostile, key=hostile, node=hostile),
            operation(2, 1, "read", output="other", key=hostile, node=hostile),
        )
    )
    script = "page.keep(0, true); return [told(), document.images.length, document.scripts.length]"
    told, images, scripts = seen_in(tmp_path, text, script)
    assert "onerror" in told
    assert (images, scripts) == (0, 3)


def test_points_lie_inside_their_intervals_and_in_order(tmp_path):
    rng = random.Random(5)
    operations = oracle.long_history(rng, "cas-register", keys=("a", "b"), mutated=True)
    assert linearizable(operations).verdict is Verdict.INVALID
    text = page_of(operations)
    script = """
      const wrong = [];
      let paths = 0;
      for (let key = -1; key < history.keys.length; key++) for (const time of [false, true]) {
        page.choose(key, time);
        for (let row = 0; row < history.count; row++) {
          if (key >= 0 && history.key[row] !== key) continue;
          const path = orders.through(row);
          if (!path) continue;
          board.show(path); paths++;
          const at = board.positions(), stuck = history.keys[path.key].stuck;
          path.rows.forEach((one, i) => {
            const stop = time ? history.returned[one] : Infinity;
            const inside = at[i] >= board.startOf(one) && at[i] <= stop;
            if (!inside || (i && at[i] < at[i - 1])) wrong.push([key, row, i]);
          });
        }
      }
      return [paths, wrong];
    """
    paths, wrong = seen_in(tmp_path, text, script)
    assert paths > 100 and wrong == []


def test_only_what_can_be_seen_is_drawn(tmp_path):
    rng = random.Random(1)
    operations = []
    for i in range(8_000):
        operations.append(operation(2 * i, i % 10, "write", value=rng.randrange(9), at_ns=i * MS))
    result = linearizable(operations)
    assert result.verdict is Verdict.VALID
    script = """
      const count = () => { painted = 0; board.draw(); return painted; };
      page.board.whole(); const whole = count();
      board.zoom(0.02); const near = count();
      board.range(0, 40); const close = count();
      return [whole, near, close, board.view().lanes, told()];
    """
    whole, near, close, lanes, told = seen_in(tmp_path, page_of(operations), script)
    assert whole < 2_000 and near < 2_000 and close < 500
    assert lanes == 10
    assert "8,000 steps" in told

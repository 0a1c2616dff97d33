// The page comes alive: what is chosen, and what follows from pointing, tapping and typing.
async function start() {
  const history = makeHistory(await unpack(document.getElementById("data").textContent));
  const orders = makeOrders(history);
  const element = (id) => document.getElementById(id);
  element("history").hidden = false;
  if (history.leftOut) element("all").textContent = `The ${history.count.toLocaleString("en")} operations nearest to the finding (${history.leftOut.toLocaleString("en")} are left out)`;
  let key = -1, byTime = false, hovered = -1, kept = -1, finding = 0;
  const row = () => (kept >= 0 ? kept : hovered);
  const board = makeBoard(history, orders, { row });
  const tell = makeTelling(history, orders, (one) => keep(one, true));
  const search = makeSearch(history, (one) => (key < 0 || history.key[one] === key) && board.visible(one), (one) => keep(one, true));
  const keys = makeKeys(history, (one) => { kept = hovered = -1; choose(one); board.lookAt(interesting()); tellNow(); });

  // ---- findings
  const sections = [...document.querySelectorAll("section.finding")];
  function drawFindings() {
    sections.forEach((section, number) => {
      const drawing = section.querySelector(".drawing");
      if (section.hidden) return;
      drawing.replaceChildren(...closeup(history, orders, history.findings[number], drawing.clientWidth));
      section.querySelector(".dots").hidden = !drawing.querySelector("circle");
      // On a narrow page what matters most is at the right end.
      drawing.scrollLeft = drawing.scrollWidth;
    });
  }
  const nav = document.querySelector("nav.findings");
  if (nav) nav.addEventListener("click", (event) => {
    const step = Number(event.target.dataset.step || 0);
    if (!step) return;
    finding = (finding + step + sections.length) % sections.length;
    sections.forEach((section, number) => { section.hidden = number !== finding; });
    nav.querySelector("span").textContent = finding + 1;
    drawFindings(); goToFinding();
  });
  function interesting() {
    const one = history.findings[finding];
    if (one && one.culprit >= 0 && (key < 0 || one.key === key)) return [one.culprit];
    const stuck = key >= 0 ? history.keys[key].stuck : -1;
    return stuck >= 0 ? [stuck] : [];
  }
  function goToFinding() {
    const one = history.findings[finding];
    if (!one) return;
    kept = hovered = -1;
    if (key !== one.key) choose(one.key);
    board.lookAt([one.culprit >= 0 ? one.culprit : one.rows[one.rows.length - 1]]);
    tellNow();
  }

  // ---- what is chosen
  function choose(next, time = byTime) {
    key = history.keys.length < 2 ? (history.keys.length ? 0 : -1) : next;
    byTime = time;
    board.show(null);
    board.choose(history.keys.length < 2 ? -1 : key, byTime);
    keys.mark(key);
    element("by-order").setAttribute("aria-pressed", !byTime);
    element("by-time").setAttribute("aria-pressed", byTime);
  }
  // With all keys in sight the order shown is that of the key pointed at.
  function tellNow() {
    const one = row(), own = one >= 0 ? history.key[one] : key >= 0 ? key : history.findings[finding] ? history.findings[finding].key : -1;
    const path = own < 0 ? null : (one >= 0 && orders.through(one)) || orders.best(own);
    board.show(path);
    tell(one, path, kept >= 0);
  }
  function hover(one) { if (one !== hovered) { hovered = one; if (kept < 0) tellNow(); } }
  function keep(one, look) {
    if (one >= 0 && key >= 0 && history.key[one] !== key) choose(history.key[one]);
    kept = one; hovered = -1;
    tellNow();
    if (look && one >= 0) { const view = board.view(); if (!board.visible(one) || view.to - view.from > view.width) board.lookAt([one]); else board.refresh(); }
    else board.refresh();
  }

  // ---- pointer: one to point and drag, two to zoom
  const canvas = board.canvas, held = new Map();
  let drag = null;
  const at = (event) => { const box = canvas.getBoundingClientRect(); return { x: event.clientX - box.left, y: event.clientY - box.top }; };
  canvas.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, at(event)); canvas.setPointerCapture(event.pointerId);
    const view = board.view(), place = at(event);
    drag = { ...place, from: view.from, to: view.to, moved: false, overview: board.onOverview(place.y), y0: place.y };
    if (drag.overview) slide(place.x);
  });
  function slide(x) { const view = board.view(), middle = board.overviewAt(x), span = view.to - view.from; board.range(middle - span / 2, middle + span / 2); }
  canvas.addEventListener("pointermove", (event) => {
    const place = at(event);
    if (!held.size) { if (event.pointerType === "mouse") hover(board.under(place.x, place.y)); return; }
    if (held.size === 2) {
      const before = [...held.values()].map((each) => each.x); held.set(event.pointerId, place);
      const after = [...held.values()].map((each) => each.x);
      board.zoom(Math.max(4, Math.abs(before[0] - before[1])) / Math.max(4, Math.abs(after[0] - after[1])), board.atX((after[0] + after[1]) / 2));
      if (drag) drag.moved = true;
      return;
    }
    if (!drag || !held.has(event.pointerId)) return;
    if (drag.overview) { slide(place.x); return; }
    if (Math.abs(place.x - drag.x) + Math.abs(place.y - drag.y0) > 4) drag.moved = true;
    const view = board.view(), shift = ((place.x - drag.x) / (view.width - view.left)) * (drag.to - drag.from);
    if (board.scrolls() && event.pointerType === "mouse") { board.scroll(drag.y - place.y); drag.y = place.y; }
    const a = Math.max(0, Math.min(drag.from - shift, view.end - (drag.to - drag.from)));
    board.range(a, a + drag.to - drag.from);
  });
  const release = (event) => {
    const place = at(event);
    if (held.size === 1 && drag && !drag.moved && !drag.overview && event.type === "pointerup") {
      const one = board.under(place.x, place.y);
      keep(one === kept ? -1 : one, false);
    }
    held.delete(event.pointerId);
    if (!held.size) drag = null;
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("pointerleave", (event) => { if (!held.size && event.pointerType === "mouse") hover(-1); });
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    const view = board.view(), place = at(event);
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) board.pan((event.deltaX || event.deltaY) / view.width);
    else if (event.altKey && board.scrolls()) board.scroll(event.deltaY);
    else board.zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), board.atX(Math.max(view.left, place.x)));
  }, { passive: false });
  canvas.addEventListener("dblclick", () => board.whole());

  // ---- keys
  function move(lanes, steps) {
    const from = row() >= 0 ? row() : interesting()[0] ?? -1, here = from >= 0 ? board.neighbours(from) : null;
    if (!here) { keep(board.nearest(0, board.view().from), true); return; }
    if (row() < 0) { keep(from, true); return; }
    const next = steps ? here.list[here.at + steps] : board.nearest(here.lane + lanes, board.startOf(from));
    if (next !== undefined && next >= 0) keep(next, true);
  }
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => (event.shiftKey ? board.pan(-0.2) : move(0, -1)), ArrowRight: () => (event.shiftKey ? board.pan(0.2) : move(0, 1)),
      ArrowUp: () => (event.shiftKey ? board.scroll(-60) : move(-1, 0)), ArrowDown: () => (event.shiftKey ? board.scroll(60) : move(1, 0)),
      "+": () => board.zoom(0.6), "=": () => board.zoom(0.6), "-": () => board.zoom(1.6), Home: () => board.whole(),
      Enter: () => keep(row(), true), Escape: () => keep(-1, false),
    }[event.key];
    if (act) { act(); event.preventDefault(); }
  });
  addEventListener("keydown", (event) => {
    if (event.target.tagName === "INPUT" || event.ctrlKey || event.metaKey || event.altKey) return;
    const act = { "/": search.focus, f: goToFinding }[event.key];
    if (act) { act(); event.preventDefault(); }
  });
  const on = (id, act) => element(id).addEventListener("click", act);
  on("whole", () => board.whole()); on("closer", () => board.zoom(0.5)); on("wider", () => board.zoom(2));
  const rescale = (time) => () => { const one = row(); choose(key, time); board.lookAt(one >= 0 ? [one] : interesting()); tellNow(); };
  on("by-order", rescale(false)); on("by-time", rescale(true));
  if (!history.timed) element("scales").hidden = true;
  if (history.findings.length) { element("finding").hidden = false; on("finding", goToFinding); }

  // ---- the page around it
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => board.recolour());
  let known = 0;
  new ResizeObserver(() => { const wide = element("board").clientWidth; if (wide !== known) { known = wide; board.layOut(); drawFindings(); } }).observe(element("board"));
  // Paper is white.
  addEventListener("beforeprint", () => { document.documentElement.classList.add("light"); board.recolour(); board.draw(); });
  addEventListener("afterprint", () => { document.documentElement.classList.remove("light"); board.recolour(); });

  const firstKey = history.findings.length ? history.findings[0].key : history.keys.length === 1 ? 0 : -1;
  choose(firstKey);
  drawFindings();
  board.lookAt(interesting());
  tellNow();
  function follow() {
    const asked = location.hash.match(/^#event=(\d+)$/);
    if (asked) keep(history.rowOfEvent(Number(asked[1])), true);
    if (location.hash === "#whole") board.whole();
  }
  addEventListener("hashchange", follow);
  follow();
  board.draw();
  return { history, orders, board, search, keep, choose, goToFinding, placePoints, kept: () => kept, shownKey: () => key };
}

function fail(error) {
  const trouble = document.getElementById("trouble");
  trouble.textContent = typeof DecompressionStream === "undefined" ? "This browser is too old for the drawings: one of 2023 or later is needed." : `The drawings failed: ${error.message}`;
  trouble.hidden = false;
  throw error;
}
// For scripts and for whoever is curious: what the page knows, once it is ready.
window.splitbrain = start().catch(fail);

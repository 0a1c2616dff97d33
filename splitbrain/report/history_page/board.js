// All operations on a canvas: lanes of processes, drawn by need.
function makeBoard(history, orders, chosen) {
  const holder = document.getElementById("board"), canvas = holder.querySelector("canvas"), pen = canvas.getContext("2d");
  const OVERVIEW = 30, AXIS = 20, TRACK = 24, LANES_TOP = OVERVIEW + AXIS + TRACK + 10, FADE = 90;
  let width = 800, height = 400, left = 96, laneHeight = 30, ink = {}, pending = false, top = 0;
  let rows = [], lanes = [], laneOf = () => -1, byTime = false, start, stop, shown, opens = [], moments = null;
  let from = 0, to = 1, end = 1, path = null, points = null, overview = null, frame = 0;
  const marked = new Set(history.findings.flatMap((finding) => finding.rows).filter((row) => row >= 0));
  const culprits = new Set(history.findings.map((finding) => finding.culprit).filter((row) => row >= 0));

  // ---- what is shown, and where: ranks of the events shown, or microseconds
  function choose(key, time) {
    byTime = time && history.timed;
    rows = [];
    for (let row = 0; row < history.count; row++) if (key < 0 || history.key[row] === key) rows.push(row);
    ({ lanes, laneOf } = makeLanes(history, rows));
    start = new Float64Array(history.count); stop = new Float64Array(history.count); shown = new Float64Array(history.count);
    if (byTime) for (const row of rows) { start[row] = history.called[row]; stop[row] = history.returned[row]; }
    else {
      const events = new Float64Array(rows.length * 2);
      let n = 0;
      for (const row of rows) { events[n++] = history.call[row]; if (history.ret[row] !== Infinity) events[n++] = history.ret[row]; }
      moments = events.subarray(0, n).sort();
      const rank = new Map();
      for (let i = 0; i < n; i++) rank.set(moments[i], i);
      for (const row of rows) { start[row] = rank.get(history.call[row]); stop[row] = history.ret[row] === Infinity ? Infinity : rank.get(history.ret[row]); }
    }
    end = 1;
    for (const row of rows) end = Math.max(end, start[row], stop[row] === Infinity ? 0 : stop[row]);
    end += byTime ? Math.max(1, end * 0.01) : 1;
    // What was never answered is drawn until its lane goes on.
    for (const lane of lanes) lane.forEach((row, i) => { shown[row] = stop[row] !== Infinity ? stop[row] : i + 1 < lane.length ? start[lane[i + 1]] : Infinity; });
    opens = lanes.map((lane) => lane.filter((row) => stop[row] === Infinity));
    points = null; overview = null;
    layOut();
  }
  function show(next) { path = next; points = null; refresh(); }
  function placed() {
    if (points || !path) return points;
    const held = path.points.get(byTime ? "time" : rows.length);
    if (held) return (points = held);
    // Nothing in it needs to come later than the answer that has no place.
    const limit = history.keys[path.key].stuck >= 0 ? pathEnd() : Infinity;
    points = placePoints(Float64Array.from(path.rows, (row) => (row < 0 ? -1 : start[row])), Float64Array.from(path.rows, (row) => (row < 0 ? Infinity : Math.min(stop[row], limit))));
    path.points.set(byTime ? "time" : rows.length, points);
    return points;
  }

  // ---- the view
  const px = (at) => left + ((at - from) / (to - from)) * (width - left);
  const atX = (x) => from + ((x - left) / (width - left)) * (to - from);
  function layOut() {
    const scale = window.devicePixelRatio || 1;
    width = Math.max(240, holder.clientWidth);
    left = width < 560 ? 46 : 118;
    laneHeight = lanes.length <= 12 ? 34 : lanes.length <= 30 ? 25 : lanes.length <= 60 ? 18 : 13;
    const room = Math.max(300, Math.round(window.innerHeight * 0.78));
    height = Math.min(LANES_TOP + lanes.length * laneHeight + 14, room);
    canvas.width = width * scale; canvas.height = height * scale; canvas.style.height = height + "px";
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    scrollTo(top);
    overview = null;
    recolour();
  }
  function recolour() {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "ink", "soft", "line", "panel", "ok", "fail", "info", "bad", "fault"]) ink[name] = style.getPropertyValue("--" + name).trim();
    overview = null;
    refresh();
  }
  function scrollTo(y) { top = Math.max(0, Math.min(y, LANES_TOP + lanes.length * laneHeight + 14 - height)); }
  function refresh() { if (!pending) { pending = true; requestAnimationFrame(() => { pending = false; draw(); }); } }
  function range(a, b) {
    const least = byTime ? 20 : 6, span = Math.min(end, Math.max(least, b - a));
    from = Math.min(Math.max(0, (a + b - span) / 2), Math.max(0, end - span)); to = from + span;
    refresh();
  }
  function zoom(factor, around = (from + to) / 2) { range(around - (around - from) * factor, around + (to - around) * factor); }
  function pan(share) { const shift = share * (to - from); range(Math.max(0, from + shift), Math.max(0, from + shift) + (to - from)); }
  // So many events that labels can be read, with these operations among them.
  function lookAt(some, roomy = true) {
    const inside = some.filter((row) => row >= 0 && laneOf(row) >= 0 && (start[row] || start[row] === 0));
    if (!inside.length) { range(0, readable()); return; }
    let a = Infinity, b = -Infinity;
    for (const row of inside) { a = Math.min(a, start[row]); b = Math.max(b, stop[row] === Infinity ? start[row] : stop[row]); }
    const span = Math.max((b - a) * 1.3, roomy ? readable() : 0), middle = (a + b) / 2;
    range(middle - span / 2, middle + span / 2);
    const lane = laneOf(inside[inside.length - 1]);
    if (lane >= 0) { const y = lane * laneHeight; if (y < top || y + laneHeight > top + height - LANES_TOP) scrollTo(y - (height - LANES_TOP) / 2); }
  }
  function readable() {
    const events = Math.max(12, (width - left) / 30);
    return byTime ? (events / Math.max(1, rows.length * 2)) * end : events;
  }
  const visible = (row) => start[row] >= from && start[row] <= to;

  // ---- drawing
  function write(text, x, y, colour, size = 12, weight = 400) { pen.fillStyle = colour; pen.font = `${weight} ${size}px system-ui, sans-serif`; pen.fillText(text, x, y); }
  function draw() {
    const began = performance.now();
    pen.globalAlpha = 1; pen.fillStyle = ink.paper; pen.fillRect(0, 0, width, height);
    pen.save(); pen.beginPath(); pen.rect(left, OVERVIEW, width - left, height); pen.clip();
    drawAxis(); drawFaults();
    pen.save(); pen.beginPath(); pen.rect(left, LANES_TOP, width - left, height); pen.clip();
    for (let lane = Math.floor(top / laneHeight); lane < lanes.length && laneY(lane) < height; lane++) drawLane(lane);
    drawMarked();
    pen.restore();
    drawPath();
    pen.restore();
    drawNames(); drawOverview();
    frame = performance.now() - began;
  }
  const laneY = (lane) => LANES_TOP + lane * laneHeight - top;
  function firstShown(list, at) {
    let low = 0, high = list.length;
    while (low < high) { const middle = (low + high) >> 1; if (shown[list[middle]] < at) low = middle + 1; else high = middle; }
    return low;
  }
  function drawAxis() {
    const span = to - from, raw = span / Math.max(2, (width - left) / 90), power = 10 ** Math.floor(Math.log10(raw));
    let step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw);
    if (!byTime) step = Math.max(1, Math.round(step));
    const digits = Math.max(0, Math.min(6, 6 - Math.floor(Math.log10(step))));
    for (let at = Math.ceil(from / step) * step; at < to; at += step) {
      const x = px(at);
      pen.fillStyle = ink.line; pen.fillRect(x, OVERVIEW + 4, 1, height);
      if (byTime) write(history.seconds(at, digits), x + 4, OVERVIEW + 15, ink.soft, 11);
      else if (at < moments.length) write("#" + moments[at], x + 4, OVERVIEW + 15, ink.soft, 11);
    }
  }
  function rankOfTime(us) {
    // The first operation shown that was called then or later, by its place in the order.
    let low = 0, high = rows.length;
    while (low < high) { const middle = (low + high) >> 1; if (history.called[rows[middle]] < us) low = middle + 1; else high = middle; }
    return low < rows.length ? start[rows[low]] : end;
  }
  function drawFaults() {
    if (!history.timed) return;
    for (const fault of history.faults) {
      const a = byTime ? fault.start : rankOfTime(fault.start), b = fault.end < 0 ? end : byTime ? fault.end : rankOfTime(fault.end);
      if (b < from || a > to) continue;
      const x = Math.max(left, px(a)), wide = Math.max(2, px(b) - x);
      pen.globalAlpha = 0.1; pen.fillStyle = ink.fault; pen.fillRect(x, OVERVIEW, wide, height); pen.globalAlpha = 1;
      write(fault.label, x + 4, height - 3, ink.fault, 11);
    }
  }
  const status = (row) => {
    if (culprits.has(row)) return "bad";
    if (path && path.refusing.has(row)) return "refused";
    if (stop[row] === Infinity) return "open";
    if (history.outcome[row] === FAIL) return "failed";
    return !path || path.step.has(row) ? "placed" : "waiting";
  };
  function drawLane(lane) {
    const list = lanes[lane], y = laneY(lane), tall = Math.max(5, laneHeight - (laneHeight > 20 ? 12 : 5)), barY = y + (laneHeight - tall) / 2;
    pen.fillStyle = ink.line; pen.globalAlpha = 0.5; pen.fillRect(left, y + laneHeight - 1, width, 1); pen.globalAlpha = 1;
    const perPixel = (to - from) / (width - left);
    let runFrom = -1, runTo = -1;
    const flush = () => { if (runTo > runFrom) { pen.globalAlpha = 0.75; pen.fillStyle = ink.ok; pen.fillRect(runFrom, barY, Math.max(1, runTo - runFrom), tall); pen.globalAlpha = 1; } runFrom = runTo = -1; };
    for (let i = firstShown(list, from); i < list.length && start[list[i]] <= to; ) {
      const row = list[i], x = px(start[row]), right = px(Math.min(shown[row], to + (to - from)));
      if (right - x >= 7 || stop[row] === Infinity) { flush(); drawBar(row, x, right, barY, tall); i++; continue; }
      // Far out hundreds share a pixel: one run of them is drawn, and the next looked for.
      if (runTo < x - 1) { flush(); runFrom = Math.max(left, x); }
      runTo = Math.max(runTo, right, x + 1);
      let step = 1;
      const until = from + (runTo - left) * perPixel;
      while (i + step < list.length && shown[list[i + step]] < until) step *= 2;
      let low = i + (step >> 1), high = Math.min(i + step, list.length);
      while (low + 1 < high) { const middle = (low + high) >> 1; if (shown[list[middle]] < until) low = middle; else high = middle; }
      i = Math.max(i + 1, low);
    }
    flush();
    let drawn = -1;
    for (const one = opens[lane], i = { at: firstShown(one, from) }; i.at < one.length && start[one[i.at]] <= to; i.at++) {
      const x = px(start[one[i.at]]);
      if (x < drawn) continue;
      pen.fillStyle = ink.info; pen.fillRect(x, barY, 2, tall); drawn = x + 2;
    }
  }
  function drawBar(row, x, right, y, tall) {
    const kind = status(row), open = stop[row] === Infinity, a = Math.max(left - 6, x);
    let b = Math.max(a + 2, Math.min(right - 1, width + 6));
    if (open) {
      b = Math.min(b, a + FADE, width);
      const fade = pen.createLinearGradient(a, 0, Math.max(b, a + 8), 0);
      fade.addColorStop(0, ink.info); fade.addColorStop(1, "transparent");
      pen.globalAlpha = path && path.step.has(row) ? 1 : 0.55; pen.fillStyle = fade; pen.fillRect(a, y, b - a, tall); pen.globalAlpha = 1;
    } else if (kind === "failed") { pen.globalAlpha = path && path.step.has(row) ? 0.5 : 0.25; pen.fillStyle = ink.fail; pen.fillRect(a, y, b - a, tall); pen.globalAlpha = 1; }
    else if (kind === "placed") { pen.globalAlpha = history.texts.observer[history.f[row]] ? 0.5 : 0.85; pen.fillStyle = ink.ok; pen.fillRect(a, y, b - a, tall); pen.globalAlpha = 1; }
    else if (kind === "bad") { pen.fillStyle = ink.bad; pen.fillRect(a, y, b - a, tall); }
    else { pen.lineWidth = 1.5; pen.strokeStyle = kind === "refused" ? ink.bad : ink.soft; pen.setLineDash(kind === "refused" ? [4, 3] : []); pen.strokeRect(a + 0.75, y + 0.75, Math.max(1, b - a - 1.5), tall - 1.5); pen.setLineDash([]); }
    if (row === chosen.row()) { pen.lineWidth = 2.5; pen.strokeStyle = ink.ink; pen.strokeRect(a - 1, y - 1, b - a + 2, tall + 2); }
    const space = (open ? Math.min(right, x + FADE * 1.6) : b) - a;
    if (space > 22 && laneHeight >= 18) {
      pen.save(); pen.beginPath(); pen.rect(a, y - 2, Math.max(0, Math.min(right, width) - a - 2), tall + 4); pen.clip();
      const light = kind === "bad" || (kind === "placed" && !history.texts.observer[history.f[row]]);
      const head = kind === "bad" || kind === "refused" ? "✗ " : "";
      write(head + history.label(row) + (open ? " …?" : ""), Math.max(a, left) + 4, y + tall / 2 + 4, kind === "refused" ? ink.bad : light ? ink.paper : ink.ink, 12, kind === "bad" ? 700 : 400);
      pen.restore();
    }
  }
  // The finding lies on top of whatever shares its pixels.
  function drawMarked() {
    const tall = Math.max(5, laneHeight - (laneHeight > 20 ? 12 : 5));
    for (const row of [...marked, ...(path ? path.refusing.keys() : [])]) {
      const lane = laneOf(row);
      if (lane < 0 || !(stop[row] >= from) || start[row] > to) continue;
      const y = laneY(lane) + (laneHeight - tall) / 2, x = px(start[row]), right = px(Math.min(shown[row], end));
      if (right - x < 7) {
        pen.fillStyle = culprits.has(row) || !marked.has(row) ? ink.bad : ink.ink; pen.fillRect(x - 1, y - 2, 5, tall + 4);
      } else if (marked.has(row) && !culprits.has(row) && stop[row] !== Infinity) { pen.lineWidth = 2; pen.strokeStyle = ink.ink; pen.strokeRect(x, y, right - x - 1, tall); }
    }
  }
  // The order shown: a dot where each step takes effect, and what the object holds in between.
  function drawPath() {
    const y = OVERVIEW + AXIS + 4, at = placed();
    if (!at) return;
    let low = 0, high = at.length;
    while (low < high) { const middle = (low + high) >> 1; if (at[middle] < from) low = middle + 1; else high = middle; }
    let last = low;
    for (let step = at.length - low; step >= 1; step >>= 1) while (last + step <= at.length && at[last + step - 1] <= to) last += step;
    const inView = last - low, closes = path.refused.length > 0 && pathEnd() < to;
    if (closes) {
      const x = Math.max(left, px(pathEnd()));
      pen.globalAlpha = 0.07; pen.fillStyle = ink.bad; pen.fillRect(x, y, width - x, height); pen.globalAlpha = 1;
      if (width - x > 150) write("no order gets further", x + 6, y + 16, ink.bad, 12, 600);
    }
    const over = closes ? Math.max(left, Math.min(width, px(pathEnd()))) : width;
    pen.fillStyle = ink.panel; pen.fillRect(left, y, over - left, TRACK);
    if (inView > (width - left) / 7) { write(`${inView.toLocaleString("en")} steps: come closer to see them`, left + 8, y + 16, ink.soft, 12); return; }
    const stops = []; // Places on the track where the state changes.
    for (let i = low - 1; i <= last && i <= at.length; i++) {
      const state = i < 0 ? path.first : path.states[Math.min(i, at.length - 1)];
      const x = i < 0 ? left : i < at.length ? px(at[i]) : width;
      if (!stops.length || stops[stops.length - 1].state !== state) stops.push({ x: Math.max(left, x), state });
    }
    stops.forEach((one, i) => {
      const until = Math.min(i + 1 < stops.length ? stops[i + 1].x : over, width), text = history.texts.state[one.state];
      if (until <= one.x) return;
      pen.lineWidth = 1; pen.strokeStyle = ink.line; pen.strokeRect(one.x + 0.5, y + 0.5, until - one.x - 1, TRACK - 1);
      pen.save(); pen.beginPath(); pen.rect(one.x, y, until - one.x, TRACK); pen.clip();
      pen.font = "600 12px system-ui, sans-serif";
      const wide = pen.measureText(text || "…").width;
      write(text ?? "…", wide < until - one.x - 8 ? (one.x + until - wide) / 2 : one.x + 4, y + 16, ink.ink, 12, 600);
      pen.restore();
    });
    for (let i = low; i < last; i++) {
      const row = path.rows[i], lane = row < 0 ? -1 : laneOf(row);
      if (lane < 0) continue;
      // On the lower edge, where it hides no label.
      const x = px(at[i]), r = laneHeight >= 25 ? 4 : 3, dotY = laneY(lane) + laneHeight - (laneHeight > 20 ? 7 : 4);
      if (dotY < LANES_TOP) continue;
      pen.globalAlpha = 0.35; pen.fillStyle = ink.soft; pen.fillRect(x - 0.5, y + TRACK, 1, dotY - y - TRACK); pen.globalAlpha = 1;
      pen.beginPath(); pen.arc(x, dotY, row === chosen.row() ? r + 2 : r, 0, 7); pen.fillStyle = ink.paper; pen.fill(); pen.lineWidth = 1.5; pen.strokeStyle = ink.ink; pen.stroke();
    }
  }
  // The event that no order gets past: the first answer that none explains.
  function pathEnd() {
    const stuck = history.keys[path.key].stuck;
    return stuck >= 0 ? stop[stuck] : end;
  }
  function drawNames() {
    pen.fillStyle = ink.paper; pen.fillRect(0, OVERVIEW, left - 1, height);
    if (path) write(left < 100 ? "" : thing(history), 8, OVERVIEW + AXIS + 20, ink.soft, 12);
    pen.save(); pen.beginPath(); pen.rect(0, LANES_TOP, left - 4, height); pen.clip();
    for (let lane = Math.floor(top / laneHeight); lane < lanes.length && laneY(lane) < height; lane++) {
      const list = lanes[lane], row = list[Math.min(firstShown(list, from), list.length - 1)], y = laneY(lane) + laneHeight / 2 + 4;
      if (y < LANES_TOP + 6) continue;
      write(left < 100 ? "p" + history.process[row] : "process " + history.process[row], 8, y, ink.soft, laneHeight < 16 ? 10 : 12);
      if (left >= 100 && history.node(row)) { pen.textAlign = "right"; write(short(history.node(row), 5), left - 8, y, ink.soft, 11); pen.textAlign = "left"; }
    }
    pen.restore();
  }
  function drawOverview() {
    if (!overview) {
      const scale = window.devicePixelRatio || 1, picture = document.createElement("canvas");
      picture.width = width * scale; picture.height = OVERVIEW * scale;
      const brush = picture.getContext("2d"), bins = new Float64Array(Math.ceil(width - left));
      brush.scale(scale, scale);
      for (const row of rows) bins[Math.min(bins.length - 1, Math.floor((start[row] / end) * (width - left)))]++;
      const most = bins.reduce((a, b) => Math.max(a, b), 1);
      brush.fillStyle = ink.panel; brush.fillRect(left, 0, width, OVERVIEW);
      brush.fillStyle = ink.ok; brush.globalAlpha = 0.45;
      bins.forEach((count, x) => { const tall = (count / most) * (OVERVIEW - 10); brush.fillRect(left + x, OVERVIEW - tall, 1, tall); });
      brush.globalAlpha = 1;
      for (const row of culprits) if (laneOf(row) >= 0) {
        const x = left + (start[row] / end) * (width - left);
        brush.fillStyle = ink.bad; brush.fillRect(x - 1, 0, 3, OVERVIEW); brush.beginPath(); brush.moveTo(x - 6, 0); brush.lineTo(x + 7, 0); brush.lineTo(x + 0.5, 8); brush.fill();
      }
      overview = picture;
    }
    pen.fillStyle = ink.paper; pen.fillRect(0, 0, width, OVERVIEW);
    pen.drawImage(overview, 0, 0, width, OVERVIEW);
    if (left >= 100) write(`${rows.length.toLocaleString("en")} ${rows.length === 1 ? "operation" : "operations"}`, 8, 19, ink.soft, 11);
    const a = left + (from / end) * (width - left), b = left + (to / end) * (width - left);
    pen.lineWidth = 1.5; pen.strokeStyle = ink.ink; pen.strokeRect(a + 0.75, 0.75, Math.max(4, b - a - 1.5), OVERVIEW - 1.5);
  }

  // ---- what lies where
  function under(x, y) {
    const lane = Math.floor((y - LANES_TOP + top) / laneHeight);
    if (y < LANES_TOP || x < left || !lanes[lane]) return -1;
    const slack = ((to - from) / (width - left)) * 4, at = atX(x), list = lanes[lane];
    let found = -1, least = Infinity;
    for (let i = firstShown(list, at - slack); i < list.length && start[list[i]] <= at + slack; i++) {
      const row = list[i], off = Math.max(start[row] - at, at - shown[row], 0) - (marked.has(row) ? slack : 0);
      if (off < least) { least = off; found = row; }
    }
    return found;
  }
  const neighbours = (row) => { const lane = laneOf(row); return lane < 0 ? null : { lane, list: lanes[lane], at: lanes[lane].indexOf(row) }; };
  function nearest(lane, at) {
    const list = lanes[lane];
    if (!list || !list.length) return -1;
    const i = Math.min(firstShown(list, at), list.length - 1);
    return i && Math.abs(start[list[i - 1]] - at) < Math.abs(start[list[i]] - at) ? list[i - 1] : list[i];
  }

  return { canvas, choose, show, range, zoom, pan, lookAt, layOut, recolour, under, neighbours, nearest, visible, refresh, draw,
    scroll: (by) => { scrollTo(top + by); refresh(); }, scrolls: () => LANES_TOP + lanes.length * laneHeight + 14 > height,
    whole: () => range(0, end), view: () => ({ from, to, end, left, width, height, lanes: lanes.length, rows: rows.length, frame }),
    atX, startOf: (row) => start[row], onOverview: (y) => y < OVERVIEW, overviewAt: (x) => ((x - left) / (width - left)) * end, positions: placed };
}

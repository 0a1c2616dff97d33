"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { columns: col, texts, faults, findings } = data;
  const count = col.call.length;
  const OK = 0, FAIL = 1, INFO = 2;
  const OUTCOME = ["ok", "failed", "indeterminate: it may take effect at any later time, or never"];

  // Times come as differences, to be short; from here on they are microseconds since the start.
  const call = new Float64Array(count);
  for (let row = 0, now = 0; row < count; row++) call[row] = now += col.call[row];
  let last = 1;
  for (let row = 0; row < count; row++) last = Math.max(last, call[row] + Math.max(0, col.duration[row]));
  for (const fault of faults) last = Math.max(last, fault.end, fault.start);
  for (const fault of faults) if (fault.end < 0) fault.end = last;

  // One lane a client: after an indeterminate operation it goes on under a new process number.
  const lanes = new Map();
  for (let row = 0; row < count; row++) {
    const client = col.process[row] % Math.max(1, data.clients);
    if (!lanes.has(client)) lanes.set(client, { client, node: col.node[row], rows: [] });
    lanes.get(client).rows.push(row);
  }
  const natural = new Intl.Collator("en", { numeric: true });
  const nodeName = (number) => (number < 0 ? "" : texts.node[number]);
  const ordered = [...lanes.values()].sort(
    (a, b) => natural.compare(nodeName(a.node), nodeName(b.node)) || a.client - b.client);
  // What never completed is drawn until its client goes on.
  const end = new Float64Array(count);
  for (const lane of ordered) {
    lane.rows.forEach((row, place) => {
      const next = place + 1 < lane.rows.length ? call[lane.rows[place + 1]] : last;
      end[row] = col.duration[row] < 0 ? next : call[row] + col.duration[row];
    });
  }
  const marked = new Set(findings.flatMap((finding) => finding.rows));

  const value = (number) => (number < 0 || texts.value[number] === "null" ? "nil" : texts.value[number]);
  const seconds = (us, digits = 3) => (us / 1e6).toFixed(digits) + " s";
  function label(row) {
    const f = texts.f[col.f[row]], input = col.input[row], output = col.output[row];
    if (f === "read") return "read → " + (col.outcome[row] === OK ? value(output) : "?");
    if (f === "cas" && input >= 0) {
      const pair = value(input).replace(/^\[|\]$/g, "").split(", ");
      const told = pair.length === 2 ? pair.join(" → ") : value(input);
      return "cas " + told + (col.outcome[row] === FAIL ? " refused" : "");
    }
    return f + (input >= 0 ? " " + value(input) : "") + (output >= 0 && col.outcome[row] === OK && output !== input && value(output) !== "nil" ? " → " + value(output) : "");
  }
  function details(row) {
    const lines = [label(row)];
    if (col.key[row] >= 0) lines.push("key " + texts.key[col.key[row]]);
    lines.push("process " + col.process[row] + (col.node[row] >= 0 ? " on " + nodeName(col.node[row]) : ""));
    lines.push("called " + seconds(call[row], 6));
    lines.push(col.duration[row] < 0 ? OUTCOME[INFO] : OUTCOME[col.outcome[row]] + " at " + seconds(end[row], 6) + ", after " + (col.duration[row] / 1000).toFixed(1) + " ms");
    if (col.error[row] >= 0) lines.push("error: " + texts.error[col.error[row]]);
    return lines.join("\n");
  }

  drawFindings();
  drawBoard();
  offerCopies();
  filterLogs();

  // ---- the few operations that matter, as a drawing whose x axis keeps order and squeezes gaps
  function drawFindings() {
    const sections = [...document.querySelectorAll("section.finding")];
    sections.forEach((section, number) => {
      const place = section.querySelector(".drawing"), drawing = findingDrawing(findings[number]);
      // A narrow screen gets it smaller, as long as it can be read, and what cannot be first.
      const wide = Number(drawing.getAttribute("width")), tall = Number(drawing.getAttribute("height"));
      const scale = Math.min(1, Math.max(0.7, place.clientWidth / Math.max(1, wide)));
      drawing.setAttribute("viewBox", `0 0 ${wide} ${tall}`);
      drawing.setAttribute("width", wide * scale);
      drawing.setAttribute("height", tall * scale);
      place.append(drawing);
      place.scrollLeft = place.scrollWidth;
    });
    const nav = document.querySelector("nav.findings");
    if (!nav) return;
    let shown = 0;
    sections.forEach((section, number) => { section.hidden = number !== 0; });
    nav.addEventListener("click", (event) => {
      const step = Number(event.target.dataset.step || 0);
      shown = (shown + step + sections.length) % sections.length;
      sections.forEach((section, number) => { section.hidden = number !== shown; });
      nav.querySelector("span").textContent = shown + 1;
    });
  }

  function svg(name, attributes, text) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, given] of Object.entries(attributes)) element.setAttribute(key, given);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  // Of a long list nobody sees what it lacks.
  function missing(finding) {
    if (finding.culprit < 0) return "";
    const added = finding.rows.filter((row) => texts.f[col.f[row]] === "add" && row !== finding.culprit);
    const list = texts.f[col.f[finding.culprit]] === "read" && value(col.output[finding.culprit]).startsWith("[");
    return list && added.length === 1 ? ": " + value(col.input[added[0]]) + " is missing" : "";
  }

  function findingDrawing(finding) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = "600 13px system-ui, sans-serif";
    const wide = (text) => pen.measureText(text).width;
    const rows = finding.rows;
    if (!rows.length) return svg("svg", { width: 0, height: 0 });
    const short = (text, limit) => (text.length > limit ? text.slice(0, limit - 1) + "…" : text);
    const narrow = document.documentElement.clientWidth < 640;
    const title = new Map(rows.map((row) => [row, short(label(row), narrow ? 16 : 48)]));
    const processes = [...new Set(rows.map((row) => col.process[row]))];
    const name = (process) => {
      const row = rows.find((one) => col.process[one] === process);
      if (narrow) return process + (col.node[row] >= 0 ? " " + short(nodeName(col.node[row]), 6) : "");
      return "process " + process + (col.node[row] >= 0 ? " on " + short(nodeName(col.node[row]), 16) : "");
    };
    const left = 24 + Math.max(...processes.map((process) => wide(name(process))));
    const first = Math.min(...rows.map((row) => call[row]));
    const final = Math.max(...rows.map((row) => (col.duration[row] < 0 ? call[row] : end[row])));
    const near = faults.filter((fault) => fault.start <= final && fault.end >= first - 2e6);
    const moments = new Set();
    for (const row of rows) { moments.add(call[row]); if (col.duration[row] >= 0) moments.add(end[row]); }
    for (const fault of near) for (const edge of [fault.start, fault.end]) if (edge > first - 2e6 && edge < final + 2e6) moments.add(edge);
    const times = [...moments].sort((a, b) => a - b);
    const at = new Map();
    // Many faults between the operations are told by where they are, not each by its name.
    const crowded = near.length > 3;
    let x = left + 14;
    times.forEach((time, place) => {
      // A second is wider than a millisecond, but not a thousand times.
      if (place) x += (22 + 13 * Math.log2(1 + (time - times[place - 1]) / 2000)) * (crowded || narrow ? 0.36 : 1);
      for (const row of rows) if (col.duration[row] >= 0 && end[row] === time && call[row] < time) x = Math.max(x, at.get(call[row]) + wide(title.get(row)) + 20);
      for (const row of rows) {
        const previous = rows.filter((one) => col.process[one] === col.process[row] && call[one] < time && col.duration[one] < 0);
        if (call[row] === time) for (const one of previous) x = Math.max(x, at.get(call[one]) + wide(title.get(one)) + 40);
      }
      if (!crowded && !narrow) for (const fault of near) if (fault.end === time && at.has(fault.start)) x = Math.max(x, at.get(fault.start) + wide(fault.label) + 12);
      at.set(time, x);
    });
    // A small drawing takes the room there is; a crowded one is squeezed a little to fit it.
    const room = document.documentElement.clientWidth - 160 - left;
    const stretch = Math.max(crowded || narrow ? 0.7 : 1, Math.min(2, room / (x - left + 60)));
    for (const [time, place] of at) at.set(time, left + 14 + (place - left - 14) * stretch);
    x = at.get(times[times.length - 1]);
    const tail = Math.max(60, ...rows.filter((row) => col.duration[row] < 0).map((row) => at.get(call[row]) + wide(title.get(row)) + 40 - x));
    const verdict = "▲ cannot have happened" + missing(finding);
    const beyond = finding.culprit < 0 ? 0 : at.get(call[finding.culprit]) + wide(verdict);
    const right = Math.max(x + tail, beyond);
    // Faults that do not overlap share a shelf.
    const shelves = [], shelf = new Map();
    for (const fault of [...near].sort((a, b) => a.start - b.start)) {
      let place = shelves.findIndex((until) => until < fault.start);
      if (place < 0) place = shelves.length;
      shelves[place] = fault.end;
      shelf.set(fault, place);
    }
    const laneTop = 30 + shelves.length * 22, laneHeight = 46;
    const bottom = laneTop + processes.length * laneHeight + 8;
    const root = svg("svg", { width: Math.max(right + 16, narrow ? 300 : 600), height: bottom + 34, role: "img", "aria-label": "The operations of the finding, one lane a process, time to the right" });
    near.forEach((fault) => {
      const from = at.get(fault.start) ?? left, to = at.get(fault.end) ?? right, y = 10 + shelf.get(fault) * 22;
      const told = fault.label + (at.has(fault.start) ? "" : " (since " + seconds(fault.start, 2) + ")");
      const fits = crowded || narrow ? short(told, Math.max(3, Math.floor((to - from - 8) / 7))) : told;
      root.append(svg("rect", { x: from, y, width: Math.max(2, to - from), height: bottom - y, fill: "var(--fault)", opacity: 0.1 }));
      const bar = svg("rect", { x: from, y, width: Math.max(2, to - from), height: 18, fill: "var(--fault)", opacity: 0.4 });
      bar.append(svg("title", {}, told));
      root.append(bar);
      root.append(svg("text", { x: from + 5, y: y + 13, fill: "var(--ink)" }, fits));
    });
    processes.forEach((process, place) => {
      const y = laneTop + place * laneHeight + 28;
      root.append(svg("text", { x: 10, y: y + 4, fill: "var(--soft)" }, name(process)));
      root.append(svg("line", { x1: left, x2: right, y1: y, y2: y, stroke: "var(--line)" }));
    });
    for (const row of rows) {
      const y = laneTop + processes.indexOf(col.process[row]) * laneHeight + 28;
      const open = col.duration[row] < 0, from = at.get(call[row]), to = open ? right : at.get(end[row]);
      const bad = row === finding.culprit;
      const ink = bad ? "var(--bad)" : open ? "var(--info)" : col.outcome[row] === FAIL ? "var(--fail)" : "var(--ok)";
      const group = svg("g", {});
      group.append(svg("title", {}, details(row)));
      group.append(svg("rect", { x: from, y: y - 6, width: Math.max(3, to - from), height: 12, rx: 3, fill: ink, opacity: open ? 0.45 : 0.9 }));
      if (open) group.append(svg("text", { x: to - 26, y: y - 9, fill: "var(--info)" }, "…?"));
      group.append(svg("text", { x: from, y: y - 11, fill: bad ? "var(--bad)" : "var(--ink)", "font-weight": bad ? 700 : 500 }, title.get(row)));
      if (bad) group.append(svg("text", { x: from, y: y + 20, fill: "var(--bad)", "font-size": 12 }, verdict));
      root.append(group);
    }
    if (finding.culprit >= 0) {
      const culprit = finding.culprit;
      const earlier = rows.filter((row) => row !== culprit && col.duration[row] >= 0 && end[row] <= call[culprit]).sort((a, b) => end[b] - end[a])[0];
      if (earlier !== undefined) {
        const y = (row) => laneTop + processes.indexOf(col.process[row]) * laneHeight + 28;
        const x1 = at.get(end[earlier]), x2 = at.get(call[culprit]), y1 = y(earlier), y2 = y(culprit);
        root.append(svg("path", { d: `M${x1} ${y1} V${y2} H${x2}`, fill: "none", stroke: "var(--soft)", "stroke-dasharray": "4 3" }));
        const gap = (call[culprit] - end[earlier]) / 1000;
        root.append(svg("text", { x: x1 + 8, y: y1 + 20, fill: "var(--soft)", "font-size": 12 }, (narrow ? "" : "answered ") + (gap < 1000 ? gap.toFixed(1) + " ms" : (gap / 1000).toFixed(2) + " s") + " before the call below".replace("below", y2 > y1 ? "below" : y2 < y1 ? "above" : "that follows")));
      }
    }
    // So many digits that no two moments read the same.
    const nearest = Math.min(...times.slice(1).map((time, before) => time - times[before]), 1e6);
    const digits = Math.max(3, Math.min(6, Math.ceil(-Math.log10(Math.max(1, nearest) / 1e6))));
    let free = -1e9;
    for (const time of times) {
      const place = at.get(time);
      root.prepend(svg("line", { x1: place, x2: place, y1: laneTop, y2: bottom, stroke: "var(--line)", "stroke-dasharray": "2 3" }));
      if (place < free) continue;
      root.append(svg("text", { x: place, y: bottom + 18, fill: "var(--soft)", "font-size": 12 }, seconds(time, digits)));
      free = place + 48 + 7 * digits;
    }
    return root;
  }

  // ---- the whole run: faults, rate, latency, lanes; one time axis
  function drawBoard() {
    const board = document.getElementById("board"), canvas = board.querySelector("canvas"), tip = document.getElementById("tip");
    const pen = canvas.getContext("2d");
    const LEFT = 96, TOP = 24, GAP = 10;
    const kinds = [...new Set(faults.map((fault) => fault.kind))];
    const faultsHeight = kinds.length * 18, rateHeight = 64, latencyHeight = 110;
    const laneHeight = ordered.length <= 24 ? 17 : ordered.length <= 60 ? 11 : 6;
    const rateTop = TOP + faultsHeight + GAP, latencyTop = rateTop + rateHeight + GAP, lanesTop = latencyTop + latencyHeight + GAP;
    const height = lanesTop + ordered.length * laneHeight + 10;
    let width = 800, from = 0, to = last * 1.01, onlyKey = -1, ink = {}, pending = false, hovered = -1;

    const px = (us) => LEFT + ((us - from) / (to - from)) * (width - LEFT);
    const us = (x) => from + ((x - LEFT) / (width - LEFT)) * (to - from);
    const shows = (row) => onlyKey < 0 || col.key[row] === onlyKey;

    function look() {
      const style = getComputedStyle(document.documentElement);
      for (const name of ["paper", "ink", "soft", "line", "panel", "ok", "fail", "info", "bad", "fault"]) ink[name] = style.getPropertyValue("--" + name).trim();
      const scale = window.devicePixelRatio || 1;
      width = board.clientWidth;
      canvas.width = width * scale; canvas.height = height * scale; canvas.style.height = height + "px";
      pen.setTransform(scale, 0, 0, scale, 0, 0);
      draw();
    }
    function refresh() { if (!pending) { pending = true; requestAnimationFrame(() => { pending = false; draw(); }); } }
    function range(a, b) {
      const span = Math.min(last * 1.01, Math.max(50, b - a));
      from = Math.min(Math.max(0, a), Math.max(0, last * 1.01 - span)); to = from + span; refresh();
    }

    function write(text, x, y, colour, size = 12) { pen.fillStyle = colour; pen.font = size + "px system-ui, sans-serif"; pen.fillText(text, x, y); }

    function draw() {
      pen.fillStyle = ink.paper; pen.fillRect(0, 0, width, height);
      drawAxis(); drawLanes(); drawRateAndLatency(); drawFaults();
      // What lies left of the axis belongs to the labels.
      pen.fillStyle = ink.paper; pen.fillRect(0, TOP, LEFT - 2, height);
      kinds.forEach((kind, place) => write(kind, 8, TOP + place * 18 + 13, ink.soft));
      write("ops/s", 8, rateTop + 12, ink.soft); write("latency", 8, latencyTop + 12, ink.soft);
      let before = null;
      ordered.forEach((lane, place) => {
        const y = lanesTop + place * laneHeight, node = nodeName(lane.node);
        if (node !== before) { pen.fillStyle = ink.line; pen.fillRect(0, y - 1, width, 1); write(node.slice(0, 5), 8, y + Math.min(13, laneHeight + 4), ink.ink); before = node; }
        if (laneHeight >= 11) write("client " + lane.client, 40, y + laneHeight - 4, ink.soft, 11);
      });
      for (const [text, y] of latencyLabels()) write(text, LEFT - 48, y + 4, ink.soft, 11);
    }
    function drawAxis() {
      const span = to - from, raw = span / Math.max(2, (width - LEFT) / 110), power = 10 ** Math.floor(Math.log10(raw));
      const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= raw), digits = Math.max(0, Math.min(6, 6 - Math.floor(Math.log10(step))));
      for (let time = Math.ceil(from / step) * step; time < to; time += step) {
        pen.fillStyle = ink.line; pen.fillRect(px(time), TOP - 6, 1, height);
        write(seconds(time, digits), px(time) + 4, 15, ink.soft, 11);
      }
    }
    function drawFaults() {
      for (const fault of faults) {
        const x = px(fault.start), wide = Math.max(2, px(fault.end) - x), y = TOP + kinds.indexOf(fault.kind) * 18;
        if (x > width || x + wide < LEFT) continue;
        pen.globalAlpha = 0.09; pen.fillStyle = ink.fault; pen.fillRect(x, TOP, wide, height - TOP);
        pen.globalAlpha = fault.mechanical ? 0.5 : 0.15; pen.fillRect(x, y + 1, wide, 15); pen.globalAlpha = 1;
        pen.save(); pen.beginPath(); pen.rect(Math.max(x, LEFT), y, wide - Math.max(0, LEFT - x), 18); pen.clip();
        write((fault.mechanical ? "" : "no effect: ") + fault.label.replace(fault.kind + " ", ""), Math.max(x, LEFT) + 4, y + 13, ink.ink, 11);
        pen.restore();
      }
    }
    const latencyTicks = [100, 1000, 10000, 100000, 1000000, 10000000];
    const latencyY = (durationUs) => latencyTop + latencyHeight - ((Math.log10(Math.max(100, durationUs)) - 2) / 5) * latencyHeight;
    const offset = Uint16Array.from({ length: count }, (_, row) => Math.max(0, Math.round(latencyY(col.duration[row]) - latencyTop)));
    const byOutcome = [OK, FAIL, INFO].map((outcome) => Int32Array.from(col.outcome.keys()).filter((row) => col.outcome[row] === outcome));
    const latencyLabels = () => latencyTicks.slice(1, -1).map((tick) => [tick < 1e6 ? tick / 1000 + " ms" : tick / 1e6 + " s", latencyY(tick)]);

    function drawRateAndLatency() {
      const bins = Math.max(1, Math.floor((width - LEFT) / 4)), per = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)];
      for (const tick of latencyTicks.slice(1, -1)) { pen.fillStyle = ink.line; pen.fillRect(LEFT, latencyY(tick), width, 1); }
      const colours = [ink.ok, ink.fail, ink.info];
      const drawn = new Uint8Array((Math.ceil(width) + 1) * (latencyHeight + 2));
      const scale = (width - LEFT) / (to - from), perBin = bins / (to - from);
      pen.globalAlpha = 0.7;
      // One colour after the other, and each pixel once: this runs for every frame.
      for (const outcome of [INFO, OK, FAIL]) {
        pen.fillStyle = colours[outcome];
        for (const row of byOutcome[outcome]) {
          const done = outcome === INFO ? call[row] : end[row];
          if (done < from || done > to || !shows(row)) continue;
          const bin = Math.floor((done - from) * perBin);
          if (bin < bins) per[outcome][bin]++;
          if (outcome === INFO) continue;
          const x = Math.round(LEFT + (done - from) * scale), place = x * (latencyHeight + 2) + offset[row];
          if (drawn[place]) continue;
          drawn[place] = 1; pen.fillRect(x, latencyTop + offset[row] - 1, 2, 2);
        }
      }
      pen.globalAlpha = 1;
      const total = per[0].map((n, bin) => n + per[1][bin] + per[2][bin]), most = Math.max(1, ...total), wide = (width - LEFT) / bins;
      for (let bin = 0; bin < bins; bin++) {
        let y = rateTop + rateHeight;
        for (let outcome = 0; outcome < 3; outcome++) {
          const tall = (per[outcome][bin] / most) * rateHeight;
          if (tall) { pen.fillStyle = colours[outcome]; pen.fillRect(LEFT + bin * wide, y -= tall, Math.max(1, wide - 1), tall); }
        }
      }
      write(Math.round(most / ((to - from) / bins / 1e6)).toLocaleString("en") + "/s at most", LEFT + 6, rateTop + 11, ink.soft, 11);
    }
    function firstAt(rows, time) {
      let low = 0, high = rows.length;
      while (low < high) { const middle = (low + high) >> 1; if (end[rows[middle]] < time) low = middle + 1; else high = middle; }
      return low;
    }
    function drawLanes() {
      const tall = Math.max(4, laneHeight - 3);
      ordered.forEach((lane, place) => {
        const y = lanesTop + place * laneHeight + 1;
        let covered = -1, colourBefore = "";
        for (let at = firstAt(lane.rows, from); at < lane.rows.length; at++) {
          const row = lane.rows[at];
          if (call[row] > to) break;
          if (!shows(row)) continue;
          const x = Math.max(LEFT, px(call[row])), stop = Math.min(width, px(end[row])), bad = marked.has(row);
          const colour = bad ? ink.bad : col.outcome[row] === INFO ? ink.info : col.outcome[row] === FAIL ? ink.fail : ink.ok;
          // Far out hundreds of operations share a pixel: one stroke each colour is enough.
          if (!bad && stop < covered && colour === colourBefore) continue;
          pen.globalAlpha = col.outcome[row] === INFO ? 0.45 : marked.size && !bad ? 0.6 : 0.9;
          pen.fillStyle = colour; pen.fillRect(x, y, Math.max(bad ? 4 : 1, stop - x - 0.5), tall);
          covered = Math.floor(stop) + 1; colourBefore = colour;
          if (row === hovered || bad) { pen.globalAlpha = 1; pen.strokeStyle = ink.ink; pen.strokeRect(x, y, Math.max(4, stop - x), tall); }
          if (stop - x > 40 && laneHeight >= 15) {
            pen.save(); pen.beginPath(); pen.rect(x, y, stop - x - 2, tall); pen.clip(); pen.globalAlpha = 1;
            write(label(row), x + 3, y + tall - 3, col.outcome[row] === OK ? ink.paper : ink.ink, 11); pen.restore();
          }
        }
        // The finding lies on top of whatever shares its pixels.
        for (const row of marked) if (lane.rows.length && col.process[row] % Math.max(1, data.clients) === lane.client && end[row] >= from && call[row] <= to) {
          const x = Math.max(LEFT, px(call[row])); pen.globalAlpha = 1; pen.fillStyle = ink.bad; pen.fillRect(x, y, Math.max(4, Math.min(width, px(end[row])) - x - 0.5), tall);
        }
      });
      pen.globalAlpha = 1;
    }
    function under(x, y) {
      const lane = ordered[Math.floor((y - lanesTop) / laneHeight)];
      if (!lane || x < LEFT) return -1;
      const slack = ((to - from) / (width - LEFT)) * 3, time = us(x);
      let best = -1, least = Infinity;
      for (let at = firstAt(lane.rows, time - slack); at < lane.rows.length; at++) {
        const row = lane.rows[at];
        if (call[row] > time + slack) break;
        const off = Math.max(call[row] - time, time - end[row], 0) - (marked.has(row) ? slack : 0);
        if (shows(row) && off < least) { least = off; best = row; }
      }
      return best;
    }
    function point(event) {
      const box = canvas.getBoundingClientRect(), x = event.clientX - box.left, y = event.clientY - box.top;
      const row = under(x, y);
      let text = row >= 0 ? details(row) : "";
      if (row < 0) text = faults.filter((fault) => x >= LEFT && us(x) >= fault.start && us(x) <= fault.end && (y < rateTop ? kinds.indexOf(fault.kind) === Math.floor((y - TOP) / 18) : y < lanesTop)).map((fault) => fault.title + "\n" + seconds(fault.start, 2) + " – " + seconds(fault.end, 2) + "\n" + fault.effect).join("\n\n");
      tip.hidden = !text; tip.textContent = text;
      if (text) {
        tip.style.left = Math.min(x + 14, width - tip.offsetWidth - 6) + "px";
        tip.style.top = (y + 18 + tip.offsetHeight > height ? Math.max(2, y - tip.offsetHeight - 10) : y + 18) + "px";
      }
      if (row !== hovered) { hovered = row; refresh(); }
    }

    let held = null;
    canvas.addEventListener("pointerdown", (event) => { canvas.focus({ preventScroll: true }); held = { x: event.clientX, from, to }; canvas.setPointerCapture(event.pointerId); });
    canvas.addEventListener("pointerup", () => { held = null; });
    canvas.addEventListener("pointermove", (event) => {
      if (!held) { point(event); return; }
      const shift = ((event.clientX - held.x) / (width - LEFT)) * (held.to - held.from);
      range(held.from - shift, held.to - shift);
    });
    canvas.addEventListener("pointerleave", () => { tip.hidden = true; });
    const zoom = (factor, around) => range(around - (around - from) * factor, around + (to - around) * factor);
    canvas.addEventListener("wheel", (event) => {
      // Who scrolls down the page only passes by: the wheel is ours once one has clicked here.
      if (document.activeElement !== canvas && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const x = event.clientX - canvas.getBoundingClientRect().left;
      if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) { const shift = (event.deltaX / width) * (to - from); range(from + shift, to + shift); }
      else zoom(Math.exp(Math.max(-1, Math.min(1, event.deltaY / 300))), us(Math.max(LEFT, x)));
    }, { passive: false });
    canvas.addEventListener("dblclick", () => range(0, last * 1.01));
    addEventListener("keydown", (event) => {
      if ((event.target !== canvas && event.target !== document.body) || event.ctrlKey || event.metaKey || event.altKey) return;
      const step = (to - from) / 5, middle = (from + to) / 2;
      const act = { ArrowLeft: () => range(from - step, to - step), ArrowRight: () => range(from + step, to + step), "+": () => zoom(0.6, middle), "=": () => zoom(0.6, middle), "-": () => zoom(1.6, middle) }[event.key];
      if (act) { act(); event.preventDefault(); }
    });
    const on = (id, act) => document.getElementById(id).addEventListener("click", act);
    on("whole", () => range(0, last * 1.01));
    on("closer", () => zoom(0.5, (from + to) / 2));
    on("wider", () => zoom(2, (from + to) / 2));
    const keyInput = document.getElementById("key"), list = document.getElementById("keys");
    for (const text of texts.key.slice(0, 2000)) { const item = document.createElement("option"); item.value = text; list.append(item); }
    keyInput.addEventListener("input", () => { onlyKey = texts.key.indexOf(keyInput.value); refresh(); });
    function goToFinding() {
      const rows = findings[0].rows, a = Math.min(...rows.map((row) => call[row])), b = Math.max(...rows.map((row) => (col.duration[row] < 0 ? call[row] : end[row])));
      const margin = Math.max(2000, (b - a) * 0.25);
      range(a - margin, b + margin);
    }
    if (findings.length && findings[0].rows.length) { const button = document.getElementById("finding"); button.hidden = false; on("finding", goToFinding); }
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look);
    new ResizeObserver(look).observe(board);
    look();
    if (location.hash === "#finding" && findings.length) goToFinding();
  }

  // ---- what JavaScript adds to the words
  function offerCopies() {
    for (const button of document.querySelectorAll("button.copy")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const command = document.getElementById(button.dataset.copy);
        try {
          await navigator.clipboard.writeText(command.textContent);
        } catch {
          // Where the clipboard is out of reach, the words are marked and can be copied by hand.
          getSelection().selectAllChildren(command);
          document.execCommand("copy");
        }
        button.textContent = "copied";
        setTimeout(() => { button.textContent = "copy"; }, 1500);
      });
    }
  }
  function filterLogs() {
    const label = document.getElementById("log-find"), input = document.getElementById("log-text");
    if (!label) return;
    label.hidden = false;
    const lines = [...document.querySelectorAll(".logs li")];
    input.addEventListener("input", () => {
      const wanted = input.value.toLowerCase();
      for (const line of lines) line.hidden = !line.textContent.toLowerCase().includes(wanted);
    });
  }
})();

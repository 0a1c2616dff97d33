// The few operations of a finding as a drawing: the order of events is exact, gaps are squeezed.
function svg(name, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, given] of Object.entries(attributes)) element.setAttribute(key, given);
  if (text !== undefined) element.textContent = text;
  return element;
}

const THINGS = { register: "register", "cas-register": "register", "multi-register": "registers", mutex: "lock", lock: "lock", "fifo-queue": "queue", "unordered-queue": "queue", set: "set", counter: "counter", append: "value", "list-append": "lists" };
const thing = (history) => THINGS[history.model] || "state";
const short = (text, limit) => (text.length > limit ? text.slice(0, limit - 1) + "…" : text);

function closeup(history, orders, finding, room) {
  const { call, ret, called, returned } = history;
  const rows = finding.rows.filter((row) => row >= 0);
  if (!rows.length) return [];
  const pen = document.createElement("canvas").getContext("2d");
  const wide = (text, weight = 600, size = 13) => { pen.font = `${weight} ${size}px system-ui, sans-serif`; return pen.measureText(text).width; };
  const open = (row) => ret[row] === Infinity;
  const path = finding.key >= 0 ? orders.best(finding.key) : null;
  const title = new Map(rows.map((row) => [row, short(history.label(row), 44)]));
  const processes = [...new Set(rows.map((row) => history.process[row]))];
  const narrow = room < 620;
  const names = processes.map((process) => { const row = rows.find((one) => history.process[one] === process); return narrow ? short(`p${process} ${history.node(row)}`, 12) : short(history.who(row), 26); });
  const margin = 24 + Math.max(...names.map((name) => wide(name, 400)), wide(thing(history), 400)), left = 8;

  // Events in their order, and between them the edges of faults by their time.
  const events = [];
  for (const row of rows) { events.push({ event: call[row], us: called[row] }); if (!open(row)) events.push({ event: ret[row], us: returned[row] }); }
  events.sort((a, b) => a.event - b.event);
  const first = events[0].us, final = events[events.length - 1].us;
  const near = history.timed ? history.faults.map((fault) => ({ ...fault, end: fault.end < 0 ? Infinity : fault.end })).filter((fault) => fault.start <= final && fault.end >= first - 2e6) : [];
  const moments = events.map((each, place) => ({ ...each, place }));
  for (const fault of near) for (const us of [fault.start, fault.end]) if (us > first - 2e6 && us < final) moments.push({ us, edge: true, place: events.filter((each) => each.us <= us).length - 0.5 });
  moments.sort((a, b) => a.place - b.place || a.us - b.us);
  const at = new Map(), edges = new Map();
  const layOut = (squeeze) => {
    let x = left + 26, before = null;
    for (const moment of moments) {
      if (before) x += (26 + (history.timed ? 12 * Math.log2(1 + Math.max(0, moment.us - before.us) / 2000) : 18)) * squeeze;
      before = moment;
      if (moment.edge) { edges.set(moment.us, x); continue; }
      for (const row of rows) {
        if (!open(row) && ret[row] === moment.event) x = Math.max(x, at.get(call[row]) + wide(title.get(row)) + 12 + 10 * squeeze);
        if (call[row] === moment.event) for (const one of rows) if (open(one) && history.process[one] === history.process[row] && at.has(call[one])) x = Math.max(x, at.get(call[one]) + wide(title.get(one)) + 44);
      }
      at.set(moment.event, x);
    }
    return x;
  };
  room -= margin;
  let x = layOut(1);
  if (x > room - 60 || near.length > 3) x = layOut(0.35);
  // A small drawing takes the room there is.
  const stretch = Math.max(1, Math.min(2.2, (room - left - 150) / Math.max(1, x - left)));
  const spread = (place) => left + 26 + (place - left - 26) * stretch;
  for (const map of [at, edges]) for (const [key, place] of map) map.set(key, spread(place));
  x = spread(x);

  const why = new Map(path ? path.refused.map((each) => [each.row, each.why]) : []);
  if (finding.possible && finding.possible.length > 1 && why.has(finding.culprit)) {
    why.set(finding.culprit, why.get(finding.culprit).split(", but ")[0] + `, but the ${thing(history)} can only hold ` + finding.possible.join(" or ") + " then");
  }
  const whyWide = (row) => wide(why.get(row) || (row === finding.culprit ? "has no place in any order" : ""), 600, 12) + 6;
  // A reason may begin left of its bar, but not outside the drawing.
  const tail = Math.max(narrow ? 24 : 46, ...rows.map((row) => Math.max(left + whyWide(row), open(row) ? at.get(call[row]) + wide(title.get(row)) + 44 : 0) - x + 10));
  const right = x + tail;
  const shelves = [], shelf = new Map();
  for (const fault of near) {
    let place = shelves.findIndex((until) => until < fault.start);
    if (place < 0) place = shelves.length;
    shelves[place] = fault.end; shelf.set(fault, place);
  }
  const faultsTop = 10, trackTop = faultsTop + shelves.length * 22 + (shelves.length ? 6 : 0), trackHeight = 24;
  const laneTop = trackTop + (path ? trackHeight + 12 : 0), laneHeight = 58;
  const bottom = laneTop + processes.length * laneHeight;
  const told = `The operations of the finding, one lane a process, time to the right: ${rows.map((row) => `${history.who(row)}: ${history.label(row)}`).join("; ")}`;
  const root = svg("svg", { width: Math.max(right + 14, 240), height: bottom + 26, viewBox: `0 0 ${Math.max(right + 14, 240)} ${bottom + 26}`, role: "img", "aria-label": told });
  // Names stay in sight when the rest is moved under them.
  const gutter = svg("svg", { width: margin, height: bottom + 26, class: "names", "aria-hidden": "true" });
  const fading = svg("linearGradient", { id: "fading" });
  fading.append(svg("stop", { offset: 0, "stop-color": "var(--info)", "stop-opacity": 0.75 }), svg("stop", { offset: 1, "stop-color": "var(--info)", "stop-opacity": 0.05 }));
  root.append(fading);
  const write = (where, x, y, text, more = {}) => where.append(svg("text", { x, y, fill: "var(--ink)", ...more }, text));

  for (const fault of near) {
    const from = edges.get(fault.start) ?? left, to = edges.get(fault.end) ?? right, y = faultsTop + shelf.get(fault) * 22;
    const group = svg("g", {});
    group.append(svg("title", {}, `${fault.title}\n${fault.effect}`));
    group.append(svg("rect", { x: from, y, width: Math.max(2, to - from), height: bottom - y, fill: "var(--fault)", opacity: 0.08 }));
    group.append(svg("rect", { x: from, y, width: Math.max(2, to - from), height: 18, fill: "var(--fault)", opacity: 0.35 }));
    write(group, from + 5, y + 13, short(fault.label, Math.max(3, Math.floor((to - from - 8) / 7))), { "font-size": 12 });
    root.append(group);
  }
  const laneY = (row) => laneTop + processes.indexOf(history.process[row]) * laneHeight + 30;
  processes.forEach((process, place) => {
    const y = laneTop + place * laneHeight + 30;
    write(gutter, 10, y + 4, names[place], { fill: "var(--soft)" });
    root.append(svg("line", { x1: left, x2: right, y1: y, y2: y, stroke: "var(--line)" }));
  });
  axis();
  const dots = new Map();
  if (path) track();
  for (const row of rows) bar(row);
  for (const [row, place] of dots) dot(row, place);
  gap();
  return [gutter, root];

  // What the object holds between one step of the order and the next.
  function track() {
    const steps = rows.filter((row) => path.step.has(row)).sort((a, b) => path.step.get(a) - path.step.get(b));
    const points = placePoints(steps.map((row) => at.get(call[row])), steps.map((row) => (open(row) ? Infinity : at.get(ret[row]))));
    steps.forEach((row, i) => dots.set(row, Math.min(points[i], right - 8)));
    write(gutter, 10, trackTop + 16, thing(history), { fill: "var(--soft)" });
    const state = (step) => history.texts.state[step < 0 ? path.first : path.states[step]] ?? "…";
    const parts = [];
    for (let i = 0, from = left, after = -1; i <= steps.length; i++) {
      const to = i < steps.length ? dots.get(steps[i]) : right;
      const until = i < steps.length ? path.step.get(steps[i]) - 1 : path.rows.length - 1;
      const one = state(after), two = state(until);
      // Steps that are not drawn here may have changed it in between.
      const text = one === two ? one : `${one} … ${two}`;
      if (parts.length && parts[parts.length - 1].text === text) parts[parts.length - 1].to = to;
      else parts.push({ from, to, text });
      from = to;
      if (i < steps.length) after = path.step.get(steps[i]);
    }
    for (const { from, to, text } of parts) {
      const group = svg("g", {});
      group.append(svg("title", {}, `the ${thing(history)}: ${text}`));
      group.append(svg("rect", { x: from + 1, y: trackTop, width: Math.max(1, to - from - 2), height: trackHeight, rx: 4, fill: "var(--paper)", stroke: "var(--line)" }));
      const fits = wide(text) < to - from - 8 ? text : short(text, Math.floor((to - from - 8) / 8));
      if (to - from > 16) write(group, (from + to) / 2, trackTop + 16, fits, { "text-anchor": "middle", "font-weight": 600 });
      root.append(group);
    }
  }
  function bar(row) {
    const y = laneY(row), from = at.get(call[row]), to = open(row) ? right : at.get(ret[row]);
    const bad = row === finding.culprit, failed = history.outcome[row] === FAIL;
    const ink = bad ? "var(--bad)" : open(row) ? "var(--info)" : failed ? "var(--fail)" : "var(--ok)";
    const group = svg("g", {});
    group.append(svg("title", {}, `${history.label(row)}\n${history.who(row)}\n${history.when(row)}\n${history.ended(row)}`));
    if (bad && path) {
      // What the object held all the while: the red bar's shadow on the track.
      for (const edge of [from, to]) root.append(svg("line", { x1: edge, x2: edge, y1: trackTop + trackHeight, y2: y - 8, stroke: "var(--bad)", "stroke-dasharray": "3 3" }));
      root.append(svg("rect", { x: from, y: trackTop, width: Math.max(2, to - from), height: trackHeight, fill: "var(--bad)", opacity: 0.16 }));
    }
    const shape = { x: from, y: y - 8, width: Math.max(4, to - from), height: 16, rx: 4 };
    if (open(row)) { group.append(svg("rect", { ...shape, fill: "url(#fading)" })); write(group, to - 22, y + 4, "…?", { fill: "var(--ink)" }); }
    else group.append(svg("rect", { ...shape, fill: ink, ...(bad ? { stroke: "var(--ink)", "stroke-width": 1.5 } : {}) }));
    write(group, from, y - 13, (bad ? "✗ " : "") + title.get(row), { fill: bad ? "var(--bad)" : "var(--ink)", "font-weight": bad ? 700 : 600 });
    const reason = why.get(row) || (bad ? "has no place in any order" : "");
    if (reason) write(group, Math.max(left, Math.min(from, right - whyWide(row))), y + 23, reason, { fill: "var(--bad)", "font-size": 12, "font-weight": bad ? 600 : 400 });
    root.append(group);
  }
  function dot(row, place) {
    root.append(svg("line", { x1: place, x2: place, y1: trackTop + trackHeight, y2: laneY(row) - 7, stroke: "var(--soft)", "stroke-width": 1 }));
    root.append(svg("circle", { cx: place, cy: laneY(row), r: 8, fill: "var(--paper)", stroke: "var(--ink)", "stroke-width": 1.5 }));
    const number = [...dots.values()].filter((other) => other <= place).length;
    write(root, place, laneY(row) + 4, number, { "text-anchor": "middle", "font-size": 11, "font-weight": 700 });
  }
  // How long before the culprit's call the last of the others had been answered.
  function gap() {
    const culprit = finding.culprit;
    if (culprit < 0 || !history.timed) return;
    const earlier = rows.filter((row) => row !== culprit && ret[row] < call[culprit]).sort((a, b) => ret[b] - ret[a])[0];
    if (earlier === undefined) return;
    const x1 = at.get(ret[earlier]), x2 = at.get(call[culprit]), y1 = laneY(earlier), y2 = laneY(culprit);
    const us = called[culprit] - returned[earlier];
    const text = (us < 1e6 ? (us / 1000).toFixed(1) + " ms" : (us / 1e6).toFixed(2) + " s") + " later";
    const line = { fill: "none", stroke: "var(--soft)", "stroke-dasharray": "4 3" };
    const middle = (y1 + y2) / 2;
    if (x2 - x1 < wide(text, 400, 12) + 8) return;
    root.append(svg("path", { ...line, d: y1 === y2 ? `M${x1} ${y1}H${x2}` : `M${x1} ${y1 + Math.sign(y2 - y1) * 8}V${middle}H${x2}V${y2 - Math.sign(y2 - y1) * 8}` }));
    write(root, (x1 + x2) / 2, (y1 === y2 ? y1 : middle) - 4, text, { "text-anchor": "middle", fill: "var(--soft)", "font-size": 12 });
  }
  function axis() {
    let free = -1e9;
    for (const each of events) {
      const place = at.get(each.event);
      root.append(svg("line", { x1: place, x2: place, y1: laneTop, y2: bottom, stroke: "var(--line)", "stroke-dasharray": "2 4" }));
      const text = history.timed ? history.seconds(each.us) : `#${each.event}`;
      if (place < free) continue;
      write(root, place, bottom + 16, text, { fill: "var(--soft)", "font-size": 12, "text-anchor": "middle" });
      free = place + wide(text, 400, 12) + 12;
    }
  }
}

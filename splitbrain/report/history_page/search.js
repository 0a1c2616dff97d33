// Finding operations by what they are: read 4, p3, #17, key x.
function makeSearch(history, inView, goTo) {
  const input = document.getElementById("find"), told = document.getElementById("matches");
  const back = document.getElementById("previous"), forth = document.getElementById("next");
  let matches = [], at = -1, waiting = 0;

  function find(text) {
    const words = text.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return [];
    const joined = words.join(" ");
    let found;
    if ((found = joined.match(/^(?:#|event |index )\s*(\d+)$/))) { const row = history.rowOfEvent(Number(found[1])); return row < 0 ? [] : [row]; }
    const tests = [];
    let rest = joined.replace(/\b(?:process |p)(\d+)\b/g, (_, number) => { tests.push((row) => history.process[row] === Number(number)); return " "; });
    rest = rest.replace(/\bkey (\S+)/g, (_, name) => { tests.push((row) => (history.keys[history.key[row]].name ?? "").toLowerCase().replace(/^"|"$/g, "") === name.replace(/^"|"$/g, "")); return " "; });
    rest = rest.replace(/\b(failed|unanswered|info)\b/g, (word) => { tests.push((row) => history.outcome[row] === (word === "failed" ? FAIL : INFO)); return " "; });
    rest = rest.trim().replace(/\s+/g, " ");
    // "4" is the value 4, not a part of 14.
    const whole = rest && new RegExp(`(?<![\\w.-])${rest.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\w.])`);
    const hits = [];
    for (let row = 0; row < history.count; row++) {
      if (!tests.every((test) => test(row))) continue;
      if (whole && !whole.test(`${history.label(row)} ${history.node(row)}`.toLowerCase().replace(/"/g, ""))) continue;
      hits.push(row);
    }
    return hits;
  }
  function tell() {
    told.textContent = input.value.trim() ? (matches.length ? `${(at + 1).toLocaleString("en")} of ${matches.length.toLocaleString("en")}` : "nothing found") : "";
    back.disabled = forth.disabled = matches.length < 1;
  }
  function step(by) {
    if (!matches.length) return;
    at = (at + by + matches.length) % matches.length;
    tell(); goTo(matches[at]);
  }
  function search() {
    clearTimeout(waiting);
    matches = find(input.value.replace(/"/g, ""));
    at = matches.findIndex(inView);
    if (at < 0 && matches.length) at = 0;
    tell();
    if (matches.length) goTo(matches[at]);
  }
  input.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 250); });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); if (at >= 0 && !waiting) step(event.shiftKey ? -1 : 1); else search(); waiting = 0; }
    if (event.key === "Escape") { input.value = ""; search(); document.querySelector("#board canvas").focus(); }
  });
  back.addEventListener("click", () => step(-1));
  forth.addEventListener("click", () => step(1));
  return { find, focus: () => { input.focus(); input.select(); } };
}

// The keys and their verdicts, the refuted ones first.
function makeKeys(history, choose) {
  const holder = document.getElementById("keys"), SHOWN = 300;
  if (history.keys.length < 2) return { mark: () => {} };
  holder.hidden = false;
  document.getElementById("desk").classList.add("keyed");
  const filter = document.createElement("input");
  filter.type = "search"; filter.placeholder = `${history.keys.length.toLocaleString("en")} keys`; filter.setAttribute("aria-label", "only keys with");
  const list = document.createElement("div");
  holder.append(filter, list);
  const severity = [2, 0, 1];
  const sorted = history.keys.map((_, key) => key).sort((a, b) => severity[history.keys[a].verdict] - severity[history.keys[b].verdict] || a - b);
  let chosen = -1;
  const SIGNS = ["✓", "✗", "?"], WORDS = ["valid", "invalid", "unknown"];
  function button(key, name, verdict, operations) {
    const one = document.createElement("button");
    one.setAttribute("aria-pressed", key === chosen);
    const label = document.createElement("span"), count = document.createElement("span"), sign = document.createElement("span");
    label.textContent = name; count.textContent = operations.toLocaleString("en"); count.className = "count";
    if (verdict !== null) { sign.textContent = SIGNS[verdict]; sign.className = WORDS[verdict]; sign.title = WORDS[verdict]; label.prepend(sign, " "); }
    one.title = `${name}: ${verdict === null ? "" : WORDS[verdict] + ", "}${operations} operations`;
    one.append(label, count);
    one.addEventListener("click", () => choose(key));
    list.append(one);
  }
  function fill() {
    list.replaceChildren();
    const wanted = filter.value.trim().toLowerCase();
    const fitting = sorted.filter((key) => (history.keys[key].name ?? "nil").toLowerCase().includes(wanted));
    if (!wanted) button(-1, "all keys", null, history.count);
    for (const key of fitting.slice(0, SHOWN)) button(key, history.keys[key].name ?? "nil", history.keys[key].verdict, history.keys[key].operations);
    if (fitting.length > SHOWN) { const more = document.createElement("p"); more.className = "hint"; more.textContent = `and ${(fitting.length - SHOWN).toLocaleString("en")} more: type to narrow`; list.append(more); }
  }
  filter.addEventListener("input", fill);
  fill();
  return { mark: (key) => { if (key !== chosen) { chosen = key; fill(); } } };
}

// What goes on is followed: the list while runs come and end, a run until it has a verdict.
"use strict";

const EVERY_MS = 1000, LIST_EVERY_MS = 2000, LATER_MS = 10000;
const number = new Intl.NumberFormat("en-US");

function tell(root, live) {
  for (const element of root.querySelectorAll("[data-live]")) {
    const value = live[element.dataset.live];
    if (value === undefined) continue;
    // As text: what a node says is never markup.
    element.textContent = Array.isArray(value) ? value.join("; ") || "no fault"
      : element.dataset.live === "seconds" ? value : number.format(value);
  }
}

async function asked(address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok) throw new Error(answer.status);
  return answer;
}

async function again() {
  const answer = await asked(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const now = document.getElementById("runs"), next = fresh.getElementById("runs");
  if (!now || !next) return;
  const focused = document.activeElement?.closest?.("tr[data-run]")?.dataset.run;
  const which = document.activeElement?.matches?.("input") ? "input" : "a.run";
  const boxes = Array.from(now.querySelectorAll("input:checked"), (box) => box.value);
  now.replaceWith(next);
  for (const line of next.querySelectorAll("tr[data-run]")) {
    if (boxes.includes(line.dataset.run)) line.querySelector("input").checked = true;
    if (line.dataset.run === focused) line.querySelector(which).focus();
  }
  document.title = fresh.title;
  document.dispatchEvent(new Event("splitbrain:replaced"));
}

async function list() {
  const told = await (await asked("/pulse.json")).json();
  const runs = document.getElementById("runs");
  if (told.pulse !== runs.dataset.pulse) await again();
  for (const [run, live] of Object.entries(told.live)) {
    const line = document.querySelector(`tr[data-run="${CSS.escape(run)}"]`);
    if (line) tell(line, live);
  }
}

async function run() {
  const live = document.getElementById("live");
  const told = await (await asked(live.dataset.state)).json();
  if (told.over) { location.reload(); return; }
  tell(live, told);
}

function repeat(work, every) {
  const next = (wait) => setTimeout(async () => {
    if (document.hidden) { next(every); return; }
    // A server that has ended may come back: asked less often, and nothing is said.
    try { await work(); next(every); } catch { next(LATER_MS); }
  }, wait);
  next(every);
}

if (document.getElementById("runs")) repeat(list, LIST_EVERY_MS);
else if (document.querySelector("#live[data-alive]")) repeat(run, EVERY_MS);

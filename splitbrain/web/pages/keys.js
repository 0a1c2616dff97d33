// The keyboard: / filters, j and k (or arrows) move along the runs, x chooses, c compares, u goes up.
"use strict";

const links = () => Array.from(document.querySelectorAll("a.run"));
const row = (element) => element && element.closest("tr[data-run]");

function move(step) {
  const all = links();
  if (!all.length) return;
  const here = all.indexOf(row(document.activeElement)?.querySelector("a.run"));
  const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : here + step;
  all[Math.max(0, Math.min(all.length - 1, next))].focus();
}

function choose() {
  const box = row(document.activeElement)?.querySelector("input[type=checkbox]");
  if (box) box.click();
}

function follow(selector) {
  const link = document.querySelector(selector);
  if (link) link.click();
  return Boolean(link);
}

const actions = {
  "/": () => { const text = document.getElementById("q"); if (text) { text.focus(); text.select(); } },
  j: () => move(1),
  k: () => move(-1),
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  x: choose,
  c: () => { const button = document.getElementById("compare"); if (button && !button.disabled) button.click(); },
  u: () => follow("#up") || follow("header nav a"),
  r: () => follow("a.button.main"),
};

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
  const typing = event.target.closest?.("input:not([type=checkbox]), select, textarea");
  if (typing) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const arrows = event.key.startsWith("Arrow");
  // On a page without a list arrows scroll, as everywhere.
  if (arrows && !links().length) return;
  const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
  if (action) { event.preventDefault(); action(); }
});

// Two are compared: with fewer the button says what is missing, and of three the first gives way.
function chosen() {
  return Array.from(document.querySelectorAll("input[name=run]:checked"));
}
function count() {
  const button = document.getElementById("compare");
  if (!button) return;
  const some = chosen().length;
  button.disabled = some !== 2;
  button.textContent = some === 2 ? "Compare the two" : some === 1 ? "Choose one more to compare" : "Choose two to compare";
}
let order = [];
addEventListener("change", (event) => {
  if (event.target.name !== "run") return;
  order = order.filter((box) => box !== event.target && box.checked && box.isConnected);
  if (event.target.checked) order.push(event.target);
  while (order.length > 2) order.shift().checked = false;
  count();
});
// A filter that was picked from a list holds at once; without this script there is the button.
for (const select of document.querySelectorAll(".filters select")) {
  select.addEventListener("change", () => select.form.requestSubmit());
}
document.addEventListener("splitbrain:replaced", count);
// The way back leads to the view one came from.
const LIST = "splitbrain list";
if (document.body.classList.contains("list")) {
  sessionStorage.setItem(LIST, location.pathname + location.search);
} else {
  const back = document.querySelector('header nav a[href="/"]'), view = sessionStorage.getItem(LIST);
  if (back && view && /^\/(\?|$)/.test(view)) back.href = view;
}
addEventListener("pageshow", () => { order = chosen(); count(); });
count();

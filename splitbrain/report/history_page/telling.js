// An operation in words: what it was, the longest order through it, and what cannot follow.
function makeTelling(history, orders, goTo) {
  const holder = document.getElementById("telling");
  const NEAR = 5;
  const count = (n) => n.toLocaleString("en");

  function add(parent, name, text, type) {
    const element = document.createElement(name);
    if (text !== undefined) element.textContent = text;
    if (type) element.className = type;
    parent.append(element);
    return element;
  }

  function where(row, path) {
    const key = history.keys[history.key[row]], best = orders.best(history.key[row]);
    if (history.outcome[row] === FAIL && !(path && path.step.has(row)) && !(best && best.refusing.has(row))) return "It failed, so it did not happen, and no order has it.";
    if (!best) return key.verdict === VALID ? "No order is known here." : "This key was not decided: no order is known.";
    const limit = key.stuck >= 0 ? history.ret[key.stuck] : Infinity;
    if (path) {
      const step = count(path.skipped + path.step.get(row) + 1), all = count(path.skipped + path.rows.length);
      if (key.verdict === VALID) return `Step ${step} of ${all} in an order that explains every answer.`;
      if (path === best) return key.stuck < 0 ? `Step ${step} of ${all} in a legal order.` : `Step ${step} of ${all} in a legal order of all that was answered before ${history.who(key.stuck)}'s ${history.label(key.stuck)}.`;
      return `Step ${step} of ${all} in the longest legal order that takes it in.`;
    }
    if (history.call[row] > limit) return `No order gets this far: ${history.who(key.stuck)}'s ${history.label(key.stuck)} was answered before it began, and has no place.`;
    if (history.ret[row] === Infinity) return key.verdict === VALID ? "The order found does without it: it may never have taken effect." : "No order found has it: it may never have taken effect.";
    if (history.texts.observer[history.f[row]] && history.outcome[row] !== OK) return "It says nothing, so no order has it.";
    return key.verdict === UNKNOWN ? "No order found reaches it." : "No legal order has it.";
  }

  function step(list, path, i, row) {
    const one = path.rows[i], item = add(list, "li", undefined, one === row ? "here" : "");
    add(item, "span", count(path.skipped + i + 1), "n");
    add(item, "span", one < 0 ? "…" : `${history.label(one)}  (p${history.process[one]})`);
    const state = history.texts.state[path.states[i]] ?? "…";
    const before = i ? path.states[i - 1] : path.first;
    const told = add(item, "span", before === path.states[i] ? "" : "→ " + state, "state");
    told.title = state;
    if (one >= 0) link(item, one);
  }
  function link(item, row) {
    item.tabIndex = 0;
    item.addEventListener("click", () => goTo(row));
    item.addEventListener("keydown", (event) => { if (event.key === "Enter") goTo(row); });
  }

  function tell(row, path, kept) {
    holder.replaceChildren();
    if (row < 0) { overall(path); return; }
    add(holder, "h3", history.label(row));
    const key = history.keys[history.key[row]];
    add(holder, "p", `${history.who(row)}${key.name === null ? "" : `, key ${key.name}`}`, "soft");
    const looked = history.outcome[row] === FAIL && path && (path.step.has(row) || path.refusing.has(row));
    add(holder, "p", `${history.when(row)}: ${history.ended(row)}${looked ? ", but what it saw counts" : ""}`, "soft");
    add(holder, "p", where(row, path && path.step.has(row) ? path : null));
    if (path) steps(path, path.step.has(row) ? path.step.get(row) : path.rows.length - 1, row);
    if (kept) add(holder, "p", "Kept; Escape lets go.", "soft");
  }
  function overall(path) {
    if (!path) { add(holder, "p", "Point at an operation to read it.", "soft"); if (history.findings.length) add(holder, "p", "No order of what came before the finding is known: none was found in the time there was.", "soft"); return; }
    const key = history.keys[path.key], name = key.name === null ? "" : ` on key ${key.name}`;
    const n = count(path.skipped + path.rows.length);
    add(holder, "h3", key.verdict === VALID ? `An order of ${n} steps explains every answer${name}` : key.verdict === INVALID ? `A legal order${name} ends after ${n} steps` : `A legal order${name}, ${n} steps long`);
    add(holder, "p", "Each operation takes effect at one moment between its call and its answer: at its dot.", "soft");
    steps(path, key.verdict === VALID ? 0 : path.rows.length - 1, -1);
    add(holder, "p", "Point at another operation for the longest order through that one.", "soft");
  }
  function steps(path, middle, row) {
    let a = Math.max(0, middle - NEAR), b = Math.min(path.rows.length, middle + NEAR + 1);
    if (path.rows.length <= 2 * NEAR + 4) { a = 0; b = path.rows.length; }
    const list = add(holder, "ol");
    if (a || path.skipped) add(add(list, "li"), "span", `… ${count(a + path.skipped)} before`, "n");
    for (let i = a; i < b; i++) step(list, path, i, row);
    if (b < path.rows.length) add(add(list, "li"), "span", `… ${count(path.rows.length - b)} more`, "n");
    if (!path.refused.length) return;
    add(holder, "p", b < path.rows.length ? "After the last of them none of these can come:" : "Then none of these can come:");
    const none = add(holder, "ol");
    for (const each of path.refused) {
      const item = add(none, "li", undefined, "refused");
      add(item, "span", "✗");
      add(item, "span", each.row < 0 ? "…" : `${history.label(each.row)}  (p${history.process[each.row]})`);
      add(item, "span", each.why, "why");
      if (each.row >= 0) link(item, each.row);
    }
    const tree = orders.tree(path.key);
    if (history.keys[path.key].verdict === INVALID) add(holder, "p", tree.exhaustive ? "Every order was tried; there is no longer one." : "Orders that differ early were not all tried: longer ones may exist, but none gets past the same answer.", "soft");
  }
  return tell;
}

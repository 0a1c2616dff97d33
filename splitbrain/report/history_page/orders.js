// Legal orders of a key's operations: the longest of all, and the longest through each one.
function makeOrders(history) {
  const trees = history.keys.map(() => undefined);

  function tree(key) {
    if (trees[key] !== undefined) return trees[key];
    const told = history.keys[key] && history.keys[key].tree;
    if (!told) return (trees[key] = null);
    const n = told.operation.length, skipped = told.skipped;
    const operation = new Int32Array(n), parent = new Int32Array(n), state = Int32Array.from(told.state);
    for (let i = 0, row = 0; i < n; i++) {
      operation[i] = row += told.operation[i];
      parent[i] = i + skipped - told.back[i];
    }
    const refused = new Map();
    for (const [node, row, reason] of told.refused) {
      if (!refused.has(node)) refused.set(node, []);
      refused.get(node).push({ row, why: history.texts.reason[reason] });
    }
    trees[key] = { operation, parent, state, skipped, best: told.best, through: new Map(told.through), refused, exhaustive: told.exhaustive, explored: told.explored, paths: new Map() };
    return trees[key];
  }

  // Steps up to a node. `skipped` more come first, of operations that the page leaves out.
  function pathTo(key, node) {
    const one = tree(key);
    if (!one) return null;
    if (one.paths.has(node)) return one.paths.get(node);
    const nodes = [];
    for (let v = node; v >= one.skipped; v = one.parent[v - one.skipped]) nodes.push(v);
    nodes.reverse();
    const rows = Int32Array.from(nodes, (v) => one.operation[v - one.skipped]);
    const states = Int32Array.from(nodes, (v) => one.state[v - one.skipped]);
    const step = new Map();
    rows.forEach((row, i) => step.set(row, i));
    // The first answer without a place is what everything else waits for.
    const stuck = history.keys[key].stuck, refused = (one.refused.get(node) || []).sort((a, b) => (b.row === stuck) - (a.row === stuck) || a.row - b.row);
    const path = { key, node, rows, states, step, skipped: one.skipped, refused, refusing: new Map(refused.map((each) => [each.row, each.why])), first: one.skipped ? -1 : history.init, points: new Map() };
    one.paths.set(node, path);
    return path;
  }

  const best = (key) => { const one = tree(key); return one ? pathTo(key, one.best) : null; };

  // The longest order with this operation; null when none found has it.
  function through(row) {
    const key = history.key[row], one = tree(key);
    if (!one) return null;
    const longest = pathTo(key, one.best);
    if (longest.step.has(row)) return longest;
    return one.through.has(row) ? pathTo(key, one.through.get(row)) : null;
  }

  return { tree, best, through };
}

// Where in its interval each step of an order takes effect: as near the middle as the order allows.
// Step i may stand between the latest call up to it and the earliest return from it on; both only
// grow, so the middles are in order, and equal ones share the room around them.
function placePoints(starts, ends) {
  const n = starts.length, low = new Float64Array(n), high = new Float64Array(n), at = new Float64Array(n);
  for (let i = 0, latest = -Infinity; i < n; i++) low[i] = latest = Math.max(latest, starts[i]);
  for (let i = n - 1, earliest = Infinity; i >= 0; i--) high[i] = earliest = Math.min(earliest, ends[i]);
  // What has no end must not pull the middle away to the right.
  for (let i = 0, last = low[n - 1] + 1; i < n; i++) { if (high[i] === Infinity) high[i] = last; else last = Math.max(last, high[i]); }
  const middle = (i) => (low[i] + high[i]) / 2;
  for (let i = 0; i < n; ) {
    let j = i;
    while (j < n && low[j] === low[i] && high[j] === high[i]) j++;
    const left = Math.max(low[i], i ? (middle(i - 1) + middle(i)) / 2 : -Infinity);
    const right = Math.min(high[i], j < n ? (middle(i) + middle(j)) / 2 : Infinity);
    for (let k = i; k < j; k++) at[k] = left + ((right - left) * (k - i + 1)) / (j - i + 1);
    i = j;
  }
  return at;
}

// What happened: columns of numbers, and each operation in words.
const OK = 0, FAIL = 1, INFO = 2;
const VALID = 0, INVALID = 1, UNKNOWN = 2;

async function unpack(base64) {
  const letters = atob(base64.trim()), bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i++) bytes[i] = letters.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

function makeHistory(data) {
  const { columns, texts, keys, findings, faults } = data;
  const count = columns.call.length;
  const sums = (differences) => {
    const sum = new Float64Array(count);
    for (let row = 0, now = 0; row < count; row++) sum[row] = now += differences[row];
    return sum;
  };
  // Event indexes decide; times inform. What was never answered has no end.
  const call = sums(columns.call), called = sums(columns.time);
  const ret = new Float64Array(count), returned = new Float64Array(count);
  for (let row = 0; row < count; row++) {
    ret[row] = columns.span[row] ? call[row] + columns.span[row] : Infinity;
    returned[row] = columns.duration[row] < 0 ? Infinity : called[row] + columns.duration[row];
  }
  const typed = {};
  for (const name of ["process", "key", "f", "outcome", "input", "input2", "output", "output2", "node", "error"]) typed[name] = Int32Array.from(columns[name]);
  const timed = called.some((time) => time > 0);

  const value = (first, second) => (second < 0 ? texts.value[first] : `[${texts.value[first]}, ${texts.value[second]}]`);
  function failed(row) {
    if (typed.outcome[row] !== FAIL) return "";
    const error = texts.error[typed.error[row]];
    return error && error.length <= 12 ? ` failed: ${error}` : " failed";
  }
  function label(row) {
    const f = texts.f[typed.f[row]], outcome = typed.outcome[row];
    const input = typed.input[row], input2 = typed.input2[row], output = typed.output[row];
    let text = f;
    // What a transaction answered repeats what it was asked.
    if (f === "txn") { const said = outcome === OK && output >= 0 ? [output, typed.output2[row]] : [input, input2]; return `txn ${said.filter((one) => one >= 0).map((one) => texts.value[one]).join(", ")}${failed(row)}`; }
    if (f === "cas" && input2 >= 0) text += ` ${texts.value[input]}→${texts.value[input2]}`;
    else if (input > 0 || input2 >= 0) text += " " + value(input, input2);
    const observer = texts.observer[typed.f[row]];
    if (outcome === OK && output >= 0 && (output > 0 || typed.output2[row] >= 0 || observer)) {
      text += (text === f ? " " : " → ") + value(output, typed.output2[row]);
    }
    return text + failed(row);
  }
  const seconds = (us, digits = 3) => (us / 1e6).toFixed(digits) + " s";
  const node = (row) => texts.node[typed.node[row]];
  const who = (row) => `process ${typed.process[row]}` + (node(row) ? ` on ${node(row)}` : "");
  function when(row) {
    const events = `events ${call[row]} to ${ret[row] === Infinity ? "…" : ret[row]}`;
    if (!timed) return events;
    const end = returned[row] === Infinity ? "never answered" : seconds(returned[row], 6);
    return `${seconds(called[row], 6)} to ${end} (${events})`;
  }
  function ended(row) {
    if (typed.outcome[row] === OK) return "ok";
    const why = texts.error[typed.error[row]] ? ` (${texts.error[typed.error[row]]})` : "";
    return typed.outcome[row] === FAIL ? `failed${why}: it did not happen` : `never answered${why}: it may have taken effect at any time after its call, or never`;
  }
  const rowOfEvent = (event) => {
    let low = 0, high = count;
    while (low < high) { const middle = (low + high) >> 1; if (call[middle] < event) low = middle + 1; else high = middle; }
    if (low < count && call[low] === event) return low;
    for (let row = Math.min(low, count) - 1; row >= 0; row--) if (ret[row] === event) return row;
    return -1;
  };
  return { ...typed, count, call, ret, called, returned, timed, texts, keys, findings, faults, init: data.init, model: data.model, leftOut: data.left_out, label, seconds, node, who, when, ended, rowOfEvent };
}

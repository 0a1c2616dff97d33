// Processes to lanes: one that never got its answer has ended, and its lane goes to the next.
function makeLanes(history, rows) {
  const spans = new Map();
  for (const row of rows) {
    const process = history.process[row], span = spans.get(process);
    const end = history.ret[row] === Infinity ? history.call[row] : history.ret[row];
    const retired = history.ret[row] === Infinity;
    if (!span) spans.set(process, { process, start: history.call[row], end, retired });
    else { span.end = end; span.retired = retired; }
  }
  const order = [...spans.values()].sort((a, b) => a.start - b.start);
  // Where a process number is the last one of its worker plus the number of workers, keep to that.
  const firstRetired = order.reduce((least, span) => (span.retired ? Math.min(least, span.end) : least), Infinity);
  const workers = order.filter((span) => span.start < firstRetired).length;
  const lanes = [], laneOf = new Map();
  const fits = (lane, span) => lane.retired && lane.end < span.start;
  for (const span of order) {
    const free = lanes.filter((lane) => fits(lane, span));
    const lane = free.find((each) => workers && each.process % workers === span.process % workers) || free[0];
    if (lane) Object.assign(lane, { process: span.process, end: span.end, retired: span.retired });
    else lanes.push({ first: span.process, process: span.process, end: span.end, retired: span.retired, rows: [] });
    laneOf.set(span.process, lane || lanes[lanes.length - 1]);
  }
  for (const row of rows) laneOf.get(history.process[row]).rows.push(row);
  lanes.sort((a, b) => a.first - b.first);
  const numberOf = new Map(lanes.map((lane, number) => [lane, number]));
  const place = new Map();
  for (const [process, lane] of laneOf) place.set(process, numberOf.get(lane));
  return { lanes: lanes.map((lane) => Int32Array.from(lane.rows)), laneOf: (row) => place.get(history.process[row]) ?? -1 };
}

// What the demo's own network is doing wrong, in words.

/** Empty when all is well; `faults` as the server tells them, see live.js. */
export function nameFaults(faults) {
  const on = [];
  if (faults.refuseUpgrades) on.push('no WebSocket');
  if (faults.bufferResponses) on.push('buffered');
  if (faults.delay || faults.jitter) on.push(`+${faults.delay}–${faults.delay + faults.jitter} ms`);
  if (faults.cutEvery) on.push(`cut every ${faults.cutEvery / 1000} s`);
  if (faults.drop) on.push('dropped');
  return on.join(', ');
}

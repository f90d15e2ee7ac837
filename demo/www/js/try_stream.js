// Does a stream arrive as it is sent, or does something on the way hold it until its end? The
// clients cannot tell: to them it has only not begun.

const patience = 3000;  // for the first bytes, and then for the end; milliseconds

const requests = {
  'xhr-streaming': { method: 'POST', name: 'xhr_streaming' },
  'eventsource': { method: 'GET', name: 'eventsource' },
  'htmlfile': { method: 'GET', name: 'htmlfile?c=callback' },
};

/** The kind of stream that a transport of SockJS reads; undefined when it reads none. */
export const streamOf = (transport) => Object.keys(requests).find((kind) => transport.endsWith(kind));

/**
 * Asks for a stream of `kind` at `where`, a SockJS mount that echoes and ends each stream after a few
 * KB. Gives { kind: 'live' | 'held' | 'none', text }.
 */
export async function tryStream(kind, { origin, path }) {
  const { method, name } = requests[kind];
  const session = `${origin}${path}/000/${Math.random().toString(36).slice(2, 10)}`;
  const stream = new XMLHttpRequest();
  const events = new Promise((resolve) => {
    stream.onprogress = () => resolve('bytes');
    stream.onloadend = () => resolve('end');
  });
  stream.open(method, `${session}/${name}`);
  stream.send();
  const began = performance.now();
  const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
  try {
    const first = await Promise.race([events, after(patience)]);
    if (first === 'bytes') return { kind: 'live', text: `its first bytes came after ${seconds()}` };
    if (first === 'end') return { kind: 'none', text: `its request ended with ${stream.status || 'an error'}` };
    // Nothing yet. The server ends the stream when it has sent this back.
    const fill = await fetch(`${session}/xhr_send`,
      { method: 'POST', body: JSON.stringify(['x'.repeat(8192)]), signal: AbortSignal.timeout(patience) })
      .then((answer) => answer.status, () => 0);
    if (fill !== 204) return { kind: 'none', text: `nothing came, and a message to it was answered ${fill || 'by nobody'}` };
    const last = await Promise.race([events, after(patience)]);
    return last ? { kind: 'held', text: `nothing came before its end, after ${seconds()}: something holds responses` }
      : { kind: 'none', text: `nothing came in ${seconds()}, not even its end` };
  } finally {
    stream.onloadend = null;
    stream.abort();
  }
}

const after = (time) => new Promise((resolve) => setTimeout(resolve, time));

// The comparison as a file.

import { el } from './dom.js';

export const columns = [
  ['family', 'Dialect'], ['transport', 'Transport'], ['carriedBy', 'Carried by'],
  ['setupMs', 'Set-up ms'], ['p50Ms', 'p50 ms'], ['p95Ms', 'p95 ms'], ['p99Ms', 'p99 ms'],
  ['perSecond', 'Messages/s'], ['sent', 'Sent'], ['received', 'Back'], ['lost', 'Lost'],
  ['duplicated', 'Duplicated'], ['outOfOrder', 'Out of order'], ['reconnects', 'Reconnects'],
  ['requests', 'Requests'], ['connections', 'Connections'], ['bytesUp', 'Bytes up'],
  ['bytesDown', 'Bytes down'], ['payloadBytes', 'Payload bytes'],
  ['wirePerPayload', 'Wire per payload byte'],
];

const quoted = (value) => {
  const text = value == null ? '' : String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const toCsv = (rows) => [columns.map(([, title]) => quoted(title)).join(','),
  ...rows.map((row) => columns.map(([key]) => quoted(row[key])).join(','))].join('\r\n') + '\r\n';

export const toJson = (rows, about) => `${JSON.stringify({ ...about, rows }, null, 2)}\n`;

export function download(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = el('a', { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

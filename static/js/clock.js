/** The server's clock, drawn here (S3: a client's clock only draws). Built on performance.now(), which no wrist-watch can turn back. */

let offset = null; // server's milliseconds minus performance.now()
let uncertainty = Infinity; // half of the round trip that the offset was measured over
let last = 0;

/** Take a measurement: `serverTime` (ISO 8601) was written somewhere between the two moments of performance.now(). */
export function measure(serverTime, sent, received) {
  const half = (received - sent) / 2;
  if (half > uncertainty) return;
  uncertainty = Math.max(half, 1);
  offset = Date.parse(serverTime) - (sent + received) / 2;
}

/** The server's time in milliseconds; never runs backwards. */
export function now() {
  const guess = performance.now() + (offset ?? Date.now() - performance.now());
  last = Math.max(last, guess);
  return last;
}

/** Whole seconds from now until `iso`, rounded up; 0 when it is past. */
export function secondsUntil(iso) {
  return Math.max(0, Math.ceil((Date.parse(iso) - now()) / 1000));
}

/** "0:22", "12:05", "3 h 20 min": a short span of seconds in words of the shop. */
export function span(seconds) {
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const ticking = new Set();
let timer = 0;

function beat() {
  for (const draw of ticking) draw();
  timer = ticking.size ? setTimeout(beat, 1000 - (now() % 1000) + 4) : 0;
}

/** Calls `draw` at every full second of the server's clock; returns how to stop it. */
export function everySecond(draw) {
  ticking.add(draw);
  timer ||= setTimeout(beat, 1000 - (now() % 1000) + 4);
  return () => ticking.delete(draw);
}

const page = document.documentElement.dataset.serverTime;
const [navigation] = performance.getEntriesByType("navigation");
// A page from the back-forward cache or the disk keeps its old time: the first answer of the server is better then.
if (page && navigation?.type !== "back_forward") measure(page, navigation?.requestStart ?? 0, navigation?.responseEnd || performance.now());

/** The server's clock, drawn here (S3: a client's clock only draws). It is carried on by performance.now(), which no change of the
 * wall clock can turn back, and which stands still while many devices sleep: whoever was away measures anew (wake.js). */

const DRIFT = 0.0005; // how far two clocks may run apart, in milliseconds per millisecond: an old measurement ages
const SLACK = 20; // milliseconds that the clocks of several servers may differ by
const JUMP = 250; // milliseconds between wall clock and performance.now() that no drift explains
const STEP = 1_000; // a smaller step back is waited out, so that no countdown jumps up

let bounds = null; // { low, high, at }: between what the server's milliseconds minus performance.now() lie, measured at `at`
let isDoubted = false; // the page may have slept, or its clock was changed, and nothing has been measured since
let last = NaN;

/** A moment on both clocks of this device. */
export const mark = () => ({ steady: performance.now(), wall: Date.now() });

/** Whether one of this device's clocks has stood still, or was changed, between two marks. */
function hasJumped(before, after) {
  return Math.abs(after.wall - before.wall - (after.steady - before.steady)) > JUMP;
}

/** Take a measurement: `serverTime` (ISO 8601) was written between the two marks. One that contradicts the bounds replaces them. */
export function measure(serverTime, sent, received = mark()) {
  const moment = Date.parse(serverTime);
  if (Number.isNaN(moment) || hasJumped(sent, received)) return;
  const before = now();
  bounds = agreed({ low: moment - received.steady - SLACK, high: moment - sent.steady + SLACK, at: received.steady });
  isDoubted = false;
  if (!(Math.abs(now() - before) < JUMP)) beat();
}

/** What the old bounds, widened by their age, and the fresh ones have in common. */
function agreed(fresh) {
  if (!bounds) return fresh;
  const aged = (fresh.at - bounds.at) * DRIFT;
  const common = { low: Math.max(bounds.low - aged, fresh.low), high: Math.min(bounds.high + aged, fresh.high), at: fresh.at };
  return common.low <= common.high ? common : fresh;
}

/** Whether the server's time is known here at all, and no sleep or change of a clock since then makes it doubtful. */
const isKnown = () => bounds !== null;
export const isSure = () => isKnown() && !isDoubted;

/** The server's time in milliseconds; NaN before it is known. */
export function now() {
  if (!bounds) return NaN;
  const guess = performance.now() + (bounds.low + bounds.high) / 2;
  if (!(last > guess && last - guess < STEP)) last = guess;
  return last;
}

/** Whole seconds from now until `iso`, rounded up; 0 when it is past, NaN while the time is not known. */
export function secondsUntil(iso) {
  return Math.max(0, Math.ceil((Date.parse(iso) - now()) / 1000));
}

/** "0:22", "12:05", "3 h 20 min": a short span of seconds in words of the shop; "" for NaN. */
export function span(seconds) {
  if (Number.isNaN(seconds)) return "";
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

const ticking = new Set();
let timer = 0;
let beaten = mark();

/** Looks for a jump of this device's clocks, then draws. */
function beat() {
  clearTimeout(timer);
  const here = mark();
  if (hasJumped(beaten, here)) {
    isDoubted = true;
    document.dispatchEvent(new CustomEvent("clock:doubted"));
  }
  beaten = here;
  if (isKnown()) for (const draw of ticking) draw();
  timer = setTimeout(beat, Math.max(50, 1004 - ((now() || 0) % 1000)));
}

/** Calls `draw` at every full second of the server's clock, and at once, as soon as it is known; returns how to stop it. */
export function everySecond(draw) {
  ticking.add(draw);
  if (isKnown()) draw();
  return () => ticking.delete(draw);
}

/** What this page was told with. One from the browser's memory tells an old time: the server's next answer is better then. */
function measureThePage() {
  const [page] = performance.getEntriesByType("navigation");
  if (!page || page.type === "back_forward" || !page.transferSize) return;
  const at = (steady) => ({ steady, wall: NaN });
  measure(document.documentElement.dataset.serverTime, at(page.requestStart), at(page.responseStart));
}

measureThePage();
beat();

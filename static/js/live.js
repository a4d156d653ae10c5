/** One socket for the page: it joins every drop on it, and the feed where the page has one; members are told their own on any page.
 * It comes back by itself; while it is away, poll.js asks instead. Whatever it says is an event on the document: `live:feed-item`, … */
import { mark, measure } from "./clock.js";
import { drop, learn, update } from "./facts.js";
import { startPolling, stopPolling } from "./poll.js";
import { show } from "./state.js";
import { isMember, joins, watched } from "./watching.js";

const DISABLED = 4403; // the close code for a member who may not come back
const SILENCE = 20_000; // milliseconds without a word before we ask whether anybody is there
const ANSWER = 5_000; // milliseconds in which somebody who is there has answered
let socket = null;
let retry = 0;
let failures = 0;
let pinged = null; // when the ping was sent whose answer is awaited
let watchdog = 0;
let wasOpen = false;

/** What was asked for has come: the page is true again, and stays so. */
function settled() {
  failures = 0;
  stopPolling();
  show("live");
}

/** Asks whether anybody is there, and what time it is; a line that does not answer is given up. */
function ping() {
  if (pinged || socket?.readyState !== WebSocket.OPEN) return;
  clearTimeout(watchdog);
  pinged = mark();
  socket.send(JSON.stringify({ type: "ping" }));
  watchdog = setTimeout(away, ANSWER);
}

function listen() {
  clearTimeout(watchdog);
  watchdog = setTimeout(ping, SILENCE);
}

const heard = {
  snapshot(message) {
    learn(message.drop, message);
    settled();
  },
  "feed-joined"() {
    if (!watched().length) settled();
  },
  pong(message) {
    if (pinged) measure(message.server_time, pinged);
    pinged = null;
  },
  "stock-updated": (message) => update(message.drop, message),
  "stock-recovered": (message) => update(message.drop, message),
  "drop-updated": (message) => learn(message.drop, { ...message, sizes: [] }),
  "purchase-created"(message) {
    const { recent_buyers = [] } = drop(message.drop) ?? {};
    const newest = { buyer: message.buyer, size: message.size, at: message.at };
    learn(message.drop, { recent_buyers: [newest, ...recent_buyers].slice(0, 10), top_purchasers: message.top_purchasers });
  },
  error({ code }) {
    if (code === "busy") setTimeout(() => socket?.close(), 1_000);
  },
};

const tell = (message) => document.dispatchEvent(new CustomEvent(`live:${message.type}`, { detail: message }));

function connect() {
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/live/`);
  const mine = socket;
  mine.addEventListener("open", () => {
    for (const request of joins()) mine.send(JSON.stringify(request));
    ping();
    if (!joins().length) settled();
    if (wasOpen) tell({ type: "back" }); // what came meanwhile is not sent again
    wasOpen = true;
  });
  mine.addEventListener("message", ({ data }) => {
    if (mine !== socket) return;
    listen();
    const message = JSON.parse(data);
    heard[message.type]?.(message);
    tell(message);
  });
  mine.addEventListener("close", ({ code }) => mine === socket && away(code));
}

/** The socket is gone: poll, and try again after a random part of a doubling span (full jitter), so that crowds come back spread. */
function away(code) {
  clearTimeout(watchdog);
  socket?.close();
  socket = pinged = null;
  startPolling(watched);
  if (code !== DISABLED) retry = setTimeout(connect, Math.random() * Math.min(30_000, 500 * 2 ** failures++));
}

/** The page is left, and may be kept for Back: a page with an open line is not. */
function rest() {
  clearTimeout(watchdog);
  clearTimeout(retry);
  const mine = socket;
  socket = pinged = null;
  mine?.close();
}

if (joins().length || isMember()) {
  connect();
  document.addEventListener("page:woke", ping);
  addEventListener("online", () => socket && away());
  addEventListener("pagehide", rest);
  addEventListener("pageshow", (event) => event.persisted && connect());
}

/** The bell in the bar: how many notices are unread, and the newest as a toast that leads to it. On members' pages only. */
import { askToo } from "../poll.js";
import { say } from "../toast.js";

const NOTICES = "/api/v1/notices";
const AFTER_RECONNECT = 3_000; // milliseconds over which screens spread their question: when a server is back, everybody is
const bell = document.querySelector("[data-bell]");
let unread = Number(bell.dataset.unread);

function ring(number) {
  unread = number;
  const count = bell.querySelector("[data-count]");
  count.hidden = number === 0;
  count.firstChild.textContent = number > 99 ? "99+" : number;
}

async function count() {
  const answer = await fetch(`${NOTICES}?unread=1&page_size=1`, { cache: "no-store", signal: AbortSignal.timeout(8_000) });
  if (answer.ok) ring((await answer.json()).unread);
  return answer.status;
}

/** Whoever follows the toast has read its notice. */
function read(id) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  fetch(`${NOTICES}/${id}/read`, { method: "POST", keepalive: true, headers: { "X-CSRFToken": token } }).catch(() => {});
}

document.addEventListener("live:notification", ({ detail }) => {
  if (detail.id) ring(unread + 1);
  const isShown = document.querySelector("[data-notices]") !== null || detail.url === location.pathname;
  const words = detail.text ?? detail.title ?? "You have a new notice.";
  say(words, { quietly: isShown, url: detail.url, onFollow: () => detail.id && read(detail.id) });
});
document.addEventListener("live:notices-read", ({ detail }) => ring(detail.unread));
document.addEventListener("live:back", () => setTimeout(() => count().catch(() => {}), Math.random() * AFTER_RECONNECT));
askToo(count);

/** The list of notices: a new one comes in on top, and what was read on another screen is read here. */
import { localise, setMoment } from "../local-time.js";

const list = () => document.querySelector("[data-notices]"); // the part around it may have been drawn anew

function showReadAll(unread) {
  const button = document.querySelector("[data-read-all]");
  if (button) button.hidden = !unread;
}

document.addEventListener("live:notification", ({ detail: { id, text, created_at } }) => {
  if (!id || list().querySelector(`[formaction="/notices/${CSS.escape(id)}/"]`)) return;
  const line = document.querySelector("template#notice").content.firstElementChild.cloneNode(true);
  line.querySelector("button").setAttribute("formaction", `/notices/${id}/`);
  line.querySelector("[data-text]").textContent = text;
  setMoment(line.querySelector("time"), created_at);
  localise(line);
  list().prepend(line);
  showReadAll(true);
  document.querySelector("[data-nothing]")?.remove();
});
document.addEventListener("live:notices-read", ({ detail }) => {
  showReadAll(detail.unread);
  if (detail.unread) return;
  for (const line of list().querySelectorAll("[data-unread]")) {
    line.removeAttribute("data-unread");
    line.querySelector(".words .said").remove();
  }
});

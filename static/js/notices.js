/** The list of notices: a new one comes in on top, and what was read on another screen is read here. */
import { localise } from "./local-time.js";

const list = document.querySelector("[data-notices]");
const readAll = document.querySelector("[data-read-all]");

document.addEventListener("live:notification", ({ detail: { id, text, created_at } }) => {
  if (!id) return;
  const line = document.querySelector("template#notice").content.firstElementChild.cloneNode(true);
  line.querySelector("button").setAttribute("formaction", `/notices/${id}/`);
  line.querySelector("[data-text]").textContent = text;
  Object.assign(line.querySelector("time"), { dateTime: created_at });
  line.querySelector("time").dataset.local = "near";
  localise(line);
  list.prepend(line);
  if (readAll) readAll.hidden = false;
  document.querySelector("[data-nothing]")?.remove();
});
document.addEventListener("live:notices-read", ({ detail }) => {
  if (readAll) readAll.hidden = !detail.unread;
  if (detail.unread) return;
  for (const line of list.querySelectorAll("[data-unread]")) {
    line.removeAttribute("data-unread");
    line.querySelector(".words .said").remove();
  }
});
document.addEventListener("live:back", () => location.reload());

/** The feed while it is looked at: new items arrive on top, or wait behind a button while one reads further down. */
import { build, put } from "./item.js";
import { localise } from "../local-time.js";

const list = document.querySelector("[data-feed]");
const button = document.querySelector("[data-fresh]");
const NEAR = 300; // pixels from the top at which one still sees what arrives
let waiting = [];

const find = (id) => list.querySelector(`[data-item="${CSS.escape(id)}"]`);

/** Whether this tab is about such items; the page of one item takes no others. */
function belongs({ kind, author }) {
  if (list.dataset.only) return false;
  if (list.dataset.kind && list.dataset.kind !== kind) return false;
  return list.dataset.authors === undefined || list.dataset.authors.split(" ").includes(author);
}

function show(items) {
  for (const facts of items) {
    if (find(facts.id)) continue;
    const item = build(facts);
    localise(item);
    list.prepend(item);
  }
  document.querySelector("[data-nothing]")?.remove();
}

function count() {
  button.parentElement.hidden = waiting.length === 0;
  button.textContent = `${waiting.length} new`;
}

document.addEventListener("live:feed-item", ({ detail }) => {
  if (!belongs(detail) || find(detail.id)) return;
  if (scrollY < NEAR && !document.hidden) return show([detail]);
  waiting = [...waiting.filter(({ id }) => id !== detail.id), detail].slice(-50);
  count();
});
document.addEventListener("live:feed-item-updated", ({ detail }) => {
  const item = find(detail.id);
  if (item) put(item, detail);
});
document.addEventListener("live:feed-item-hidden", ({ detail }) => {
  waiting = waiting.filter(({ id }) => id !== detail.id);
  find(detail.id)?.remove();
  if (button) count();
});
document.addEventListener("live:feed-comment-hidden", ({ detail }) => document.getElementById(`c-${detail.id}`)?.remove());
document.addEventListener("live:feed-skipped", () => button && (button.parentElement.hidden = false) && (button.textContent = "New items"));
button?.addEventListener("click", () => {
  if (!waiting.length) return location.reload();
  show(waiting);
  waiting = [];
  count();
  scrollTo({ top: 0 });
  list.firstElementChild.querySelector("a")?.focus({ preventScroll: true });
});

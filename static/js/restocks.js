/** Reports while one looks at them: rows change their standing, new ones come in on top; the page of one report draws itself anew. */
import { localise } from "./local-time.js";
import { say } from "./toast.js";

const list = document.querySelector("[data-restocks]");
const OPEN = ["reported", "confirmed"];
const AT_ONCE = 400; // milliseconds over which screens spread their question for the same page

/** The words of the event, each in the slot of its name. */
function fill(row, { sneaker, words, status, url, created_at }) {
  const price = words.price ? ` · ${words.price}` : "";
  const said = { ...words, price, name: `${sneaker.brand} ${sneaker.name}` };
  for (const slot of row.querySelectorAll("[data-slot]")) slot.textContent = said[slot.dataset.slot] ?? "";
  row.dataset.status = status;
  row.querySelector("a").setAttribute("href", url);
  row.querySelector("time").dateTime = created_at;
  localise(row);
}

/** Whether the filters of this list let the report in. */
function belongs({ status, store, sneaker, sizes }) {
  const { status: wanted, store: name, sneaker: shoe, size } = list.dataset;
  const standing = wanted === "all" || (wanted ? wanted === status : OPEN.includes(status));
  const place = !name || name === store.slug || name === store.id;
  return standing && place && (!shoe || shoe === sneaker.id) && (!size || sizes.includes(size));
}

function change(report) {
  const known = list.querySelector(`[data-restock="${CSS.escape(report.id)}"]`);
  if (report.hidden) return known?.remove();
  if (known) return fill(known, report);
  if (list.dataset.grows === undefined || !belongs(report)) return;
  const row = document.querySelector("template#restock").content.firstElementChild.cloneNode(true);
  row.dataset.restock = report.id;
  row.querySelector(".art").dataset.tint = report.tint;
  row.querySelector(".art").append(Object.assign(new Image(), { src: `/sneakers/${report.sneaker.id}/art.svg`, alt: "" }));
  fill(row, report);
  list.prepend(row);
  document.querySelector("[data-nothing]")?.remove();
  say(`${report.words.status}: ${report.sneaker.brand} ${report.sneaker.name}, ${report.words.where}.`, { quietly: true });
}

/** The page of one report: what it says of the standing is the server's to draw, for it knows who looks. */
async function redraw(standing) {
  const answer = await fetch(location.href, { cache: "no-store" });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("[data-standing]");
  if (!fresh) return;
  const busy = standing.contains(document.activeElement) && document.activeElement.matches("select, input");
  for (const part of [".standing", ".receipt", ".say"]) {
    if (!busy) standing.querySelector(part).replaceWith(fresh.querySelector(part));
  }
  localise(standing);
}

document.addEventListener("live:restock-updated", ({ detail }) => {
  if (list) change(detail);
  const standing = document.querySelector(`[data-standing="${CSS.escape(detail.id)}"]`);
  if (standing) setTimeout(() => redraw(standing), Math.random() * AT_ONCE);
});
document.addEventListener("live:back", () => location.reload());

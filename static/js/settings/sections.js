/** <nav data-places>: of the list of sections, the one that is being read; the list itself needs no script. */
const list = document.querySelector("[data-places]");
const links = new Map([...list.querySelectorAll("a[href^='#']")].map((link) => [document.getElementById(link.hash.slice(1)), link]));
let current = null;

/** The last section that begins in the upper third of the window; at the end of the page, its last. */
function read() {
  const sections = [...links.keys()];
  const atEnd = innerHeight + scrollY >= document.documentElement.scrollHeight - 2;
  const begun = sections.filter((section) => section.getBoundingClientRect().top < innerHeight / 3);
  const chosen = sections.find((section) => `#${section.id}` === location.hash && inWindow(section));
  return atEnd ? (chosen ?? sections.at(-1)) : (begun.at(-1) ?? sections[0]);
}

function inWindow(section) {
  const box = section.getBoundingClientRect();
  return box.top < innerHeight && box.bottom > 0;
}

function mark() {
  const section = read();
  if (section === current) return;
  if (current) links.get(current).removeAttribute("aria-current");
  current = section;
  const link = links.get(section);
  link.setAttribute("aria-current", "true");
  // Sideways alone: the page itself must not move.
  const row = link.closest("ul");
  row.scrollTo({ left: link.parentElement.offsetLeft - row.offsetLeft - (row.clientWidth - link.offsetWidth) / 2 });
}

addEventListener("scroll", mark, { passive: true });
addEventListener("resize", mark);
addEventListener("hashchange", mark);
mark();

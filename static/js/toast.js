/** <toast-list>: short sentences that go by themselves, whatever points at them. Also the one polite voice of the page for screen readers.
 * Nothing lies over what a reader may press (L6): a toast stands where no control is, and beside a decision there is none at all. */
const SHOWN = 5_000; // milliseconds
const LINKED = 12_000; // one that leads somewhere
const CONTROLS = 'a[href], button, input, select, textarea, summary, label, [tabindex]:not([tabindex^="-"])';
const EDGE = 16; // pixels from the edge of the window; also by how much the next place is further up

/** Says `words`; with `quietly`, only to screen readers. With `url` the toast is a link, and `onFollow` is told of its use. */
export function say(words, { quietly = false, url = "", onFollow = () => {} } = {}) {
  const voice = document.querySelector("[data-voice]");
  if (voice) voice.textContent = words;
  const list = document.querySelector("toast-list");
  if (quietly || !list || document.getElementById("decide")) return;
  const toast = document.createElement("p");
  if (url) {
    const link = Object.assign(document.createElement("a"), { href: url, textContent: words });
    link.addEventListener("click", onFollow);
    toast.append(link);
  } else {
    toast.textContent = words;
    toast.setAttribute("aria-hidden", "true"); // the voice says it
  }
  list.append(toast);
  while (list.children.length > 2) list.firstElementChild.remove();
  setTimeout(() => toast.remove(), url ? LINKED : SHOWN);
  settle();
}

const meet = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** Where controls are, as far as they can be seen. */
function controls(list) {
  const all = [...document.querySelectorAll(CONTROLS)].filter((control) => !list.contains(control));
  return all.filter((control) => control.checkVisibility({ visibilityProperty: true })).map((control) => control.getBoundingClientRect());
}

/** Puts the list as far down as it covers no control; out of sight where there is no such place. */
function settle() {
  const list = document.querySelector("toast-list");
  if (!list?.children.length) return;
  const taken = controls(list);
  const here = list.getBoundingClientRect();
  const [left, right] = [here.left, here.right];
  let top = innerHeight - here.height - EDGE;
  while (top > 0 && taken.some((control) => meet(control, { left, right, top, bottom: top + here.height }))) top -= EDGE;
  list.style.insetBlockStart = `${top}px`;
  list.toggleAttribute("data-nowhere", top <= 0);
}

for (const change of ["scroll", "resize"]) addEventListener(change, () => requestAnimationFrame(settle), { passive: true });

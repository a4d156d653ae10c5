/** <toast-list>: short sentences that go by themselves. Also the one polite voice of the page for screen readers. */
const SHOWN = 5_000; // milliseconds
const LINKED = 12_000; // one that leads somewhere; it stays while it is pointed at or has the focus

/** Says `words`; with `quietly`, only to screen readers. With `url` the toast is a link, and `onFollow` is told of its use. */
export function say(words, { quietly = false, url = "", onFollow = () => {} } = {}) {
  const voice = document.querySelector("[data-voice]");
  if (voice) voice.textContent = words;
  const list = document.querySelector("toast-list");
  if (quietly || !list) return;
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
  leave(toast, url ? LINKED : SHOWN);
}

function leave(toast, after) {
  setTimeout(() => (toast.matches(":hover, :focus-within") ? leave(toast, SHOWN) : toast.remove()), after);
}

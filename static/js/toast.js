/** <toast-list>: short sentences that go by themselves. Also the one polite voice of the page for screen readers. */
const SHOWN = 5_000; // milliseconds

/** Says `words`; with `quietly`, only to screen readers. */
export function say(words, { quietly = false } = {}) {
  const voice = document.querySelector("[data-voice]");
  if (voice) voice.textContent = words;
  const list = document.querySelector("toast-list");
  if (quietly || !list) return;
  const toast = document.createElement("p");
  toast.textContent = words;
  toast.setAttribute("aria-hidden", "true"); // the voice says it
  list.append(toast);
  while (list.children.length > 2) list.firstElementChild.remove();
  setTimeout(() => toast.remove(), SHOWN);
}

document.addEventListener("live:notification", ({ detail }) => say(detail.text ?? detail.title ?? "There is news for you."));

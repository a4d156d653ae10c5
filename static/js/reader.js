/** Back shows a page as it was left. When somebody has signed in or out since, it is another reader's: it is asked for anew. */
const reader = document.documentElement.dataset.reader ?? "";
const newest = { get: () => localStorage.getItem("reader"), set: () => localStorage.setItem("reader", reader) };

try {
  newest.set();
  addEventListener("pageshow", ({ persisted }) => persisted && newest.get() !== reader && location.reload());
} catch {
  addEventListener("pageshow", ({ persisted }) => persisted && location.reload()); // storage is closed to us: we cannot know
}

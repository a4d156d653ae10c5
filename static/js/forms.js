/** Ordinary forms: the button says that it is asking, and a second click does not send a second time. */
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent !== undefined) return event.preventDefault();
  event.target.dataset.sent = "";
  const button = event.submitter;
  if (button?.matches(".button")) {
    button.dataset.before = button.textContent;
    button.textContent = "Asking…";
    button.setAttribute("aria-busy", "true");
  }
});

// Back to this page from the next one: the forms are open again.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[data-before]")) {
    button.textContent = button.dataset.before;
    button.removeAttribute("aria-busy");
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) print();
});

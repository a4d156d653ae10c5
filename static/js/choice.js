/** <details class="choice">: a part of a form that is folded up, with what is chosen in it as its summary. */

/** What is wrong inside is shown: its part opens before the browser wants to point at it. */
document.addEventListener(
  "invalid",
  ({ target }) => {
    const folded = target.closest("details:not([open])");
    if (!folded) return;
    folded.open = true;
    const first = target.form.querySelector(":invalid:not(fieldset)");
    if (target === first) setTimeout(() => target.reportValidity()); // once it is drawn: a field that cannot be seen takes no focus
  },
  true,
);

document.addEventListener("change", ({ target }) => {
  const card = target.closest(".pick")?.querySelector("[data-card]");
  const chosen = target.closest("details")?.querySelector("[data-chosen]");
  if (card && chosen) chosen.textContent = card.textContent;
});

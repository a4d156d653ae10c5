/** On a phone the sections scroll sideways, and so do tabs: where the reader is stands in sight. Observed, not asked: to ask for sizes
 * while the page is being made has the browser lay it out once more. */
const shown = new ResizeObserver((rows) => {
  for (const { target: row } of rows) {
    const here = row.querySelector("[aria-current]");
    if (row.scrollWidth > row.clientWidth) row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
    shown.unobserve(row);
  }
});
for (const here of document.querySelectorAll(":is(.bar nav, .tabs) [aria-current]")) shown.observe(here.closest("nav"));

/** On a phone the sections scroll sideways, and so do tabs: where the reader is stands in sight. */
for (const here of document.querySelectorAll(":is(.bar nav, .tabs) [aria-current]")) {
  const row = here.closest("nav");
  if (row.scrollWidth > row.clientWidth) row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}

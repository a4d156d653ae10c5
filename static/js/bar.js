/** On a phone the sections scroll sideways: where the reader is stands in sight. */
const here = document.querySelector(".bar nav [aria-current]");
const row = here?.closest("nav");
if (row && row.scrollWidth > row.clientWidth) row.scrollLeft = here.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;

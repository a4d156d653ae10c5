/* Runs before the first paint: says that there is JavaScript, and puts on the colours the reader chose. */
document.documentElement.dataset.js = "";
try {
  const theme = localStorage.getItem("theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  /* storage is closed to us; the system's colours are right then */
}

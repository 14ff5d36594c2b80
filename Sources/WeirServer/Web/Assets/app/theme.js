// Runs before the first paint, so that a page that was set to dark does not flash.
try {
  const theme = JSON.parse(localStorage.getItem('weir.theme'))
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // The system's choice, then.
}

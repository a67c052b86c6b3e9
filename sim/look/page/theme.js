/** The colours are the style sheet's; what draws on a canvas asks for them here. */

const dark = matchMedia('(prefers-color-scheme: dark)')

/**
 * @param {string} name of a custom property, without its dashes
 * @returns {string}
 */
export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}

const LINES = 8

/**
 * @param {number} index
 * @returns {string} colours come again after eight; dashes and shapes tell lines apart as well
 */
export function lineColour(index) {
  return colour(`line-${index % LINES}`)
}

/** @param {() => void} redraw called when the reader changes between light and dark */
export function onThemeChange(redraw) {
  dark.addEventListener('change', redraw)
}

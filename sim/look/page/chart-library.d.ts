import type { Chart as Library } from 'chart.js'

declare global {
  /** The plotting library stands before the page's own scripts. */
  const Chart: typeof Library
}

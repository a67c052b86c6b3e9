import { pathToFileURL } from 'node:url'
import { type Browser as Chromium, chromium, type Page } from 'playwright-core'
import { placeOf } from './foreign-programs.ts'

const FLAGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** A page with everything that went wrong in it, and everything that it asked of the network. */
export interface OpenPage {
  readonly page: Page
  /** Errors and warnings of the console, uncaught errors, refused scripts. */
  readonly complaints: readonly string[]
  /** Addresses other than the page's own. */
  readonly requests: readonly string[]
}

/** A headless browser without any network. */
export class Browser {
  readonly #chromium: Chromium

  private constructor(started: Chromium) {
    this.#chromium = started
  }

  static async start(): Promise<Browser> {
    return new Browser(
      await chromium.launch({ executablePath: placeOf('chromium') ?? 'chromium', args: FLAGS }),
    )
  }

  async open(path: string, width: number, colorScheme: 'light' | 'dark' = 'light'): Promise<OpenPage> {
    const context = await this.#chromium.newContext({
      viewport: { width, height: 900 },
      colorScheme,
      offline: true,
    })
    const page = await context.newPage()
    page.setDefaultTimeout(10_000)
    const url = pathToFileURL(path).href
    const complaints: string[] = []
    const requests: string[] = []
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (request.url() !== url && request.url() !== 'data:,') requests.push(request.url())
    })
    await page.goto(url)
    return { page, complaints, requests }
  }

  async close(): Promise<void> {
    await this.#chromium.close()
  }
}

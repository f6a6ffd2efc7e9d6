/**
 * A real Chromium for tests, from npm alone: `@sparticuz/chromium` carries the browser, the
 * libraries it needs and a font, so a machine without any of them serves too. Where that browser
 * does not run (another processor, say), Debian's `/usr/bin/chromium` is taken.
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { chromium as playwright, type Browser } from 'playwright-core'

const DEBIAN_CHROMIUM = '/usr/bin/chromium'
const LAUNCH_TIMEOUT_MS = 60_000

/** Quiet and self-contained: nothing is fetched, reported or updated behind the test's back. */
const flags = [
  '--no-sandbox',
  '--no-zygote',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--font-render-hinting=none',
]

/**
 * Starts a headless browser. Give each test a context of its own: `browser.newContext({ … })`, with
 * `ignoreHTTPSErrors` where the certificate is of a local authority. The caller closes the browser.
 *
 * @param extraFlags Further switches of Chromium, such as `--host-resolver-rules=…`.
 */
export async function startBrowser(extraFlags: readonly string[] = []): Promise<Browser> {
  const args = [...flags, ...extraFlags]
  const common = { args, headless: true, timeout: LAUNCH_TIMEOUT_MS }
  const { executablePath, env } = await bundledChromium()
  try {
    return await playwright.launch({ ...common, executablePath, env })
  } catch (error) {
    if (!existsSync(DEBIAN_CHROMIUM)) throw error
    return await playwright.launch({ ...common, executablePath: DEBIAN_CHROMIUM })
  }
}

type Bundle = { readonly executablePath: string; readonly env: Record<string, string> }

/**
 * Unpacks the browser once per version of the package and account. Test files run side by side, so
 * it is unpacked aside and moved into place whole: nobody ever starts half a browser.
 */
async function bundledChromium(): Promise<Bundle> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium')
  const packageDir = join(dirname(entry), '..')
  const { version } = createRequire(import.meta.url)(join(packageDir, 'package.json')) as {
    version: string
  }
  const home = join(tmpdir(), `veilig-chromium-${version}-${process.getuid?.() ?? 0}`)
  if (!existsSync(home)) await unpack(join(packageDir, 'bin'), home)
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    FONTCONFIG_PATH: join(home, 'fonts'),
    LD_LIBRARY_PATH: join(home, 'al2023/lib'),
  }
  return { executablePath: join(home, 'chromium'), env }
}

async function unpack(packed: string, home: string): Promise<void> {
  const { inflate } = await import('@sparticuz/chromium')
  const aside = await mkdtemp(`${home}-`)
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = aside // the package unpacks into the temporary folder, asked at once
  const parts = ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br']
  const done = Promise.all(parts.map((part) => inflate(join(packed, part))))
  if (before === undefined) delete process.env['TMPDIR']
  else process.env['TMPDIR'] = before
  await done
  await writeFile(join(aside, 'fonts/fonts.conf'), fontsConfig(join(home, 'fonts')))
  await rename(aside, home).catch(async (error: NodeJS.ErrnoException) => {
    await rm(aside, { recursive: true, force: true })
    if (!existsSync(home)) throw error // otherwise another test was first, with the same bytes
  })
}

/** The bundled font first, so that pages look the same on every machine; then the machine's own. */
function fontsConfig(folder: string): string {
  const prefer = ['system-ui', 'sans-serif'].map(
    (family) =>
      `<alias><family>${family}</family><prefer><family>Open Sans</family></prefer></alias>`,
  )
  return [
    '<?xml version="1.0"?>',
    '<!DOCTYPE fontconfig SYSTEM "fonts.dtd">',
    `<fontconfig><dir>${folder}</dir><dir>/usr/share/fonts</dir>`,
    `<cachedir>${folder}/cache</cachedir>`,
    ...prefer,
    '</fontconfig>',
  ].join('\n')
}

/**
 * An application behind the gateway in a real browser: once while the autopilot learns, then under
 * the policy it proposed. What a visitor does must work both times, and the second time nothing of
 * it may be refused.
 */
import assert from 'node:assert/strict'
import { createHash, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { gradeHeaders, type HeadersReport } from '#services/grader/headers.ts'
import { knowledgeFile, type SiteKnowledge } from '#services/web-gateway/csp/knowledge.ts'
import { REPORT_PATH } from '#services/web-gateway/csp/policy-text.ts'
import { propose, VIEWS_MIN, type Proposal } from '#services/web-gateway/csp/propose.ts'
import type { UpstreamAddress } from '#services/web-gateway/ports.ts'
import { startBrowser } from './browser.ts'
import { startGateway, testAuthority, testCertificate, type TestGateway } from './web-gateway.ts'

export type Journey = (page: Page, origin: string) => Promise<void>

export type Journeyed = {
  readonly proposal: Proposal
  readonly grades: HeadersReport
  /** What the browser refused under the enforced policy. */
  readonly violations: readonly string[]
}

/** A browser to which our certificate is fine. */
export function cspBrowser(): Promise<Browser> {
  return startBrowser(cspFlags)
}

const { publicKey } = new X509Certificate(testCertificate.certificatePem)
const spki = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' }))

/** Reports come within moments instead of within a minute; a browser must trust before it reports. */
export const cspFlags: readonly string[] = [
  '--short-reporting-delay',
  `--ignore-certificate-errors-spki-list=${spki.digest('base64')}`,
]

export type Travelled = {
  readonly address: UpstreamAddress
  /** Names beside `localhost` that lead to it, and are not looked after by the autopilot. */
  readonly hosts?: readonly string[] | undefined
  /** Paths that are also visited without a browser, until there are views enough. */
  readonly pages?: readonly string[] | undefined
}

export async function journeyUnderPolicy(
  browser: Browser,
  { address, hosts = [], pages = ['/'] }: Travelled,
  journey: Journey,
): Promise<Journeyed> {
  await using undo = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'veilig-journey-'))
  undo.defer(() => rm(folder, { recursive: true, force: true }))
  const files = { knowledge: join(folder, 'seen-0.json'), decisions: join(folder, 'decided.json') }
  const sites = new Map([['localhost', 'application']])
  const upstreams = Object.fromEntries(['localhost', ...hosts].map((host) => [host, address]))
  const gateway = undo.use(await startGateway(upstreams, {}, { csp: { sites, files } }))
  const origin = `https://localhost:${gateway.httpsPort}`
  const before = await travel(browser, journey, origin)
  const refused = before.filter(({ disposition }) => disposition === 'enforce')
  assert.deepEqual(refused, [], 'while learning, nothing may be refused')
  await report(gateway, before)
  await visitOften(gateway, pages)
  const knowledge = await learned(files.knowledge, ({ views }) => views >= VIEWS_MIN)
  const proposal = propose(knowledge)
  const { directives, scripts, styles } = proposal
  const rules = { directives, scripts, styles, trustedTypes: false, sinceMs: 1 }
  const decision = { application: { ...rules, state: 'enforced' } }
  await writeFile(files.decisions, JSON.stringify(decision))
  await until(() => gateway.events.some(({ code }) => code === 'WEB_CSP_DECIDED'))
  const after = await travel(browser, journey, origin)
  const violations = after.map((each) => `${each.directive} ${each.blocked} ${each.sample}`)
  const target = { hostName: 'localhost', httpsPort: gateway.httpsPort, path: '/' }
  const more = { httpPort: gateway.redirectPort, ca: testAuthority, address: '127.0.0.1' }
  const grades = await gradeHeaders({ ...target, ...more }, AbortSignal.timeout(30_000))
  return { proposal, grades, violations }
}

type Refusal = {
  readonly document: string
  readonly directive: string
  readonly blocked: string
  readonly source: string
  readonly sample: string
  readonly disposition: string
}

async function travel(browser: Browser, journey: Journey, origin: string): Promise<Refusal[]> {
  const context = await browser.newContext()
  const seen: Refusal[] = []
  await context.exposeFunction('veiligRefusal', (refusal: Refusal) => seen.push(refusal))
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const { veiligRefusal } = globalThis as unknown as {
        readonly veiligRefusal: (refusal: Refusal) => void
      }
      veiligRefusal({
        document: event.documentURI,
        directive: event.effectiveDirective,
        blocked: event.blockedURI,
        source: event.sourceFile,
        sample: event.sample,
        disposition: event.disposition,
      })
    })
  })
  try {
    const page = await context.newPage()
    await journey(page, origin)
    await page.waitForLoadState('networkidle')
  } finally {
    await context.close()
  }
  return seen
}

/** The bundled browser has no reporting service: what its pages told is sent in its place. */
async function report(gateway: TestGateway, refusals: readonly Refusal[]): Promise<void> {
  for (let at = 0; at < refusals.length; at += REPORTS_AT_ONCE) {
    const list = refusals.slice(at, at + REPORTS_AT_ONCE).map((each) => ({
      type: 'csp-violation',
      body: {
        documentURL: each.document,
        effectiveDirective: each.directive,
        blockedURL: each.blocked,
        sourceFile: each.source,
        sample: each.sample,
        disposition: each.disposition,
      },
    }))
    await visit(gateway.httpsPort, REPORT_PATH, JSON.stringify(list))
  }
}

const REPORTS_AT_ONCE = 50

async function visitOften(gateway: TestGateway, pages: readonly string[]): Promise<void> {
  for (let visits = 0; visits < VIEWS_MIN; visits++) {
    await visit(gateway.httpsPort, pages[visits % pages.length] ?? '/')
  }
}

function visit(port: number, path: string, body?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: body === undefined ? 'GET' : 'POST',
        servername: 'localhost',
        ca: testAuthority,
        headers: { host: `localhost:${port}`, accept: 'text/html' },
      },
      (response) => response.resume().on('end', resolve),
    )
    call.on('error', reject)
    call.end(body)
  })
}

async function learned(
  file: string,
  enough: (knowledge: SiteKnowledge) => boolean,
): Promise<SiteKnowledge> {
  let found: SiteKnowledge | undefined
  await until(async () => {
    const text = await readFile(file, 'utf8').catch(() => '{}')
    found = knowledgeFile.parse(JSON.parse(text))['application']
    return found !== undefined && enough(found)
  })
  assert(found)
  return found
}

async function until(met: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 3_000; turn++) {
    if (await met()) return
    await delay(10)
  }
  throw new Error('it did not come')
}

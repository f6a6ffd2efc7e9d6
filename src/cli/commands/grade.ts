/**
 * `veilig grade URL`: what an outside grader says of a site, at any host and port.
 *
 * Visits only what is named, and needs neither a data folder nor a configuration.
 *
 * @module
 */
import { readFile, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { FaultError, UsageError } from '#lib/errors.ts'
import { findings, type FullReport } from '#services/grader/findings.ts'
import { gradeHeaders } from '#services/grader/headers.ts'
import { writeHtmlReport } from '#services/grader/html-report.ts'
import { writeReport } from '#services/grader/report.ts'
import { gradeTls, hstsSeconds } from '#services/grader/tls/grade.ts'
import { readKnownLogs, type KnownLogs } from '#services/grader/tls/transparency.ts'
import { systemClock } from '#system/clock.ts'
import type { Command, CommandInput } from '../command.ts'

const TIMEOUT_MS = 60_000

export const gradeCommand: Command = {
  name: 'grade',
  summary: 'grade TLS, headers and cookies of a site as outside graders do',
  usage: 'URL [--ca FILE] [--http-port N] [--ct-logs FILE] [--html FILE] [--json]',
  options: {
    ca: { type: 'string' },
    'ct-logs': { type: 'string' },
    html: { type: 'string' },
    'http-port': { type: 'string' },
  },
  run: async (_, input) => {
    const url = urlOf(input)
    const ca = await textOf(input.values['ca'], 'GRADE_CA_UNREADABLE')
    const logList = await textOf(input.values['ct-logs'], 'CT_LOGS_UNREADABLE')
    const ctLogs = logList === undefined ? undefined : readKnownLogs(logList)
    const target = { url, ca, ctLogs, httpPort: plainPortOf(url, input) }
    const report = await grade(target, input.signal)
    const { html } = input.values
    if (typeof html === 'string') {
      const atMs = systemClock.nowMs()
      await writeFile(html, writeHtmlReport(report, { ownAuthority: ca !== undefined, atMs }))
    }
    const json = input.values['json'] === true
    const options = { colours: input.interactive, ownAuthority: ca !== undefined }
    process.stdout.write(json ? `${toJson(report)}\n` : writeReport(report, options))
    return 0
  },
}

function urlOf({ positionals }: CommandInput): URL {
  const [given, ...more] = positionals
  const text = given?.includes('://') === false ? `https://${given}` : given
  const url = text === undefined || more.length > 0 ? null : URL.parse(text)
  if (url?.protocol !== 'https:') {
    const message = 'name one site, such as https://www.example.org or localhost:8443'
    throw new UsageError('GRADE_URL_INVALID', message)
  }
  return url
}

/** Where plain HTTP would be asked for: 80 beside 443, nowhere beside another port unless told. */
function plainPortOf(url: URL, { values }: CommandInput): number | undefined {
  const given = values['http-port']
  if (typeof given !== 'string') return url.port === '' ? 80 : undefined
  const port = Number(given)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new UsageError('GRADE_PORT_INVALID', '--http-port takes a port between 1 and 65535')
}

async function textOf(
  file: string | boolean | undefined,
  code: string,
): Promise<string | undefined> {
  if (typeof file !== 'string') return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const message = `cannot read ${file}: ${(cause as Error).message}`
    throw new FaultError(code, message, { cause })
  }
}

type GradeTarget = {
  readonly url: URL
  readonly ca: string | undefined
  readonly ctLogs: KnownLogs | undefined
  /** Where plain HTTP is asked for. */
  readonly httpPort: number | undefined
}

async function grade(
  { url, ca, ctLogs, httpPort }: GradeTarget,
  stop: AbortSignal,
): Promise<FullReport> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)])
  const httpsPort = url.port === '' ? 443 : Number(url.port)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const path = url.pathname + url.search
  const server = {
    address: { host, port: httpsPort },
    serverName: isIP(host) > 0 ? undefined : host,
    ca,
    ctLogs,
    nowMs: systemClock.nowMs(),
  }
  const headers = await gradeHeaders(
    { hostName: url.hostname, httpsPort, httpPort, path, ca },
    signal,
  ).catch(async (error) => {
    await gradeTls({ ...server, hstsMaxAgeSeconds: undefined }, signal) // may know why
    throw error
  })
  const sent = headers.visit.page.fields['strict-transport-security']
  const tls = await gradeTls({ ...server, hstsMaxAgeSeconds: hstsSeconds(sent) }, signal)
  return { headers, tls }
}

function toJson(report: FullReport): string {
  const { headers, tls } = report
  const { observatory, securityHeaders, visit } = headers
  const versions = tls.scan.versions.map(({ version, suites }) => ({
    version,
    suites: suites.map(({ name }) => name),
  }))
  const { url, status, fields, cookies } = visit.page
  const page = { url: url.href, status, fields, cookies: cookies.length }
  return JSON.stringify(
    {
      page,
      findings: findings(report),
      observatory,
      securityHeaders,
      tls: { ...tls, scan: { ...tls.scan, versions } },
    },
    undefined,
    2,
  )
}

/**
 * The files of the CSP autopilot: what gateways have learned, and what a person has decided.
 *
 * @module
 */
import { join } from 'node:path'
import { FaultError } from '#lib/errors.ts'
import { systemDisk } from '#system/disk.ts'
import { decisionsFile, type Decisions } from '#services/web-gateway/csp/decisions.ts'
import type { CspFiles } from '#services/web-gateway/csp/keeper.ts'
import { knowledgeFile, merge, type SiteKnowledge } from '#services/web-gateway/csp/knowledge.ts'
import type { Paths } from './paths.ts'

const seen = /^seen-\w+\.json$/

/** @param worker Tells apart the processes of one gateway. */
export function cspFiles({ csp }: Pick<Paths, 'csp'>, worker: string = '0'): CspFiles {
  return {
    knowledge: join(csp, `seen-${worker}.json`),
    decisions: join(csp, 'decisions.json'),
  }
}

/** What all processes have learned, site by site. @throws {FaultError} CSP_FILE_UNUSABLE. */
export async function readKnowledge(paths: Paths): Promise<ReadonlyMap<string, SiteKnowledge>> {
  const files = (await systemDisk.list(paths.csp)).filter((name) => seen.test(name))
  const bySite = new Map<string, SiteKnowledge[]>()
  for (const name of files) {
    const all = await readJson(join(paths.csp, name), (value) => knowledgeFile.parse(value))
    for (const [site, knowledge] of Object.entries(all)) {
      bySite.set(site, [...(bySite.get(site) ?? []), knowledge])
    }
  }
  return new Map(
    [...bySite].flatMap(([site, all]) => {
      const whole = merge(all)
      return whole ? [[site, whole] as const] : []
    }),
  )
}

/** @throws {FaultError} CSP_FILE_UNUSABLE. */
export async function readDecisions(paths: Paths): Promise<Decisions> {
  const { decisions } = cspFiles(paths)
  if ((await systemDisk.size(decisions)) === undefined) return {}
  return readJson(decisions, (value) => decisionsFile.parse(value))
}

/** Taken up by every gateway process within a second. @throws {FaultError} DISK_…. */
export async function writeDecisions(paths: Paths, decisions: Decisions): Promise<void> {
  const checked = decisionsFile.parse(decisions)
  const text = `${JSON.stringify(checked, undefined, 2)}\n`
  await systemDisk.replace(cspFiles(paths).decisions, Buffer.from(text))
}

async function readJson<Value>(file: string, parse: (value: unknown) => Value): Promise<Value> {
  try {
    return parse(JSON.parse(Buffer.from(await systemDisk.read(file)).toString('utf8')))
  } catch (cause) {
    const message = `${file}: ${(cause as Error).message}`
    throw new FaultError('CSP_FILE_UNUSABLE', message, { cause })
  }
}

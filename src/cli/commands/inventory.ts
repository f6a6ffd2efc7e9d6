/**
 * `veilig inventory`: what runs here, as a list or as a CycloneDX document, and what is open in it.
 *
 * @module
 */
import { randomUUID } from 'node:crypto'
import { bomOf } from '#services/updates/cyclonedx.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { componentsOf, patchesOf } from '../inventory.ts'
import { asSuperuser, placeOf } from '../supervisor/superuser.ts'

const SHOWN_MAX = 200

export const inventoryCommand: Command = {
  name: 'inventory',
  summary: 'what runs here, by name and version, and which known vulnerabilities are open in it',
  usage: '[--cyclonedx] [--json]',
  options: { cyclonedx: { type: 'boolean' } },
  run: async (context, input) => {
    const postgres = await serverVersion(context).catch(() => undefined) // it does not run
    if (input.values['cyclonedx'] === true) {
      const bom = bomOf(await componentsOf(context, postgres), randomUUID(), context.clock.nowMs())
      process.stdout.write(`${JSON.stringify(bom, undefined, 2)}\n`)
      return 0
    }
    return tell(context, input, postgres)
  },
}

/** @returns 1 when something is past its time. */
async function tell(
  context: Context,
  { values }: CommandInput,
  postgres: string | undefined,
): Promise<number> {
  const components = await componentsOf(context, postgres)
  const place = context.config.updates.advisories
  const found = place === undefined ? undefined : await patchesOf(context, place, postgres)
  if (values['json'] === true) {
    process.stdout.write(`${JSON.stringify({ components, ...found })}\n`)
    return found?.open.some(({ daysLeft }) => daysLeft < 0) ? 1 : 0
  }
  const counts = Map.groupBy(components, ({ ecosystem }) => ecosystem)
  for (const [ecosystem, all] of counts)
    process.stdout.write(`${ecosystem.padEnd(12)} ${all.length} components\n`)
  if (!found) {
    const how = 'name a file or a mirror of advisories in updates.advisories'
    process.stdout.write(`Nobody knows what is vulnerable: ${how}.\n`)
    return 0
  }
  for (const { id, fixedIn } of found.flaws ?? [])
    process.stdout.write(`PostgreSQL has the flaw ${id}; it is gone in ${fixedIn}\n`)
  const open = found.open.toSorted((a, b) => a.daysLeft - b.daysLeft)
  for (const { component, id, severity, daysLeft } of open.slice(0, SHOWN_MAX)) {
    const left = Number.isFinite(daysLeft) ? `${daysLeft} days left` : 'nothing mends it yet'
    const when = daysLeft < 0 ? `${-daysLeft} DAYS LATE` : left
    process.stdout.write(`${when.padEnd(20)} ${severity.padEnd(8)} ${component}  ${id}\n`)
  }
  const late = open.filter(({ daysLeft }) => daysLeft < 0).length
  process.stdout.write(`${open.length} open, ${late} past their time\n`)
  return late > 0 ? 1 : 0
}

async function serverVersion(context: Context): Promise<string | undefined> {
  await using admin = await asSuperuser(context, placeOf(context, 'protected'), 'postgres')
  const { rows } = await admin.client.query<{ server_version: string }>('show server_version')
  return rows[0]?.server_version
}

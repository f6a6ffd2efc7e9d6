/**
 * `veilig mail …`: what becomes of mail to one address, and how to write to it again.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { parseAddress, victimOf } from '#protocol/mail/address.ts'
import { ensureTokenKey } from '#services/mail-gateway/keys.ts'
import { personView, type PersonView } from '#services/mail-gateway/person.ts'
import { liftSuppression } from '#services/mail-gateway/suppression.ts'
import { addressHash } from '#services/mail-gateway/token.ts'
import { systemDisk } from '#system/disk.ts'
import { openPool } from '#system/postgres/pool.ts'
import { openBook } from '../book.ts'
import type { Command, CommandInput } from '../command.ts'
import type { Context } from '../context.ts'
import { controlConnection } from '../control.ts'

/** The name under which these commands write in the trail. */
const BOOK = 'mail-desk'

export const mailPersonCommand: Command = {
  name: 'mail person',
  summary: 'what was sent to an address in thirty days, and what keeps mail from it',
  usage: 'ADDRESS [--json]',
  options: {},
  run: async (context, input) => {
    const address = onlyAddress(input)
    await using pool = await openDesk(context)
    const view = await personView(pool.pool, await hashOf(context, address))
    const text = input.values['json'] === true ? JSON.stringify(view) : told(address, view)
    process.stdout.write(`${text}\n`)
    return 0
  },
}

export const mailLiftCommand: Command = {
  name: 'mail lift',
  summary: 'write again to an address that came back or complained',
  usage: 'ADDRESS',
  options: {},
  run: async (context, input) => {
    const address = onlyAddress(input)
    const person = await hashOf(context, address)
    await using trail = await openBook(context, BOOK)
    await using desk = await openDesk(context)
    const wasThere = await liftSuppression(desk.pool, person)
    if (wasThere) await trail.append([{ code: 'MAIL_SUPPRESSION_LIFTED', detail: { person } }])
    const nothing = `nothing keeps mail from ${address}, but lists its reader left: mail person`
    process.stdout.write(wasThere ? `${address} is written to again\n` : `${nothing}\n`)
    return wasThere ? 0 : 1
  },
}

function onlyAddress({ positionals }: CommandInput): string {
  const [address, ...more] = positionals
  if (address !== undefined && more.length === 0) return address
  throw new UsageError('OPTION_INVALID', 'name one address, such as jan@club.example')
}

async function hashOf(context: Context, address: string): Promise<string> {
  const key = await ensureTokenKey(systemDisk, context.paths.secret('mail-gateway', 'token.key'))
  return addressHash(key, victimOf(parseAddress(address)))
}

type OpenDesk = AsyncDisposable & { readonly pool: ReturnType<typeof openPool> }

async function openDesk(context: Context): Promise<OpenDesk> {
  const pool = openPool({ ...(await controlConnection(context, 'mail-gateway')), max: 1 })
  return { pool, [Symbol.asyncDispose]: () => pool.end() }
}

function told(address: string, { suppression, left, sent }: PersonView): string {
  const lines = [`${address}: ${keepsOut(suppression)}`]
  if (left.length > 0) lines.push(`Lists its reader left: ${left.join(', ')}`)
  if (sent.length === 0) lines.push('Nothing was sent to it in the last thirty days.')
  for (const { atMs, category, list, state, status } of sent) {
    const when = new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')
    const name = list === category ? category : `${category}/${list}`
    lines.push(`${when}  ${state.padEnd(9)} ${status.padEnd(11)} ${name}`)
  }
  return lines.join('\n')
}

function keepsOut(suppression: PersonView['suppression']): string {
  if (!suppression) return 'mail goes there'
  const { reason, status, sinceMs } = suppression
  const since = new Date(sinceMs).toISOString().slice(0, 10)
  return {
    dead: `nobody is there (${status}, since ${since}); only security mail is tried`,
    complaint: `complained of our mail (${status}, since ${since}); no lists go there`,
    staff: `ended by one of us (since ${since}); only security mail goes there`,
  }[reason]
}

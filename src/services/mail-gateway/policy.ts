/**
 * What may be sent: decided on the message itself, before anything is kept.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'
import { authorOf, parseAddress, victimOf } from '#protocol/mail/address.ts'
import { fieldValues, parseMessage, withoutFields, type Message } from '#protocol/mail/message.ts'
import { categories, type Category, type SenderConfig } from './config.ts'

const proof: unique symbol = Symbol('aligned')

/** One recipient: as written, and the person behind it. */
export type Recipient = {
  readonly address: string
  readonly domain: string
  /** Normalised; key of every limit. */
  readonly victim: string
}

/**
 * A message whose From domain is one that its sender may use and whose keys are ours: what leaves
 * is signed by exactly that domain, so that DMARC passes by construction. Made by `admit` alone.
 */
export type Admitted = {
  readonly sender: string
  readonly fromDomain: string
  readonly category: Category
  /** What one unsubscribes from, within the sender and tenant. */
  readonly list: string
  readonly tenant: string
  /** Address of the visitor whose form asked for it, if the application says so. */
  readonly network: string | undefined
  readonly message: Message
  readonly recipients: readonly Recipient[]
  readonly [proof]: true
}

/** Fields that speak to us and never leave; and those that the gateway itself answers for. */
const ours: ReadonlySet<string> = new Set([
  'x-veilig-category',
  'x-veilig-list',
  'x-veilig-network',
  'x-veilig-tenant',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'dkim-signature',
  'return-path',
])

const nameForm = /^[a-z0-9][a-z0-9-]{0,63}$/

/**
 * Decides on one message.
 *
 * @param to Envelope recipients as given.
 * @throws {ProtocolError} MAIL_BARE_LINE_END, MAIL_NUL.
 * @throws {DeniedError} MAIL_HEADER_…, MAIL_LINE_TOO_LONG, MAIL_ADDRESS_INVALID, MAIL_MISALIGNED,
 *   MAIL_CATEGORY_DENIED, MAIL_BCC, MAIL_RECIPIENT_DENIED.
 */
export function admit(sender: SenderConfig, to: readonly string[], bytes: Uint8Array): Admitted {
  const message = parseMessage(bytes)
  const fromDomain = alignedDomain(sender, message)
  if (fieldValues(message, 'bcc').length > 0) {
    const said = 'the header has a Bcc field: it would show hidden readers, or was injected'
    throw new DeniedError('MAIL_BCC', said, said)
  }
  const category = categoryOf(sender, message)
  return {
    sender: sender.name,
    fromDomain,
    category,
    list: named(message, 'x-veilig-list', category),
    tenant: named(message, 'x-veilig-tenant', 'all'),
    network: networkIn(message),
    message: withoutFields(message, ours),
    recipients: distinct(to.map((one) => allowed(sender, recipientOf(one)))),
    [proof]: true,
  }
}

/** @throws {DeniedError} MAIL_MISALIGNED. */
function alignedDomain(sender: SenderConfig, message: Message): string {
  const [from, ...more] = fieldValues(message, 'from')
  if (from === undefined || more.length > 0) {
    throw misaligned('a message needs exactly one From field')
  }
  const { domain } = authorOf(from)
  if (!sender.domains.includes(domain)) {
    throw misaligned(`${sender.name} may not send as ${domain}: no key of ours signs for it`)
  }
  const [claimed] = fieldValues(message, 'sender')
  if (claimed !== undefined && !sender.domains.includes(authorOf(claimed).domain)) {
    throw misaligned('the Sender field names a foreign domain')
  }
  return domain
}

function misaligned(said: string): DeniedError {
  return new DeniedError('MAIL_MISALIGNED', said, said)
}

/** @throws {DeniedError} MAIL_CATEGORY_DENIED. */
function categoryOf(sender: SenderConfig, message: Message): Category {
  const wanted = fieldValues(message, 'x-veilig-category')[0] ?? 'transactional'
  const category = categories.find((known) => known === wanted)
  if (category !== undefined && sender.categories.includes(category)) return category
  const known = sender.categories.join(', ')
  const said = `X-Veilig-Category may be: ${known}`
  throw new DeniedError('MAIL_CATEGORY_DENIED', said, said)
}

function named(message: Message, field: string, fallback: string): string {
  const value = fieldValues(message, field)[0] ?? fallback
  if (nameForm.test(value)) return value
  const said = `${field} must be lower-case letters, digits and hyphens`
  throw new DeniedError('MAIL_HEADER_INVALID', said, said)
}

/** @throws {DeniedError} MAIL_HEADER_INVALID. */
function networkIn(message: Message): string | undefined {
  const value = fieldValues(message, 'x-veilig-network')[0]
  if (value === undefined || /^[0-9a-fA-F.:]{2,45}$/.test(value)) return value
  const said = 'x-veilig-network must be the address of a visitor'
  throw new DeniedError('MAIL_HEADER_INVALID', said, said)
}

export function recipientOf(text: string): Recipient {
  const address = parseAddress(text)
  return {
    address: `${address.local}@${address.domain}`,
    domain: address.domain,
    victim: victimOf(address),
  }
}

/** @throws {DeniedError} MAIL_RECIPIENT_DENIED. */
function allowed(sender: SenderConfig, recipient: Recipient): Recipient {
  const domains = sender.recipientDomains
  if (domains === undefined || domains.includes(recipient.domain)) return recipient
  const said = `${sender.name} may not write to ${recipient.domain}`
  throw new DeniedError('MAIL_RECIPIENT_DENIED', said, said)
}

/** One person gets one copy, however often the envelope names them. */
function distinct(recipients: readonly Recipient[]): readonly Recipient[] {
  const byVictim = new Map(recipients.toReversed().map((one) => [one.victim, one]))
  return recipients.filter((one) => byVictim.get(one.victim) === one)
}

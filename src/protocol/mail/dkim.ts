/**
 * DKIM signatures, relaxed/relaxed, by RSA-SHA256 and Ed25519-SHA256 side by side.
 *
 * The fields a reader acts on are signed once more than they occur ("oversigned"): adding a second
 * From or Subject on the way then breaks the signature.
 *
 * Source: RFC 6376 §3.4–3.7, §5.4; RFC 8463; RFC 8301 (no SHA-1, RSA ≥ 1024, we use 2048).
 *
 * @module
 */
import { createHash, sign, type KeyObject } from 'node:crypto'
import type { HeaderField, Message } from './message.ts'

/** One signing key. The algorithm follows from its type: 'rsa' or 'ed25519'. */
export type DkimKey = {
  readonly domain: string
  readonly selector: string
  readonly privateKey: KeyObject
}

/** Signed when present; those of `oversigned` once more. */
const signedFields: readonly string[] = [
  'from',
  'sender',
  'reply-to',
  'subject',
  'date',
  'message-id',
  'to',
  'cc',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'in-reply-to',
  'references',
  'list-id',
  'list-unsubscribe',
  'list-unsubscribe-post',
  'auto-submitted',
]
const oversigned: ReadonlySet<string> = new Set([
  'from',
  'reply-to',
  'subject',
  'date',
  'to',
  'cc',
  'content-type',
  'list-unsubscribe',
  'list-unsubscribe-post',
])

const FOLD_AT = 72

/**
 * The DKIM-Signature fields to put on top of a message, one for each key.
 *
 * @param timeS Seconds since the Unix epoch, for `t=`.
 */
export function dkimFields(
  message: Message,
  keys: readonly DkimKey[],
  timeS: number,
): readonly HeaderField[] {
  const bodyHash = createHash('sha256').update(relaxedBody(message.body)).digest('base64')
  const names = namesToSign(message.fields)
  const signed = canonicalFields(message.fields, names)
  return keys.map((key) => {
    const algorithm = key.privateKey.asymmetricKeyType === 'rsa' ? 'rsa' : 'ed25519'
    const tags = [
      'v=1',
      `a=${algorithm}-sha256`,
      'c=relaxed/relaxed',
      `d=${key.domain}`,
      `s=${key.selector}`,
      `t=${timeS}`,
      `h=${names.join(':')}`,
      `bh=${bodyHash}`,
      'b=',
    ]
    const unsigned = fold(tags)
    const input = signed + relaxedField('dkim-signature', unsigned).replace(/\r\n$/, '')
    const value = unsigned + foldLong(signature(key.privateKey, input))
    return { name: 'DKIM-Signature', value, raw: `DKIM-Signature: ${value}\r\n` }
  })
}

/** RFC 8463 §3: Ed25519 signs the SHA-256 of the input, RSA hashes it itself. */
function signature(key: KeyObject, input: string): string {
  const bytes = Buffer.from(input, 'latin1')
  const signed =
    key.asymmetricKeyType === 'rsa'
      ? sign('sha256', bytes, key)
      : sign(null, createHash('sha256').update(bytes).digest(), key)
  return signed.toString('base64')
}

function namesToSign(fields: readonly HeaderField[]): readonly string[] {
  return signedFields.flatMap((name) => {
    const count = fields.filter((field) => field.name.toLowerCase() === name).length
    return Array.from({ length: count + (oversigned.has(name) ? 1 : 0) }, () => name)
  })
}

/** RFC 6376 §5.4.2: fields of one name are taken from the bottom up; absent ones are empty. */
function canonicalFields(fields: readonly HeaderField[], names: readonly string[]): string {
  const left = [...fields]
  return names
    .map((name) => {
      const at = left.findLastIndex((field) => field.name.toLowerCase() === name)
      const field = at < 0 ? undefined : left.splice(at, 1)[0]
      return field ? relaxedField(name, field.raw.slice(field.name.length + 1)) : ''
    })
    .join('')
}

/** RFC 6376 §3.4.2. @param value Everything after the colon, folded or not. */
export function relaxedField(name: string, value: string): string {
  const unfolded = value.replaceAll('\r\n', '').replaceAll(/[ \t]+/g, ' ')
  return `${name.toLowerCase()}:${unfolded.trim()}\r\n`
}

/** RFC 6376 §3.4.4: blanks before CRLF go, runs of blanks shrink, empty lines at the end go. */
export function relaxedBody(body: Uint8Array): Buffer {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  const lines = text.split('\r\n').map((line) => line.replaceAll(/[ \t]+/g, ' ').replace(/ $/, ''))
  while (lines.length > 0 && lines.at(-1) === '') lines.pop()
  return Buffer.from(lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`, 'latin1')
}

function fold(tags: readonly string[]): string {
  let column = 'DKIM-Signature: '.length
  return tags
    .map((tag, index) => {
      const text = index === tags.length - 1 ? tag : `${tag};`
      // The signature, too long for this line in any case, begins a line of its own.
      const breaks = index > 0 && (text === 'b=' || column + text.length + 1 > FOLD_AT)
      column = breaks ? text.length + 1 : column + text.length + 1
      const folded = text.startsWith('h=') ? text.replaceAll(/(.{1,60}:)/g, '$1\r\n ') : text
      return `${index === 0 ? '' : breaks ? '\r\n ' : ' '}${folded}`
    })
    .join('')
}

function foldLong(base64: string): string {
  return base64.replaceAll(/(.{64})(?=.)/g, '$1\r\n ')
}

/**
 * Certificates that public logs know for our names, and which of them are none of ours.
 *
 * A source answers a question for one name with a JSON array, one object a certificate, in the form
 * of crt.sh (`output=json`); other monitors can be asked through a small program that writes it.
 * A precertificate and its certificate have one serial number and are one.
 *
 * @module
 */
import { z } from 'zod'
import { FaultError } from '#lib/errors.ts'

export type LoggedCertificate = {
  /** Hex, lower case, without leading zeros. */
  readonly serial: string
  readonly issuer: string
  readonly names: readonly string[]
  readonly fromMs: number
  readonly untilMs: number
}

const CERTIFICATES_MAX = 20_000
const NAMES_TOLD_MAX = 10

type Entry = {
  readonly serial_number: string
  readonly issuer_name: string
  readonly name_value: string
  readonly not_before: string
  readonly not_after: string
}

const moment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/)
const answer: z.ZodType<readonly Entry[]> = z
  .array(
    z.object({
      serial_number: z.string().regex(/^[0-9a-fA-F]{1,64}$/),
      issuer_name: z.string().max(1024),
      name_value: z.string().max(65_536),
      not_before: moment,
      not_after: moment,
    }),
  )
  .max(CERTIFICATES_MAX)

/** @throws {FaultError} CT_SOURCE_UNREADABLE. */
export function readLogged(text: string): readonly LoggedCertificate[] {
  try {
    const found = new Map<string, LoggedCertificate>()
    for (const entry of answer.parse(JSON.parse(text))) {
      const serial = plainSerial(entry.serial_number)
      const names = entry.name_value.toLowerCase().split(/\s+/).filter(Boolean)
      const times = { fromMs: utcMs(entry.not_before), untilMs: utcMs(entry.not_after) }
      const others = found.get(serial)?.names ?? []
      const all = [...new Set([...others, ...names])].slice(0, NAMES_TOLD_MAX)
      found.set(serial, { serial, issuer: entry.issuer_name, names: all, ...times })
    }
    return [...found.values()]
  } catch (cause) {
    const message = `not a list of certificates as crt.sh gives it: ${(cause as Error).message}`
    throw new FaultError('CT_SOURCE_UNREADABLE', message, { cause })
  }
}

/** Those that could still be shown to somebody, and are not known. */
export function strangers(
  logged: readonly LoggedCertificate[],
  known: ReadonlySet<string>,
  nowMs: number,
): readonly LoggedCertificate[] {
  return logged.filter(({ serial, untilMs }) => untilMs > nowMs && !known.has(serial))
}

/** As everybody writes it alike. @param hex Of whatever case, with zeros before it or without. */
export function plainSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+(?=.)/, '')
}

/** The logs' times have no zone, and are of UTC. */
function utcMs(text: string): number {
  return Date.parse(`${text.slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z`)
}

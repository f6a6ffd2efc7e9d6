/**
 * What a receiver finds out about a mail: SPF, DKIM and DMARC by RFC 9989, with a foreign verifier.
 *
 * @module
 */
import { authenticate } from 'mailauth'
import type { DnsRecord } from '#protocol/dns/mail-records.ts'

/** Results by name as in Authentication-Results: pass, fail, none, … */
export type Verdict = { readonly spf: string; readonly dkim: string; readonly dmarc: string }

/** The mailbox and the gateway are neighbours: this is the address the mail came from. */
const NEIGHBOUR = '127.0.0.1'

export async function verdictOf(
  bytes: Uint8Array,
  envelope: { readonly from: string; readonly helo: string },
  records: readonly DnsRecord[],
): Promise<Verdict> {
  const { spf, dkim, dmarc } = await authenticate(Buffer.from(bytes), {
    sender: envelope.from,
    helo: envelope.helo,
    ip: NEIGHBOUR,
    resolver: lookupIn(records),
    disableArc: true,
    disableBimi: true,
    strict: true,
  })
  const signatures = dkim.results.map((one) => one.status.result)
  return {
    spf: spf ? spf.status.result : 'none',
    dkim: signatures.length > 0 && signatures.every((one) => one === 'pass') ? 'pass' : 'fail',
    dmarc: dmarc ? dmarc.status.result : 'none',
  }
}

function lookupIn(records: readonly DnsRecord[]) {
  return async (name: string, type: string): Promise<string[][]> => {
    const found = records.filter((one) => one.name === name.toLowerCase() && one.type === type)
    if (found.length > 0) return found.map((one) => [one.value])
    throw Object.assign(new Error(`no ${type} of ${name}`), { code: 'ENOTFOUND' })
  }
}

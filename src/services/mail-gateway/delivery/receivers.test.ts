/** Which servers a domain's mail may go to, and what each must show. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DnsAnswer, DnsType } from '#protocol/dns/message.ts'
import { FaultError } from '#lib/errors.ts'
import type { StsPolicy } from './mta-sts.ts'
import { receiversThrough } from './receivers.ts'

const zone: Readonly<Record<string, readonly string[]>> = {
  'MX club.nl': ['20 mx2.club.nl.', '10 mx1.club.nl.'],
  'MX null.nl': ['0 .'],
  'MX empty.nl': ['10 gone.nl.'],
  'A mx1.club.nl': ['192.0.2.1'],
  'AAAA mx1.club.nl': ['2001:db8::1'],
  'A mx2.club.nl': ['192.0.2.2'],
  'A bare.nl': ['192.0.2.3'],
}
const lookup = async (name: string, type: string): Promise<string[]> => {
  const found = zone[`${type} ${name}`]
  if (found) return [...found]
  const exists = Object.keys(zone).some((key) => key.endsWith(` ${name}`))
  throw Object.assign(new Error('none'), { code: exists ? 'ENODATA' : 'ENOTFOUND' })
}

async function found(
  domain: string,
  policy?: StsPolicy,
  secure?: typeof signed,
): Promise<string[]> {
  const answer = await receiversThrough(lookup, secure, async () => policy)(domain)
  if ('kind' in answer) return [`${answer.kind}: ${answer.reply}`]
  return answer.receivers.map(({ host, address, tls }) => `${host} ${address} ${tls.kind}`)
}

/** A resolver that vouches for everything but what begins with `bogus` or is in `unsigned`. */
const unsigned = new Set<string>()
let tlsa: Uint8Array[] = []
let fails = false
const signed = async (name: string, type: DnsType): Promise<DnsAnswer> => {
  if (type === 'TLSA' && fails) throw new FaultError('DNS_UNANSWERED', 'silence')
  const data = type === 'TLSA' ? tlsa : [Uint8Array.of(1)]
  const authentic = !unsigned.has(`${type} ${name}`)
  return { id: 1, rcode: 0, truncated: false, authentic, data }
}

test('receivers: by preference, IPv6 first; the domain itself without an MX', async () => {
  assert.deepEqual(await found('club.nl'), [
    'mx1.club.nl 2001:db8::1 opportunistic',
    'mx1.club.nl 192.0.2.1 opportunistic',
    'mx2.club.nl 192.0.2.2 opportunistic',
  ])
  assert.deepEqual(await found('bare.nl'), ['bare.nl 192.0.2.3 opportunistic'])
})

test('receivers: a domain that takes no mail, or is none, is refused at once', async () => {
  assert.deepEqual(await found('null.nl'), [
    'refused: 556 5.1.10 the domain says that it receives no mail',
  ])
  assert.match((await found('nowhere.nl')).join(), /^refused: 550 5\.1\.2/)
  assert.deepEqual(await found('empty.nl'), [])
})

test('receivers: MTA-STS takes away hosts that it does not name, and demands proof', async () => {
  const policy: StsPolicy = { mode: 'enforce', mx: ['mx2.club.nl'] }
  assert.deepEqual(await found('club.nl', policy), ['mx2.club.nl 192.0.2.2 verified'])
  const wild = await found('club.nl', { ...policy, mx: ['*.club.nl'] })
  assert.equal(wild.length, 3)
  assert.match((await found('club.nl', { ...policy, mx: ['other.nl'] })).join(), /^later: MTA-STS/)
  const testing = await found('club.nl', { mode: 'testing', mx: ['other.nl'] })
  assert(testing.every((one) => one.endsWith('opportunistic')))
})

test('receivers: DANE holds where every answer is signed, and comes before MTA-STS', async () => {
  tlsa = [Uint8Array.of(3, 1, 1, 9)]
  const policy: StsPolicy = { mode: 'enforce', mx: ['other.nl'] }
  assert((await found('club.nl', policy, signed)).every((one) => one.endsWith('dane')))
  unsigned.add('TLSA _25._tcp.mx1.club.nl')
  const half = await found('club.nl', undefined, signed)
  assert.deepEqual(
    half.map((one) => one.split(' ')[2]),
    ['opportunistic', 'opportunistic', 'dane'],
  )
  unsigned.clear()
  unsigned.add('MX club.nl')
  assert((await found('club.nl', undefined, signed)).every((one) => one.endsWith('opportunistic')))
  unsigned.clear()
})

test('receivers: where DANE cannot be asked, mail waits rather than leave open', async () => {
  fails = true
  assert.match((await found('club.nl', undefined, signed)).join(), /^later: DANE/)
  fails = false
  tlsa = []
  assert((await found('club.nl', undefined, signed)).every((one) => one.endsWith('opportunistic')))
})

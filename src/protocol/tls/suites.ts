/**
 * What a cipher suite promises, read from its registered name.
 *
 * @module
 */
import { suiteTable } from './suite-table.ts'

export type Suite = {
  readonly number: number
  /** As registered, `TLS_` included. */
  readonly name: string
  readonly keyExchange: 'rsa' | 'dh' | 'dhe' | 'ecdh' | 'ecdhe' | 'psk' | 'other' | 'tls13'
  /** Nobody proves who the server is. */
  readonly anonymous: boolean
  readonly export: boolean
  readonly forwardSecret: boolean
  readonly mode: 'aead' | 'cbc' | 'stream' | 'null'
  /** Strength of the cipher. */
  readonly bits: number
  /** Of a block; 0 for others. SWEET32 needs 64. */
  readonly blockBits: number
}

/** Every known suite by its number. */
export const suites: ReadonlyMap<number, Suite> = new Map(
  suiteTable.split('\n').map((line) => {
    const [hex = '', name = ''] = line.split(' ')
    const number = Number.parseInt(hex, 16)
    return [number, describe(number, name)] as const
  }),
)

/** A suite by its number; one that is not in the table is described as nothing. */
export function suiteOf(number: number): Suite {
  return suites.get(number) ?? describe(number, `0x${number.toString(16).padStart(4, '0')}`)
}

function describe(number: number, name: string): Suite {
  const [exchange = '', cipher = ''] = name.includes('_WITH_') ? name.split('_WITH_') : ['', name]
  const isTls13 = exchange === ''
  // The digest at the end says nothing about the strength of the cipher.
  const bare = cipher.replace(/_(?:SHA\d*|MD5)$/, '_')
  const keyExchange = isTls13 ? 'tls13' : exchangeOf(exchange)
  const mode = modeOf(cipher)
  const [bits, blockBits] = strengthOf(bare, exchange)
  return {
    number,
    name: `TLS_${name}`,
    keyExchange,
    anonymous: /anon/i.test(exchange),
    export: exchange.includes('EXPORT'),
    forwardSecret: isTls13 || keyExchange === 'dhe' || keyExchange === 'ecdhe',
    mode,
    bits,
    blockBits: mode === 'cbc' ? blockBits : 0,
  }
}

function exchangeOf(exchange: string): Suite['keyExchange'] {
  if (exchange.startsWith('ECDHE') || exchange === 'ECDH_anon') return 'ecdhe'
  if (exchange.startsWith('ECDH')) return 'ecdh'
  if (exchange.startsWith('DHE') || exchange.startsWith('DH_anon')) return 'dhe'
  if (exchange.startsWith('DH_')) return 'dh'
  if (exchange.includes('PSK')) return 'psk'
  return exchange.startsWith('RSA') ? 'rsa' : 'other'
}

function modeOf(cipher: string): Suite['mode'] {
  if (/GCM|CCM|CHACHA20|MGM/.test(cipher)) return 'aead'
  if (/^(?:NULL|SHA)/.test(cipher)) return 'null'
  return cipher.startsWith('RC4') || /CNT|CTR/.test(cipher) ? 'stream' : 'cbc'
}

function strengthOf(cipher: string, exchange: string): readonly [number, number] {
  if (/^(?:NULL|SHA)/.test(cipher)) return [0, 0]
  const small = /EXPORT/.test(exchange) && !/EXPORT1024/.test(exchange)
  if (small || /DES40|_40_/.test(cipher)) return [40, 64]
  if (cipher.startsWith('DES_') || /_56_/.test(cipher)) return [56, 64]
  if (cipher.startsWith('3DES')) return [112, 64]
  if (cipher.startsWith('IDEA') || cipher.startsWith('RC2')) return [128, 64]
  if (/256|CHACHA20|28147|KUZNYECHIK|MAGMA/.test(cipher)) return [256, 128]
  return [128, 128]
}

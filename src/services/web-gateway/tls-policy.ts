/**
 * Which TLS is spoken: one table of policies, by Mozilla's names.
 *
 * Every policy begins its key exchange with X25519MLKEM768, so that what is recorded today is not
 * read when quantum computers come. `legacy` is for visitors whose machines know nothing newer, and
 * is graded B by everybody, ourselves included.
 *
 * Source: Mozilla, Server Side TLS 5.7; RFC 8996 (TLS 1.0 and 1.1 are historic); hybrid groups
 * by the names of OpenSSL 3.5.
 *
 * @module
 */
import type { SecureVersion } from 'node:tls'

export type TlsPolicyName = 'modern' | 'intermediate' | 'legacy'

export type TlsPolicy = {
  readonly minVersion: SecureVersion
  readonly maxVersion: SecureVersion
  readonly ciphers: string
  /** Groups of the key exchange, best first. */
  readonly ecdhCurve: string
}

const newest = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']

/** Forward secrecy and authenticated encryption only. */
const authenticated = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
]

/** Forward secrecy all the same; SECLEVEL=0 lets OpenSSL sign with SHA-1, as TLS 1.0 must. */
const old = [
  'ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-SHA256',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  '@SECLEVEL=0',
]

const groups = { ecdhCurve: 'X25519MLKEM768:X25519:P-256:P-384', maxVersion: 'TLSv1.3' } as const

export const tlsPolicies: Readonly<Record<TlsPolicyName, TlsPolicy>> = {
  modern: { ...groups, minVersion: 'TLSv1.3', ciphers: newest.join(':') },
  intermediate: {
    ...groups,
    minVersion: 'TLSv1.2',
    ciphers: [...newest, ...authenticated].join(':'),
  },
  legacy: {
    ...groups,
    minVersion: 'TLSv1',
    ciphers: [...newest, ...authenticated, ...old].join(':'),
  },
}

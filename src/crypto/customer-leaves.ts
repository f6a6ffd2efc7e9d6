/**
 * What was measured for each customer, under one hash: all are signed at once, each sees its own.
 *
 * A leaf is canonical JSON with a salt, so that its hash tells nothing to whoever has another one;
 * leaves stand in the order of their hashes, so that their places tell nothing either.
 *
 * Source: docs/formats/evidence.md §8.
 *
 * @module
 */
import { createHash, createHmac } from 'node:crypto'
import type { Finding } from '#lib/claims/statement.ts'
import { canonicalBytes, parseCanonical } from './canonical-json.ts'
import { inclusionProof, rootFrom, subtreesOf, verifyInclusion } from './merkle-proof.ts'
import { leafHash } from './merkle.ts'

/** What was found for each customer. */
export type CustomerFindings = ReadonlyMap<string, readonly Finding[]>

/** One customer's part of a measurement. */
export type CustomerPart = {
  readonly claim: string
  readonly customer: string
  readonly findings: readonly Finding[]
}

export type CustomerLeaf = {
  /** Of the customer's token, hex: who has the token finds its leaf. */
  readonly key: string
  /** Canonical JSON, base64. */
  readonly leaf: string
}

/** All leaves of one measurement, in the order of their hashes. */
export type CustomerSet = {
  /** Hex. */
  readonly root: string
  readonly leaves: readonly CustomerLeaf[]
}

/** Where a leaf is, and what shows it. */
export type CustomerProof = {
  readonly at: number
  readonly count: number
  readonly leaf: string
  /** Inclusion proof, base64 each. */
  readonly proof: readonly string[]
}

/** A customer may have several names: one in each book. Its link bears a token for each. */
export const NAMES_MAX = 4
export const TOKEN_SEPARATOR = '.'

/** Whoever has it sees this customer's page; it cannot be guessed. */
export function customerToken(secret: Uint8Array, customer: string): string {
  return createHmac('sha256', secret).update(`token\n${customer}`).digest('base64url')
}

/** By which a leaf is found; from it the token cannot be told. */
export function customerKey(token: string): string {
  return createHash('sha256').update(`veilig customer\n${token}`).digest('hex')
}

/** @param secret Of the prober alone: tokens and salts come from it. */
export function customerSet(claim: string, all: CustomerFindings, secret: Uint8Array): CustomerSet {
  const leaves = [...all].map(([customer, findings]) => {
    const salt = createHmac('sha256', secret).update(`salt\n${claim}\n${customer}`).digest('hex')
    const said = findings.map(({ code, values }) => ({ code, values }))
    const bytes = canonicalBytes({ claim, customer, findings: said, salt })
    const key = customerKey(customerToken(secret, customer))
    return { key, leaf: Buffer.from(bytes).toString('base64'), hash: leafHash(bytes) }
  })
  leaves.sort((a, b) => Buffer.compare(a.hash, b.hash))
  const hashes = leaves.map(({ hash }) => hash)
  const root = Buffer.from(rootFrom(subtreesOf(hashes), hashes.length)).toString('hex')
  return { root, leaves: leaves.map(({ key, leaf }) => ({ key, leaf })) }
}

/** The proof for whoever has the key's token; undefined when nothing of his is in it. */
export function customerProof({ leaves }: CustomerSet, key: string): CustomerProof | undefined {
  const at = leaves.findIndex((one) => one.key === key)
  const leaf = leaves[at]?.leaf
  if (leaf === undefined) return undefined
  const subtree = subtreesOf(leaves.map((one) => leafHash(Buffer.from(one.leaf, 'base64'))))
  const proof = inclusionProof(subtree, at, leaves.length).map((hash) => {
    return Buffer.from(hash).toString('base64')
  })
  return { at, count: leaves.length, leaf, proof }
}

/**
 * What a leaf says, once it is shown to be under the root that was signed.
 *
 * @returns Undefined when it is not. @throws {ProtocolError} JSON_… when it is no leaf.
 */
export function openCustomerLeaf(
  given: CustomerProof,
  claim: string,
  root: string,
): CustomerPart | undefined {
  const bytes = Uint8Array.from(Buffer.from(given.leaf, 'base64'))
  const place = { leaf: leafHash(bytes), index: given.at, size: given.count }
  const path = given.proof.map((hash) => Uint8Array.from(Buffer.from(hash, 'base64')))
  if (!verifyInclusion({ ...place, root: Uint8Array.from(Buffer.from(root, 'hex')) }, path))
    return undefined
  const part = parseCanonical(bytes) as unknown as CustomerPart
  return part.claim === claim ? part : undefined
}

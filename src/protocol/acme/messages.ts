/**
 * What an ACME server says, checked: directory, order, authorisation, renewal information, problem.
 *
 * Source: RFC 8555 §7.1 (resources), §6.7 (problems); RFC 9773 (renewal information).
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

export type Directory = {
  readonly newNonce: string
  readonly newAccount: string
  readonly newOrder: string
  /** Where RFC 9773 is spoken. */
  readonly renewalInfo: string | undefined
}

export type OrderStatus = 'pending' | 'ready' | 'processing' | 'valid' | 'invalid'

export type Order = {
  readonly status: OrderStatus
  readonly names: readonly string[]
  readonly authorizations: readonly string[]
  readonly finalize: string
  readonly certificate: string | undefined
}

export type ChallengeType = 'http-01' | 'tls-alpn-01' | 'dns-01'

export type Challenge = { readonly type: string; readonly url: string; readonly token: string }

export type Authorization = {
  /** Without `*.`. */
  readonly name: string
  readonly status: string
  readonly challenges: readonly Challenge[]
  /** What the server found wrong, in its words. */
  readonly problem: string | undefined
}

/** When the server suggests to renew. */
export type RenewalWindow = { readonly startMs: number; readonly endMs: number }

const LIST_MAX = 1_000

/** @throws {ProtocolError} ACME_ANSWER_INVALID. */
export function parseDirectory(text: string): Directory {
  const given = object(text)
  return {
    newNonce: url(given, 'newNonce'),
    newAccount: url(given, 'newAccount'),
    newOrder: url(given, 'newOrder'),
    renewalInfo: given['renewalInfo'] === undefined ? undefined : url(given, 'renewalInfo'),
  }
}

const orderStatuses: readonly string[] = ['pending', 'ready', 'processing', 'valid', 'invalid']

/** @throws {ProtocolError} ACME_ANSWER_INVALID. */
export function parseOrder(text: string): Order {
  const given = object(text)
  const status = string(given, 'status')
  if (!orderStatuses.includes(status)) throw invalid(`an order is ${status}`)
  const identifiers = list(given, 'identifiers').map((each) => string(record(each), 'value'))
  return {
    status: status as OrderStatus,
    names: identifiers,
    authorizations: list(given, 'authorizations').map(asUrl),
    finalize: url(given, 'finalize'),
    certificate: given['certificate'] === undefined ? undefined : url(given, 'certificate'),
  }
}

/** @throws {ProtocolError} ACME_ANSWER_INVALID. */
export function parseAuthorization(text: string): Authorization {
  const given = object(text)
  const challenges = list(given, 'challenges').map(record)
  const problems = challenges.flatMap((each) => (each['error'] ? [record(each['error'])] : []))
  return {
    name: string(record(given['identifier']), 'value'),
    status: string(given, 'status'),
    challenges: challenges
      .filter((each) => typeof each['token'] === 'string')
      .map((each) => ({
        type: string(each, 'type'),
        url: url(each, 'url'),
        token: string(each, 'token'),
      })),
    problem: problems.map((each) => textOf(each['detail'], 'no reason')).join('; ') || undefined,
  }
}

/** The orders an account has, where a server lists them (RFC 8555 §7.1.2.1). */
export function parseOrderList(text: string): readonly string[] {
  return list(object(text), 'orders').map(asUrl)
}

/** Where an account's orders are listed. */
export function ordersUrlOf(accountText: string): string | undefined {
  const { orders } = object(accountText)
  return orders === undefined ? undefined : asUrl(orders)
}

/** @throws {ProtocolError} ACME_ANSWER_INVALID. */
export function parseRenewalWindow(text: string): RenewalWindow {
  const window = record(object(text)['suggestedWindow'])
  const startMs = Date.parse(string(window, 'start'))
  const endMs = Date.parse(string(window, 'end'))
  if (!(startMs <= endMs)) throw invalid('a renewal window that ends before it begins')
  return { startMs, endMs }
}

/** A problem document: its type without the usual prefix, and what it says. */
export function parseProblem(text: string): { readonly type: string; readonly detail: string } {
  try {
    const { type, detail } = object(text)
    const name = textOf(type, 'unknown').replace('urn:ietf:params:acme:error:', '')
    return { type: name.slice(0, 100), detail: textOf(detail, '').slice(0, 500) }
  } catch {
    return { type: 'unknown', detail: '' }
  }
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise
}

type Json = Readonly<Record<string, unknown>>

function object(text: string): Json {
  try {
    return record(JSON.parse(text))
  } catch (cause) {
    if (cause instanceof ProtocolError) throw cause
    throw invalid('not JSON')
  }
}

function record(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('not an object')
  }
  return value as Json
}

function string(given: Json, name: string): string {
  const value = given[name]
  if (typeof value !== 'string') throw invalid(`no ${name}`)
  return value
}

function url(given: Json, name: string): string {
  return asUrl(given[name])
}

/** Only HTTPS: RFC 8555 §6.1. */
function asUrl(value: unknown): string {
  if (typeof value !== 'string' || !/^https:\/\/[^\s]{1,2000}$/.test(value)) {
    throw invalid('an address that is not https')
  }
  return value
}

function list(given: Json, name: string): readonly unknown[] {
  const value = given[name] ?? []
  if (!Array.isArray(value) || value.length > LIST_MAX) throw invalid(`${name} is no list`)
  return value as readonly unknown[]
}

function invalid(message: string): ProtocolError {
  return new ProtocolError('ACME_ANSWER_INVALID', `the ACME server's answer: ${message}`)
}

/**
 * What all routes share: the visit, the guards, reading forms, answering with a page.
 *
 * @module
 */
import type { Context, Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { VNode } from 'preact'
import { renderToString } from 'preact-render-to-string'
import type { Database } from '../database.ts'
import { MissingError } from '../data/errors.ts'
import type { Member } from '../model.ts'
import { centsOf } from '../money.ts'
import { may, type Right } from '../rights.ts'
import { visit, type Visit } from './visit.ts'
import type { Confirmation, Letter } from '../mail.ts'
import type { Hooks } from '../hooks.ts'
import type { Live } from '../live.ts'
import type { Payments } from '../payments.ts'

/** What the application is given from outside. */
export type Shop = {
  readonly database: Database
  readonly publicOrigin: string
  readonly demo: boolean
  readonly nowMs: () => number
  /** Confirms a booking by e-mail, if mail is sent at all. Returns at once. */
  readonly confirm?: ((confirmation: Confirmation) => void) | undefined
  /** Writes to a member, if mail is sent at all. Returns at once. */
  readonly write?: ((letter: Letter) => void) | undefined
  /** Writes to a member; resolves when the letter is handed over (mail.ts). */
  readonly send?: ((letter: Letter) => Promise<void>) | undefined
  /** Makes the number of each booking; without it nobody checks in, and no door opens. */
  readonly pinSecret?: string | undefined
  /** Tells clubs' programs of bookings, while the service runs. */
  readonly hooks?: Hooks | undefined
  /** Where such a program may be; default: outside. */
  readonly webhooks?: 'outside' | 'anywhere' | undefined
  /** File that outlives the database: who left (erasures.ts). */
  readonly erasureList?: string | undefined
  /** Tells pages that something changed, while the service runs. */
  readonly live?: Live | undefined
  /** Takes payments, if any are asked for. */
  readonly payments?: Payments | undefined
}

export type App = Hono

/** A form or an address did not hold what its page would have sent. */
export class FormError extends Error {
  override readonly name = 'FormError'
}

export type Guest = (c: Context, visit: Visit) => Promise<Response>
export type Insider = (c: Context, visit: Visit, member: Member) => Promise<Response>

/** Anybody may come in. */
export function open(shop: Shop, handle: Guest): (c: Context) => Promise<Response> {
  return async (c) => {
    const seen = await visit(c, shop.database, shop.nowMs())
    if (!seen) throw new MissingError('no such club')
    return await handle(c, seen)
  }
}

/** Members only; others log in first and come back. */
export function inside(shop: Shop, handle: Insider): (c: Context) => Promise<Response> {
  return open(shop, async (c, seen) => {
    if (seen.member) return await handle(c, seen, seen.member)
    const to = c.req.method === 'GET' ? seen.here : `/${seen.club.slug}/day`
    return c.redirect(`/${seen.club.slug}/login?to=${encodeURIComponent(to)}`, 303)
  })
}

/** Those with the right only; to all others the page does not exist. */
export function behindTheDesk(
  shop: Shop,
  right: Right,
  handle: Insider,
): (c: Context) => Promise<Response> {
  return inside(shop, async (c, seen, member) => {
    if (!may(member, right)) throw new MissingError(`no right: ${right}`)
    return await handle(c, seen, member)
  })
}

/** Officers who gave their password again within the last half hour; others are asked for it. */
export function proved(
  shop: Shop,
  right: Right,
  handle: Insider,
): (c: Context) => Promise<Response> {
  return behindTheDesk(shop, right, async (c, seen, member) => {
    if (seen.officer?.isProved) return await handle(c, seen, member)
    const office = `/${seen.club.slug}/office`
    const to = c.req.method === 'GET' ? seen.here : office
    return c.redirect(`${office}/prove?to=${encodeURIComponent(to)}`, 303)
  })
}

export function answer(c: Context, page: VNode, status: ContentfulStatusCode = 200): Response {
  return c.html(`<!doctype html>${renderToString(page)}`, status)
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** An id in an address. @throws {MissingError} When it cannot be one. */
export function idOf(c: Context, name: string): string {
  const id = c.req.param(name) ?? ''
  if (!UUID.test(id)) throw new MissingError('not an id')
  return id
}

export function isId(text: string): boolean {
  return UUID.test(text)
}

const FIELDS_MAX = 500

/** A posted form, or the query of a page: every field as text, repeated ones in order. */
export class Fields {
  readonly #values: URLSearchParams

  constructor(values: URLSearchParams) {
    this.#values = values
  }

  text(name: string): string {
    return plain(this.#values.get(name) ?? '')
  }

  all(name: string): string[] {
    return this.#values.getAll(name).map(plain)
  }

  /** @throws {FormError} When it is not a whole number in the range. */
  whole(name: string, min: number, max: number): number {
    const text = this.text(name)
    const value = Number(text)
    if (!/^\d{1,6}$/.test(text) || value < min || value > max) throw new FormError(name)
    return value
  }

  /** An amount in euro as people write it, in cents. @throws {FormError} */
  cents(name: string, max: number): number {
    const value = centsOf(this.text(name))
    if (value === undefined || value > max) throw new FormError(name)
    return value
  }
}

/** No control characters: PostgreSQL takes no NUL, and none belongs in one line of text. */
function plain(text: string): string {
  return text.replace(/\p{Cc}/gu, '')
}

export function queryOf(c: Context): Fields {
  return new Fields(new URL(c.req.url).searchParams)
}

/** @throws {FormError} When it is no form. Its size is limited before (app.tsx). */
export async function formOf(c: Context): Promise<Fields> {
  const type = c.req.header('content-type') ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded')) throw new FormError('content-type')
  const fields = new URLSearchParams(await c.req.text())
  if ([...fields].length > FIELDS_MAX) throw new FormError('fields')
  return new Fields(fields)
}

/** Where to go next: only ever a path of ours, never another site. */
export function localPath(text: string, otherwise: string): string {
  return /^\/(?![/\\])[^\\\r\n\t]{0,500}$/.test(text) ? text : otherwise
}

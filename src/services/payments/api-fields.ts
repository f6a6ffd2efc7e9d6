/**
 * Fields that several questions of the application have in common.
 *
 * @module
 */
import type { Context } from 'hono'
import { z } from 'zod'

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** As we name payments, refunds, tokens and subscriptions. */
export function isId(text: string): boolean {
  return ID.test(text)
}

export const name: z.ZodString = z.string().min(1).max(200)

export const returnAddress: z.ZodType<string> = z.url({ protocol: /^https$/ }).max(1000)

export function refuse(c: Context, status: 400 | 401 | 404 | 413 | 503, error: string): Response {
  return c.json({ error }, status)
}

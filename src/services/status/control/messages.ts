/**
 * What our own commands may ask of the status service, and the shapes of it.
 *
 * @module
 */
import { z } from 'zod'
import { languages } from '#lib/claims/claim.ts'
import type { Text } from '../incidents/incident.ts'
import { updateKinds } from '../incidents/incident.ts'
import type { BreachDetail } from '../breach/register.ts'

const TEXT_MAX = 2000
const line = z.string().trim().min(1).max(TEXT_MAX)
const text: z.ZodType<Text> = z
  .partialRecord(z.enum(languages), line)
  .refine((given) => Object.keys(given).length > 0, 'a text in at least one language')
const ms = z.int().min(0).max(8.64e15)
const name = z.string().regex(/^[\p{L}\p{N}._-]{1,64}$/u, 'letters, digits, dots and hyphens')
const count = z.int().min(0).max(1e12)

const detail = {
  detectedMs: ms,
  awareMs: ms,
  tenants: z.array(name).max(10_000),
  categories: z.array(z.string().min(1).max(100)).max(100),
  persons: count.optional(),
  records: count.optional(),
  nature: z.string().max(TEXT_MAX),
  consequences: z.string().max(TEXT_MAX),
  measures: z.string().max(TEXT_MAX),
  exposure: z
    .strictObject({
      account: z.string().max(63),
      address: z.string().max(100),
      fromMs: ms,
      toMs: ms,
      statements: count,
      unclear: count,
      closedMs: ms.optional(),
      tenants: z
        .array(
          z.strictObject({
            tenant: name,
            name: z.string().max(200),
            language: z.enum(languages),
            mail: z.string().max(320),
            persons: count,
            records: count,
            categories: z.array(z.string().max(100)).max(100),
            columns: z.array(z.string().max(130)).max(1000),
          }),
        )
        .max(10_000),
    })
    .optional(),
}

export type BreachInput = Omit<BreachDetail, 'role' | 'customerHours'>

export type ControlRequest =
  | {
      readonly ask: 'incident-open'
      readonly title: Text
      readonly text: Text
      readonly components: readonly string[]
    }
  | {
      readonly ask: 'incident-update'
      readonly id: number
      readonly kind: (typeof updateKinds)[number]
      readonly text: Text
    }
  | {
      readonly ask: 'maintenance'
      readonly title: Text
      readonly fromMs: number
      readonly untilMs: number
    }
  | { readonly ask: 'breach-record'; readonly detail: BreachInput }
  | {
      readonly ask: 'breach-correct'
      readonly id: string
      readonly change: Partial<BreachInput>
    }
  | {
      readonly ask: 'breach-notified'
      readonly id: string
      readonly recipient: string
      readonly how: string
    }
  | { readonly ask: 'breach-close'; readonly id: string; readonly reason: string }
  | { readonly ask: 'breaches' }
  | {
      readonly ask: 'notice'
      readonly id: string
      readonly recipient: string
      /** Without it, the recipient's own. */
      readonly language?: (typeof languages)[number] | undefined
    }

export const controlRequest: z.ZodType<ControlRequest> = z.discriminatedUnion('ask', [
  z.strictObject({
    ask: z.literal('incident-open'),
    title: text,
    text,
    components: z.array(z.string().max(64)).max(50),
  }),
  z.strictObject({
    ask: z.literal('incident-update'),
    id: z.int().min(1),
    kind: z.enum(updateKinds),
    text,
  }),
  z.strictObject({ ask: z.literal('maintenance'), title: text, fromMs: ms, untilMs: ms }),
  z.strictObject({ ask: z.literal('breach-record'), detail: z.strictObject(detail) }),
  z.strictObject({
    ask: z.literal('breach-correct'),
    id: name,
    change: z.strictObject(detail).partial(),
  }),
  z.strictObject({
    ask: z.literal('breach-notified'),
    id: name,
    recipient: z.string().max(100),
    how: line,
  }),
  z.strictObject({ ask: z.literal('breach-close'), id: name, reason: line }),
  z.strictObject({ ask: z.literal('breaches') }),
  z.strictObject({
    ask: z.literal('notice'),
    id: name,
    recipient: z.string().max(100),
    language: z.enum(languages).optional(),
  }),
]) as z.ZodType<ControlRequest>

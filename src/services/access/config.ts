/**
 * The access section of veilig.yaml: how long a person may be let into the database.
 *
 * @module
 */
import { z } from 'zod'

/**
 * Which columns staff do not see as they are, by patterns (POSIX, in any letter case) of
 * `schema.table.column`.
 */
export type MaskingConfig = {
  /** Nothing of it: `null` in its place, and no right to write it. */
  readonly hidden: readonly string[]
  /** The first letter of a text, the year of a date, nothing of anything else. */
  readonly partial: readonly string[]
}

export type AccessConfig = {
  readonly masking: MaskingConfig
  /** The longest a grant may last, minutes. */
  readonly minutesMax: number
  /** Connections of one grant at once. */
  readonly connectionsMax: number
  /** Whether the person who asks may approve it too; a company of one has nobody else. */
  readonly selfApproval: boolean
  /** Whether an owner's link from a mail approves a request to read, without signing in. */
  readonly approveByLink: boolean
  /** Where the team is told of a request: a JSON object with `text` is posted there. */
  readonly webhookUrl?: string | undefined
  /** The team's program there signs with it, and may then approve a request to read. */
  readonly webhookSecret?: string | undefined
  /** Age at which the ring renews a credential of its own by itself, days. */
  readonly rotateDays: number
  /** How long a rotation waits for the application to leave its old role, seconds. */
  readonly drainSeconds: number
}

const pattern = z.string().min(1).max(500)
const SECRET =
  '[.][^.]*(passw|secret|token|hash|salt|totp|otp_|private_?key|api_?key|recovery|credential)[^.]*$'
const PERSONAL =
  '[.]([^.]*_)?(e_?mail|mail_?address|phone|mobile|gsm|birth_?(day|date)|date_of_birth|' +
  'born(_on)?|street|postal_?code|post_?code|zip|iban|bic|passport|national_?(id|number)|ssn|' +
  'tax_?id)(_[^.]*)?$'
const masking: z.ZodType<MaskingConfig> = z
  .strictObject({
    hidden: z.array(pattern).max(100).default([SECRET]),
    partial: z.array(pattern).max(100).default([PERSONAL]),
  })
  .prefault({})

export const accessConfig: z.ZodType<AccessConfig> = z
  .strictObject({
    masking,
    minutesMax: z.int().min(1).max(60).default(60),
    connectionsMax: z.int().min(1).max(20).default(4),
    selfApproval: z.boolean().default(false),
    approveByLink: z.boolean().default(false),
    webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
    webhookSecret: z.string().min(24).max(200).optional(),
    rotateDays: z.int().min(1).max(60).default(30),
    drainSeconds: z.int().min(1).max(3600).default(60),
  })
  .readonly()

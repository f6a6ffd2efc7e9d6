/**
 * The access section of veilig.yaml: how long a person may be let into the database.
 *
 * @module
 */
import { z } from 'zod'

export type AccessConfig = {
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
  /** Age at which the ring renews a credential of its own by itself, days. */
  readonly rotateDays: number
  /** How long a rotation waits for the application to leave its old role, seconds. */
  readonly drainSeconds: number
}

export const accessConfig: z.ZodType<AccessConfig> = z
  .strictObject({
    minutesMax: z.int().min(1).max(60).default(60),
    connectionsMax: z.int().min(1).max(20).default(4),
    selfApproval: z.boolean().default(false),
    approveByLink: z.boolean().default(false),
    webhookUrl: z.url({ protocol: /^https?$/ }).optional(),
    rotateDays: z.int().min(1).max(60).default(30),
    drainSeconds: z.int().min(1).max(3600).default(60),
  })
  .readonly()

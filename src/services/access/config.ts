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
  /** How long a rotation waits for the application to leave its old role, seconds. */
  readonly drainSeconds: number
}

export const accessConfig: z.ZodType<AccessConfig> = z
  .strictObject({
    minutesMax: z.int().min(1).max(60).default(60),
    connectionsMax: z.int().min(1).max(20).default(4),
    selfApproval: z.boolean().default(false),
    drainSeconds: z.int().min(1).max(3600).default(60),
  })
  .readonly()

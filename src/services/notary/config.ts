/**
 * The notary's section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'

export type NotaryConfig = {
  /** Name of the log, for ever: a host name and a path, without scheme. Change it and it is new. */
  readonly origin: string
}

export const notaryConfig: z.ZodType<NotaryConfig> = z.strictObject({
  origin: z
    .string()
    .max(200)
    .regex(/^[a-z0-9.-]+(\/[a-z0-9._-]+)*$/, 'a host name and path, as in example.org/evidence')
    .default('trust.localhost/evidence'),
})

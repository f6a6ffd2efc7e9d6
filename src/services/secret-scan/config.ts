/**
 * The secrets section of veilig.yaml: which source is searched.
 *
 * @module
 */
import { z } from 'zod'

export type SecretsConfig = {
  /** Folders of source; in the demonstration the ring's own. */
  readonly repositories: readonly string[]
  /** File in each repository that lists accepted findings. */
  readonly baseline: string
  readonly fileBytesMax: number
}

export const secretsConfig: z.ZodType<SecretsConfig> = z
  .strictObject({
    repositories: z.array(z.string().min(1)).max(100).default([]),
    baseline: z.string().default('.veilig-secrets.json'),
    fileBytesMax: z.int().min(1024).max(16_777_216).default(524_288),
  })
  .readonly()

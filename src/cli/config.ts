/**
 * veilig.yaml: one file, checked against one schema, secrets only by reference.
 *
 * Each service owns the schema of its section, in its `config.ts`; this file puts them together.
 *
 * @module
 */
import { z } from 'zod'

/** The protected application, as far as the ring runs it. */
export type ApplicationConfig = {
  /** Program and arguments; without it the reservation service of the demonstration runs. */
  readonly command?: readonly string[] | undefined
  /** Added to its environment. */
  readonly env: Readonly<Record<string, string>>
}

/** The whole configuration, frozen. */
export type VeiligConfig = {
  readonly application: ApplicationConfig
}

const applicationConfig: z.ZodType<ApplicationConfig> = z.strictObject({
  command: z.array(z.string().min(1)).min(1).max(100).optional(),
  env: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/), z.string()).default({}),
})

/** With no file every default holds: the demonstration. */
export const veiligConfig: z.ZodType<VeiligConfig> = z.strictObject({
  application: applicationConfig.prefault({}),
})

/**
 * veilig.yaml: one file, checked against one schema, secrets only by reference.
 *
 * Each service owns the schema of its section, in its `config.ts`; this file puts them together.
 *
 * @module
 */
import { z } from 'zod'

/** The whole configuration, frozen. */
export type VeiligConfig = Readonly<Record<string, never>>

/** With no file every default holds: the demonstration. */
export const veiligConfig: z.ZodType<VeiligConfig> = z.strictObject({})

/**
 * The `witness` section of veilig.yaml.
 *
 * @module
 */
import { z } from 'zod'

export type WitnessConfig = {
  /** Its name in every signature, for ever: a host name and a path, without scheme. */
  readonly name: string
  /** Address to listen on. HTTPS, where wanted, is a proxy's: every answer is signed by itself. */
  readonly listen: string
  /** 0 for any that is free. */
  readonly port: number
  /**
   * Verifier keys of the logs it watches. A key named `a/audit` may sign for the log `a/audit` and
   * for every log whose name begins with `a/audit/`.
   */
  readonly logs: readonly string[]
  /** Logs remembered, all keys together; further ones are refused. */
  readonly logsMax: number
}

export const witnessConfig: z.ZodType<WitnessConfig> = z.strictObject({
  name: z
    .string()
    .max(200)
    .regex(/^[a-z0-9.-]+(\/[a-z0-9._-]+)*$/, 'a host name and path, as in example.org/witness')
    .default('localhost/witness'),
  listen: z.union([z.ipv4(), z.ipv6()]).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(7_443),
  logs: z.array(z.string().min(1).max(1_000)).max(1_000).default([]),
  logsMax: z.int().min(1).max(100_000).default(10_000),
})

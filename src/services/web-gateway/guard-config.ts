/**
 * The `webGateway.loginGuard` section of veilig.yaml: where people sign in, and how one sees that
 * they succeeded.
 *
 * @module
 */
import { z } from 'zod'

/** How an answer to a login looks when the password was right. All that is given must hold. */
export type LoginSuccess = {
  readonly status: readonly number[]
  /** A cookie that only a successful login sets. */
  readonly setsCookie?: string | undefined
  /** A pattern of the Location field. */
  readonly location?: string | undefined
}

export type GuardedRoute = {
  /** `/login` or `/:club/login`; `:name` stands for one piece of the path. */
  readonly path: string
  /** The field of the form, or key of the JSON object, that names the account. */
  readonly accountField: string
  /** Whether the same name under another path is another account. */
  readonly accountsPer: 'route' | 'path'
  readonly success: LoginSuccess
}

const success: z.ZodType<LoginSuccess> = z.strictObject({
  status: z.array(z.int().min(200).max(399)).min(1).max(10).default([200, 201, 204, 302, 303]),
  setsCookie: z.string().min(1).max(256).optional(),
  location: z.string().max(256).refine(isPattern, 'must be a regular expression').optional(),
})

/** One guarded route. */
export const guardedRoute: z.ZodType<GuardedRoute> = z.strictObject({
  path: z.string().regex(/^\/[\w:/.-]{0,254}$/, 'a path such as /login or /:club/login'),
  accountField: z.string().min(1).max(64).default('email'),
  accountsPer: z.enum(['route', 'path']).default('route'),
  success: success.refine(
    (given) => given.setsCookie !== undefined || given.location !== undefined,
    {
      message: 'needs setsCookie or location: a status alone does not tell right from wrong',
    },
  ),
})

function isPattern(text: string): boolean {
  try {
    return new RegExp(text, 'u') instanceof RegExp
  } catch {
    return false
  }
}

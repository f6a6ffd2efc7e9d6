/**
 * What an outside service's own API proves of the company's account there: whether a second factor
 * is demanded of everybody, and when the token that asks was made. The rest stays people's word.
 *
 * Sources: GitHub REST, "Get an organization" (`two_factor_requirement_enabled`, for owners) and
 * "List organization members" (`filter=2fa_disabled`); GitLab REST, "Get a group"
 * (`require_two_factor_authentication`) and "Personal access tokens" (`/self`).
 *
 * @module
 */
import { z } from 'zod'
import type { CallHttp, HttpAnswer } from '#system/http-call.ts'
import type { OutsideAccount } from './config.ts'

export type Proof = {
  /** As the register calls the service. */
  readonly service: string
  /** Undefined when the API does not say, or not to this token. */
  readonly secondFactor?: 'yes' | 'no' | undefined
  /** When the token that asked was made; the password of a person is not seen. */
  readonly credentialMs?: number | undefined
  /** Why nothing, or not all, was proven; no word of the answer's own. */
  readonly problem?: string | undefined
}

const USER_AGENT = 'veilig-prober'

const organisation: z.ZodType<{ two_factor_requirement_enabled?: boolean | null | undefined }> =
  z.object({ two_factor_requirement_enabled: z.boolean().nullish() })
const group: z.ZodType<{ require_two_factor_authentication?: boolean | undefined }> = z.object({
  require_two_factor_authentication: z.boolean().optional(),
})
const token: z.ZodType<{ created_at: string }> = z.object({ created_at: z.iso.datetime() })

/** Asks one service. Never rejects: what did not work is in `problem`. */
export async function proveOutside(account: OutsideAccount, call: CallHttp): Promise<Proof> {
  const { service } = account
  try {
    const found =
      account.kind === 'github' ? await ofGithub(account, call) : await ofGitlab(account, call)
    if (found.secondFactor !== undefined) return { service, ...found }
    return { service, ...found, problem: 'the token may not see the rule of the second factor' }
  } catch (error) {
    if (error instanceof Refused) return { service, problem: error.message }
    const { code = 'UNKNOWN' } = error as { code?: string }
    return { service, problem: `it did not answer (${code})` }
  }
}

type Found = Omit<Proof, 'service' | 'problem'>

async function ofGithub(
  { api, group: name, token: secret }: OutsideAccount,
  call: CallHttp,
): Promise<Found> {
  const place = api ?? 'https://api.github.com'
  const ask = asker(call, {
    authorization: `Bearer ${secret}`,
    accept: 'application/vnd.github+json',
  })
  const rule = organisation.parse(await ask(`${place}/orgs/${encodeURIComponent(name)}`))
  const demanded = rule.two_factor_requirement_enabled
  if (typeof demanded !== 'boolean') return {}
  return { secondFactor: demanded ? 'yes' : 'no' }
}

async function ofGitlab(
  { api, group: name, token: secret }: OutsideAccount,
  call: CallHttp,
): Promise<Found> {
  const place = api ?? 'https://gitlab.com/api/v4'
  const ask = asker(call, { 'private-token': secret })
  const rule = group.parse(await ask(`${place}/groups/${encodeURIComponent(name)}`))
  const demanded = rule.require_two_factor_authentication
  const made = token.safeParse(await ask(`${place}/personal_access_tokens/self`).catch(() => ({})))
  return {
    ...(demanded === undefined ? {} : { secondFactor: demanded ? 'yes' : 'no' }),
    ...(made.success ? { credentialMs: Date.parse(made.data.created_at) } : {}),
  }
}

class Refused extends Error {}

function asker(call: CallHttp, headers: Record<string, string>): (url: string) => Promise<unknown> {
  return async (url) => {
    const answer: HttpAnswer = await call({
      method: 'GET',
      url,
      headers: { ...headers, 'user-agent': USER_AGENT },
    })
    if (answer.status === 401) throw new Refused('it does not know the token')
    if (answer.status !== 200) throw new Refused(`it answered ${answer.status}`)
    return JSON.parse(answer.text) as unknown
  }
}

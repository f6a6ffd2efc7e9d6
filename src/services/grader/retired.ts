/**
 * Header fields that browsers have given up: no grader takes points for them any more, but one of
 * them does harm, and each stands for something that protects today.
 *
 * Source: MDN browser-compat-data; OWASP HTTP Headers Cheat Sheet; RFC 7469 as dropped by browsers.
 *
 * @module
 */
import type { Fields } from './visit.ts'

export type RetiredField = { readonly name: string; readonly says: string; readonly mend: string }

const retired: readonly (RetiredField & { readonly harmless?: RegExp })[] = [
  {
    name: 'X-XSS-Protection',
    harmless: /^\s*0\s*$/,
    says: 'No browser has the filter any more, and in old ones it opened holes of its own.',
    mend: 'Send X-XSS-Protection: 0, and a Content-Security-Policy.',
  },
  {
    name: 'Expect-CT',
    says: 'Browsers demand proofs of transparency by themselves since 2021.',
    mend: 'Leave it out, and watch the public logs for certificates that are not yours.',
  },
  {
    name: 'Public-Key-Pins',
    says: 'Browsers have dropped it: a lost key locked visitors out for months.',
    mend: 'Leave it out, and watch the public logs for certificates that are not yours.',
  },
  {
    name: 'Feature-Policy',
    says: 'It has a successor, and new browsers look at that alone.',
    mend: 'Send Permissions-Policy: camera=(), microphone=(), geolocation=().',
  },
]

/** Those that a page sends, but not where the value switches the field off. */
export function retiredFieldsOf(fields: Fields): readonly RetiredField[] {
  return retired.filter(({ name, harmless }) => {
    const value = fields[name.toLowerCase()]
    return value !== undefined && !harmless?.test(value)
  })
}

/**
 * `veilig cookies`: which cookies an application sets, which of them its scripts read, and what
 * would make each safer.
 *
 * @module
 */
import { UsageError } from '#lib/errors.ts'
import { isSessionName } from '#services/web-gateway/cookies.ts'
import type { SiteKnowledge } from '#services/web-gateway/csp/knowledge.ts'
import type { Command } from '../command.ts'
import { readKnowledge } from '../csp-files.ts'
import { say } from './staff.ts'

export type CookieAdvice = {
  readonly name: string
  readonly seen: number
  /** As the application sends them, without name and value. */
  readonly attributes: string
  /** How it is known; undefined when nothing says that a script reads it. */
  readonly readByScripts: string | undefined
  readonly advice: readonly string[]
}

export const cookiesCommand: Command = {
  name: 'cookies',
  summary: 'cookies of an application: which its scripts read, and what would make each safer',
  usage: '[SITE] [--json]',
  options: {},
  run: async (context, input) => {
    const all = await readKnowledge(context.paths)
    const [given] = input.positionals
    const site = given ?? [...all.keys()][0]
    const knowledge = site === undefined ? undefined : all.get(site)
    if (!knowledge) {
      const known = [...all.keys()].join(', ') || 'none yet; open it through the gateway first'
      throw new UsageError('CSP_SITE_UNKNOWN', `name one of: ${known}`)
    }
    const list = cookieAdvice(knowledge)
    say(input, list, () => list.map(words).join('\n') || 'No cookie has been set yet.')
    return 0
  },
}

/** Works out the advice, in the order of names. */
export function cookieAdvice({ cookies, readCookies }: SiteKnowledge): readonly CookieAdvice[] {
  return Object.keys(cookies)
    .sort()
    .map((name) => {
      const seen = cookies[name]
      const attributes = seen?.sample ?? ''
      const readByScripts = readCookies[name]?.sample
      const advice = [...adviceOn(name, attributes, readByScripts)]
      return { name, seen: seen?.count ?? 0, attributes, readByScripts, advice }
    })
}

function* adviceOn(
  name: string,
  attributes: string,
  readByScripts: string | undefined,
): Generator<string> {
  const isSession = isSessionName(name)
  const isWhole = /(?:^|; )Path=\/(?:;|$)/.test(attributes) && !attributes.includes('Domain=')
  if (isSession && isWhole && !/^__(?:host|secure)-/i.test(name)) {
    yield `Name it __Host-${name}: no neighbouring host, and nothing without TLS, can then set it.`
  }
  if (isSession && attributes.includes('Domain=')) {
    yield 'Leave Domain out: every host below it gets the session, too.'
  }
  if (readByScripts !== undefined && isSession) {
    yield 'A script reads a session. Give the script a value of its own, which is worth nothing.'
  } else if (readByScripts !== undefined) {
    yield `Add it to webGateway.cookies.readByScripts, or scripts do not get it.`
  }
}

function words({ name, seen, attributes, readByScripts, advice }: CookieAdvice): string {
  const read = readByScripts === undefined ? '' : `; read by scripts (${readByScripts})`
  const head = `${name}: ${attributes || 'no attributes'}, seen ${seen} times${read}`
  return [head, ...advice.map((each) => `  • ${each}`)].join('\n')
}

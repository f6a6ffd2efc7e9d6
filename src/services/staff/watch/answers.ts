/**
 * What the console answers when there is nothing to show: not here, or not now.
 *
 * @module
 */
import { h } from 'preact'
import { VeiligError } from '#lib/errors.ts'
import type { Answer } from '../guard.ts'
import { page } from '../page.ts'
import { RefusedPage } from '../pages.tsx'

/** A service that is away makes a page that says so, not an error of ours. */
export async function whenAnswered(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof VeiligError)) throw error
    const node = h(RefusedPage, { title: 'Not to be seen now', text: wordsOf(error) })
    return { ...page(node), status: 503 }
  }
}

export function missing(words: string): Answer {
  return { ...page(h(RefusedPage, { title: 'Not here', text: words })), status: 404 }
}

/** What a person may read of an error: its sentence without the code. */
export function wordsOf(error: unknown): string {
  if (error instanceof VeiligError && 'publicMessage' in error) return String(error.publicMessage)
  if (error instanceof VeiligError) return error.message.replace(`${error.code}: `, '')
  return 'The search was given up.'
}

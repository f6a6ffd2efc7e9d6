/**
 * A page as an answer, and who looks at it.
 *
 * @module
 */
import assert from 'node:assert/strict'
import type { VNode } from 'preact'
import { render } from 'preact-render-to-string'
import type { Answer, Visit } from './guard.ts'
import type { Account, Session } from './store.ts'

/** @param problem What was refused; the page says it, and the answer is a 422. */
export function page<P>(node: VNode<P>, problem?: string): Answer {
  const html = `<!doctype html>${render(node)}`
  return problem === undefined ? { html } : { html, status: 422 }
}

/** The guard gives a session wherever the table asks for a stage. */
export function sessionOf({ session }: Visit): Session {
  assert(session, 'the address asks for a session')
  return session
}

export function insideOf(visit: Visit): {
  account: { name: string; role: Account['role'] }
  csrf: string
} {
  const { name, role } = sessionOf(visit).account
  return { account: { name, role }, csrf: visit.csrf }
}

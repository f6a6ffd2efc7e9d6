/**
 * A page as an answer.
 *
 * @module
 */
import type { VNode } from 'preact'
import { render } from 'preact-render-to-string'
import type { Answer } from './guard.ts'

/** @param problem What was refused; the page says it, and the answer is a 422. */
export function page<P>(node: VNode<P>, problem?: string): Answer {
  const html = `<!doctype html>${render(node)}`
  return problem === undefined ? { html } : { html, status: 422 }
}

/**
 * What may stand between a visitor and the application within one exchange, whatever protocol the
 * visitor speaks: something that holds a request until it is whole, and something that changes an
 * answer while it streams.
 *
 * @module
 */
import type { ResponseHead } from '#protocol/http/head.ts'
import type { GuardRefusal } from './guard.ts'

/** The application may see it (undefined), must not, or need not: it is answered already. */
export type Verdict = GuardRefusal | 'done' | undefined

/** A request of which nothing is sent before it is whole and decided on. */
export interface HeldRequest {
  /** @returns A refusal when there is too much of it. */
  take(content: Buffer): GuardRefusal | undefined
  /** The whole body is there. */
  decide(): Verdict | Promise<Verdict>
  /** The application has answered. @returns The answer to give in its place. */
  answered(head: ResponseHead): ResponseHead
  /** No answer will come. @param evaluated Whether the application may have seen the request. */
  over(evaluated: boolean): void
}

/** Changes one answer. Called in this order. */
export interface AnswerFilter {
  head(head: ResponseHead): ResponseHead
  /** @returns What of it may leave now; possibly nothing. */
  content(content: Buffer): Buffer
  /** @returns What was held back. */
  end(): Buffer | undefined
}

/**
 * Small things that the pages of the watch share.
 *
 * @module
 */
import type { ComponentChildren, VNode } from 'preact'
import { Problem, Shell, type Frame } from '../shell.tsx'
import type { Role } from '../policy.ts'

export type Inside = {
  readonly account: { readonly name: string; readonly role: Role }
  readonly csrf: string
  readonly problem?: string | undefined
}

/** A page whose content follows the ring: the island fetches it anew when something happened. */
export function LivePage(
  props: Inside & {
    readonly title: string
    readonly here: NonNullable<Frame['here']>
    readonly children: ComponentChildren
  },
): VNode {
  const { title, here, account, csrf, problem, children } = props
  return (
    <Shell title={title} here={here} account={account} csrf={csrf}>
      <Problem text={problem} />
      <div data-live>{children}</div>
    </Shell>
  )
}

/** `2026-11-23 14:05:09`, UTC, with the machine's form beside it. */
export function Time({ ms }: { readonly ms: number }): VNode {
  const iso = new Date(ms).toISOString()
  return (
    <time class="time" dateTime={iso}>
      {iso.slice(0, 19).replace('T', ' ')}
    </time>
  )
}

/** A word on a tint; the word tells it, the colour only helps. */
export function Badge({ tint, children }: { tint: string; children: ComponentChildren }): VNode {
  return <span class={`badge tint ${tint}`}>{children}</span>
}

export function Hidden({ csrf, ...rest }: Readonly<Record<string, string>>): VNode {
  return (
    <>
      <input type="hidden" name="csrf" value={csrf} />
      {Object.entries(rest).map(([name, value]) => (
        <input type="hidden" name={name} value={value} />
      ))}
    </>
  )
}

const tints: Readonly<Record<string, string>> = {
  critical: 'failing',
  high: 'failing',
  medium: 'stale',
  low: 'unproven',
  up: 'proven',
  down: 'failing',
  unknown: 'unproven',
}

export function tintOf(word: string): string {
  return tints[word] ?? 'unproven'
}

/**
 * The signs of the page: each state has a shape of its own, not only a colour.
 *
 * @module
 */
import type { VNode } from 'preact'

const shapes = {
  up: 'M3 8.5l3.2 3.2L13 4.8',
  down: 'M4 4l8 8M12 4l-8 8',
  unknown: 'M6 6.2a2.1 2.1 0 1 1 2.8 2c-.6.3-.8.7-.8 1.4M8 12.3v.1',
  incident: 'M8 2.8v6M8 12.4v.6',
  planned: 'M8 3.5V8l3 2M8 1.8a6.2 6.2 0 1 0 .01 0',
  chevron: 'M3 6l5 5 5-5',
} as const

/** Decorative: the word always stands beside it. */
export function Icon({ name }: { readonly name: keyof typeof shapes }): VNode {
  return (
    <svg
      class={name === 'chevron' ? 'chevron' : undefined}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
    >
      <path
        d={shapes[name]}
        fill="none"
        stroke="currentColor"
        stroke-width={name === 'chevron' ? 1.5 : 2}
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}

/** The mark of the ring: a shield with a ring in it. */
export function Shield(): VNode {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path
        d="M12 2l8 3v6c0 5.2-3.4 9.3-8 11-4.6-1.7-8-5.8-8-11V5z"
        fill="none"
        stroke="currentColor"
        stroke-width="2"
        stroke-linejoin="round"
      />
      <circle cx="12" cy="11.5" r="3.4" fill="none" stroke="currentColor" stroke-width="2" />
    </svg>
  )
}

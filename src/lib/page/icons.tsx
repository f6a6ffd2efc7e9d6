/**
 * The signs of the public pages: each state has a shape of its own, not only a colour.
 *
 * @module
 */
import type { VNode } from 'preact'

/** Strokes in a box of 16. */
const shapes = {
  check: 'M3 8.5l3.2 3.2L13 4.8',
  cross: 'M4 4l8 8M12 4l-8 8',
  clock: 'M8 3.5V8l3 2M8 1.8a6.2 6.2 0 1 0 .01 0',
  ring: 'M8 2.6a5.4 5.4 0 1 0 .01 0',
  bang: 'M8 2.8v6M8 12.4v.6',
  question: 'M6 6.2a2.1 2.1 0 1 1 2.8 2c-.6.3-.8.7-.8 1.4M8 12.3v.1',
  chevron: 'M3 6l5 5 5-5',
} as const

export type Shape = keyof typeof shapes

/** Decorative: the word always stands beside it. */
export function Icon({ shape }: { readonly shape: Shape }): VNode {
  const className = shape === 'chevron' ? 'chevron' : undefined
  return (
    <svg class={className} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path
        d={shapes[shape]}
        fill="none"
        stroke="currentColor"
        stroke-width={shape === 'chevron' ? 1.5 : 2}
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

/** The mark as a picture of its own, for the tab of a browser. */
export const markSvg: string =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#1c6b45" d="M12 1l9 ' +
  '3.4V11c0 5.6-3.8 10.1-9 12-5.2-1.9-9-6.4-9-12V4.4z"/><circle cx="12" cy="11.5" r="3.6" ' +
  'fill="none" stroke="#fff" stroke-width="2.2"/></svg>'

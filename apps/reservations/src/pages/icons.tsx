/**
 * Icons, drawn by us: 24 × 24, one stroke, the colour of the text beside them. All are decoration;
 * the words stand beside them, or are read to those who do not see.
 *
 * @module
 */
import type { VNode } from 'preact'

const paths = {
  ball: 'M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M5.6 5.6a9 9 0 0 1 0 12.8M18.4 5.6a9 9 0 0 0 0 12.8',
  calendar: 'M5 5h14v15H5zM5 10h14M9 3v4M15 3v4',
  link: 'M10 14a4 4 0 0 0 6 .4l3-3a4 4 0 0 0-5.6-5.6l-1 1M14 10a4 4 0 0 0-6-.4l-3 3a4 4 0 0 0 5.6 5.6l1-1',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  left: 'M14.5 6l-6 6l6 6',
  right: 'M9.5 6l6 6l-6 6',
  lock: 'M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3',
  people:
    'M9 11a3.2 3.2 0 1 0 0-6.4a3.2 3.2 0 0 0 0 6.4M3 20a6 6 0 0 1 12 0M16 5a3.2 3.2 0 0 1 0 6M17.5 14.5A6 6 0 0 1 21 20',
  person: 'M12 12a4 4 0 1 0 0-8a4 4 0 0 0 0 8M4.5 20.5a7.5 7.5 0 0 1 15 0',
  plus: 'M12 6v12M6 12h12',
  print: 'M7 9V4h10v5M7 17H4V9h16v8h-3M7 14h10v6H7z',
  cap: 'M12 5L2.5 9.5L12 14l9.5-4.5zM6.5 11.5V16c0 1.5 11 1.5 11 0v-4.5',
  cup: 'M8 4h8v6a4 4 0 0 1-8 0zM8 5H4.5c0 4 1.5 5 3.5 5M16 5h3.5c0 4-1.5 5-3.5 5M12 14v4M8.5 20h7',
  roof: 'M3.5 12L12 5l8.5 7M6 10.5V19h12v-8.5',
  sun: 'M12 16a4 4 0 1 0 0-8a4 4 0 0 0 0 8M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6L7 7M17 17l1.4 1.4M5.6 18.4L7 17M17 7l1.4-1.4',
  tools:
    'M4 7h9M17 7h3M4 17h3M11 17h9M15 9.5a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5M9 19.5a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5',
  ticket: 'M4 7h16v3.5a1.5 1.5 0 0 0 0 3V17H4v-3.5a1.5 1.5 0 0 0 0-3zM14 7v2M14 11v2M14 15v2',
  bell: 'M6 17h12c-1.5-2-1.5-3-1.5-6a4.5 4.5 0 0 0-9 0c0 3 0 4-1.5 6M10.5 20h3',
  clock: 'M12 3.5a8.5 8.5 0 1 0 0 17a8.5 8.5 0 0 0 0-17M12 7.5V12l3 2',
  alert: 'M12 4L2.5 20h19zM12 10v4.5M12 17v.5',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { name: IconName }): VNode {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}

/**
 * The accounts of the demonstration. They exist only where the demonstration was seeded.
 *
 * @module
 */

export const DEMO_PASSWORD = 'tie-break-7-6'

export type DemoAccounts = {
  readonly member: string
  readonly secretary: string
  /** Nobody's own: for checks from outside, which also try wrong passwords. */
  readonly checked: string
}

/** By the club's name in addresses. */
export const demoAccounts: Readonly<Record<string, DemoAccounts>> = {
  zuiderpark: {
    member: 'lotte@zuiderpark.example',
    secretary: 'secretariaat@zuiderpark.example',
    checked: 'jonas@zuiderpark.example',
  },
  roseraie: {
    member: 'camille@roseraie.example',
    secretary: 'secretariat@roseraie.example',
    checked: 'julien@roseraie.example',
  },
}

/**
 * Names that the status service shares with those who ask it, without what it is made of.
 *
 * @module
 */

/** Socket on which our own commands find the status service. */
export const STATUS_CONTROL = 'status-control'

/** Socket, and component, that the prober shuts and opens to see whether the page shows it. */
export const REHEARSAL = 'rehearsal'

/** Where the status page is seen: begin of every link to it. */
export function statusOrigin(
  { publicOrigin }: { readonly publicOrigin?: string | undefined },
  httpsPort: number,
): string {
  return publicOrigin ?? `https://status.localhost:${httpsPort}`
}

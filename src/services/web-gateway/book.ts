/**
 * One record that several gateways share, changed only by whoever read its newest version.
 *
 * @module
 */

export type Kept<Record> = { readonly version: number; readonly record: Record }

export interface Book<Record> {
  load(): Promise<Kept<Record> | undefined>
  /**
   * Stores the next version, whole or not at all, durably.
   *
   * @param version Of the record it was made from; 0 when there was none.
   * @returns False when somebody else stored one in between: then nothing changed.
   */
  store(record: Record, version: number): Promise<boolean>
}

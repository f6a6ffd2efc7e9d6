/**
 * Words of a stranger's report, fit to be kept and shown.
 *
 * @module
 */

/** Without control and format characters, and without space around. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').trim()
}

/**
 * Text inside HTML, SVG and XML: what it says stays text.
 *
 * @module
 */

/**
 * The text as content or quoted attribute of a document, by numeric references, which HTML and XML
 * read alike (HTML, "Escaping a string"; XML 1.0 §4.1).
 */
export function escapeMarkup(text: string): string {
  return text.replaceAll(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`)
}

/**
 * The sentence below every mail: how its reader stops it, or why nobody can.
 *
 * @module
 */
import type { TextPart } from '#protocol/mail/mime.ts'
import type { Category } from './config.ts'
import type { Words } from './words.ts'

/** An application that writes its own sentence puts this where the address belongs. */
const URL_MARK = '[[unsubscribe-url]]'

export type WayOut = {
  readonly category: Category
  /** Of this reader. */
  readonly unsubscribeUrl: string
}

/** The part with the way out: where the application put the mark, or below all it wrote. */
export function withFooter(part: TextPart, out: WayOut, text: Words): string {
  if (part.text.includes(URL_MARK)) return part.text.replaceAll(URL_MARK, out.unsubscribeUrl)
  const sentence = out.category === 'security' ? text.footerSecurity : text.footer
  if (part.type === 'text/plain') {
    const plain = part.charset === 'utf-8' ? sentence : withoutMarks(sentence)
    const body = part.text.replace(/(\r\n)*$/, '')
    return `${body}\r\n\r\n-- \r\n${plain}\r\n${out.unsubscribeUrl}\r\n`
  }
  const href = `href="${out.unsubscribeUrl}" style="color:inherit"`
  const link = `<a ${href}>${entities(text.footerLink)}</a>`
  const font = 'font:14px/1.5 system-ui,-apple-system,Segoe UI,Roboto,sans-serif'
  const style = `max-width:560px;margin:24px auto 0;${font};color:#5f6772`
  // By the class, a mail that knows the dark gives it another ink.
  const mark = `class="veilig-footer" style="${style}"`
  const footer = `<p ${mark}>${entities(sentence)}<br>${link}</p>\r\n`
  const end = part.text.search(/<\/body\s*>/i)
  return end < 0
    ? `${part.text}\r\n${footer}`
    : part.text.slice(0, end) + footer + part.text.slice(end)
}

/** HTML that says the same in any charset that contains ASCII. */
function entities(text: string): string {
  return text.replaceAll(/[&<>"\u0080-\uffff]/g, (char) => `&#${char.charCodeAt(0)};`)
}

function withoutMarks(text: string): string {
  return text.normalize('NFD').replaceAll(/[^\x20-\x7e]/g, '')
}

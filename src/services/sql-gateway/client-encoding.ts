/**
 * Whether a text means to us what it will mean to the server. No I/O.
 *
 * A client may speak in another encoding than UTF-8. In some of them (SJIS, BIG5, GBK, GB18030,
 * UHC, JOHAB) a character may end in the byte of a backslash or a letter, and in all of them a name
 * has other bytes, so that one and the same text is two statements. Where that could be, a text of
 * anything but ASCII cannot be judged.
 *
 * Source: PostgreSQL manual, 23.3 Character Set Support.
 *
 * @module
 */
import { isAscii, isUtf8 } from 'node:buffer'

/** With SQL_ASCII the server takes the bytes as they are. */
const OURS = /^(?:UTF8|SQL_ASCII)$/
/** What may change the encoding, or run what was prepared to; a setting of one's own does not. */
const MAY_CHANGE = new RegExp(
  String.raw`encoding|\bnames\b|\bu&|\breset\s+all\b|\bdiscard\b|\bexecute\b|` +
    String.raw`\bset_config\b(?!\s*\(\s*'[a-z_]+\.[a-z_.]+')|\bdo\b(?!\s+(?:nothing|update)\b)`,
  'i',
)

export class ClientEncoding {
  #isOurs: boolean
  /** Something that may change it runs: what the client says meanwhile may be read in either. */
  #isChanging = false

  /** @param name As the server reported `client_encoding` at login. */
  constructor(name: string) {
    this.#isOurs = OURS.test(name)
  }

  reported(name: string): void {
    this.#isOurs = OURS.test(name)
  }

  /** @param sql What begins to run; undefined for a text that is no longer known. */
  started(sql: string | undefined): void {
    this.#isChanging ||= sql === undefined || MAY_CHANGE.test(sql)
  }

  /** All that was asked is answered: the server has reported what it changed. */
  settled(): void {
    this.#isChanging = false
  }

  /** Whether the server will read these bytes as the text that they are in UTF-8. */
  isCertain(bytes: Uint8Array): boolean {
    return isAscii(bytes) || (this.#isOurs && !this.#isChanging && isUtf8(bytes))
  }
}

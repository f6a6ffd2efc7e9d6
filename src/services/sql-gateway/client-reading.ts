/**
 * Whether a text means to us what it will mean to the server. No I/O.
 *
 * A client may speak in another encoding than UTF-8. In some of them (SJIS, BIG5, GBK, GB18030,
 * UHC, JOHAB) a character may end in the byte of a backslash or a letter, and in all of them a name
 * has other bytes. And it may take a backslash in a plain string for the beginning of an escape.
 * One and the same text is then two statements: where that could be, it cannot be judged.
 *
 * Source: PostgreSQL manual, 23.3 Character Set Support, and 19.13, standard_conforming_strings.
 *
 * @module
 */
import { isAscii, isUtf8 } from 'node:buffer'

/** The settings that matter, and what each is when a text means what it means to us. */
const OURS: Readonly<Record<string, RegExp>> = {
  client_encoding: /^(?:UTF8|SQL_ASCII)$/, // with SQL_ASCII the server takes bytes as they are
  standard_conforming_strings: /^on$/,
}
/** What may change one, or run what was prepared to; a setting of one's own does not. */
const MAY_CHANGE = new RegExp(
  String.raw`encoding|conforming|\bnames\b|\bu&|\breset\s+all\b|\bdiscard\b|\bexecute\b|` +
    String.raw`\bset_config\b(?!\s*\(\s*'[a-z_]+\.[a-z_.]+')|\bdo\b(?!\s+(?:nothing|update)\b)`,
  'i',
)
/** A transaction that ends gives back what was set in it. */
const MAY_GIVE_BACK = /\b(?:commit|end|rollback|abort)\b/i
const BACKSLASH = 0x5c

export class ClientReading {
  readonly #strange = new Set<string>()
  #wasStrange = false
  /** Something that may change one runs: what is said meanwhile may be read in either way. */
  #isChanging = false

  /** A ParameterStatus of the server. */
  reported(name: string, value: string): void {
    const ours = Object.hasOwn(OURS, name) ? OURS[name] : undefined
    if (!ours) return
    if (ours.test(value)) this.#strange.delete(name)
    else this.#strange.add(name)
    this.#wasStrange ||= this.#strange.size > 0
  }

  /** @param sql What begins to run; undefined for a text that is no longer known. */
  started(sql: string | undefined): void {
    this.#isChanging ||=
      sql === undefined || MAY_CHANGE.test(sql) || (this.#wasStrange && MAY_GIVE_BACK.test(sql))
  }

  /** All that was asked is answered: the server has reported what it changed. */
  settled(): void {
    this.#isChanging = false
  }

  /** Whether the server will read these bytes as the text that they are in UTF-8. */
  isCertain(bytes: Uint8Array): boolean {
    if (bytes.includes(BACKSLASH) && this.#mayDiffer('standard_conforming_strings')) return false
    return isAscii(bytes) || (!this.#mayDiffer('client_encoding') && isUtf8(bytes))
  }

  #mayDiffer(setting: string): boolean {
    return this.#isChanging || this.#strange.has(setting)
  }
}

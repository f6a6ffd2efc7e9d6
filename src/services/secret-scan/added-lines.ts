/**
 * The lines that a history added, from the text of `git log --patch --unified=0`. Pure.
 *
 * @module
 */

export type Place = {
  readonly commit: string
  readonly path: string
  readonly line: number
}

/** Before each commit's id in the log's format; no line of a file begins with it in a patch. */
export const COMMIT_MARK = '\u0001commit '

/** Reads line by line; remembers where it is. */
export class AddedLines {
  commits = 0
  #commit = ''
  #path = ''
  #line = 0
  /** Lines of the hunk that are still to come: what they hold is never taken for a head. */
  #left = 0

  /** @returns Where the line was added, when it is one that was. */
  read(text: string): Place | undefined {
    if (this.#left > 0) {
      if (text.startsWith('-') || text.startsWith('\\')) return undefined
      if (text.startsWith('+')) {
        this.#left--
        return { commit: this.#commit, path: this.#path, line: this.#line++ }
      }
      this.#left = 0
    }
    if (text.startsWith(COMMIT_MARK)) {
      this.commits++
      this.#commit = text.slice(COMMIT_MARK.length)
      this.#path = ''
    } else if (text.startsWith('+++ ')) {
      this.#path = pathIn(text.slice(4))
    } else if (text.startsWith('@@ ')) {
      const [, line = '0', count = '1'] = /^@@ -\S+ \+(\d+)(?:,(\d+))? @@/.exec(text) ?? []
      this.#line = Number(line)
      this.#left = Number(count)
    }
    return undefined
  }
}

/** `b/src/a.ts`, or in quotes with octal bytes when the name is unusual. */
function pathIn(text: string): string {
  const plain = text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, '$1') : text
  return plain.replace(/^b\//, '').replace(/\t$/, '')
}

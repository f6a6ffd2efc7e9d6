/**
 * What a role usually says, and how far a statement is from it.
 *
 * A profile holds the shapes a role was heard to use, and a tree of their beginnings, word by
 * word. An injection cannot choose the beginning of the statement it is put into: it follows a
 * known statement up to the value, and leaves it there. Where it leaves, and how often others
 * passed that place without leaving, is what tells it from a statement that is merely new.
 *
 * @module
 */
import { SIGNS } from './signs.ts'
import type { Token } from './tokens.ts'

type Node = {
  count: number
  marks: number
  signs: number
  /** Shapes of the statements that came by here, as far as they are few. */
  readonly shapes: Set<string>
  /** Of a literal: one of its values, and whether there were others. */
  value: string | undefined
  varied: boolean
  readonly next: Map<string, Node>
}

/** What a statement bears: `marks.ts` and `signs.ts`. */
export type Borne = { readonly marks: number; readonly signs: number }

/** How a statement leaves what is known. */
export type Departure = {
  /** Whether all of it is known, to its end. */
  readonly whole: boolean
  /** A place an injection could begin at was passed or is here: a literal, or a name to sort by. */
  readonly atValue: boolean
  /** The words up to here. */
  readonly before: string
  /** The words after the last such place, known or not. */
  readonly sinceWords: string
  /** Of them, how many are known. */
  readonly sinceValue: number
  /** Whether that place is in a clause that takes values: WHERE, VALUES, SET, ORDER BY … */
  readonly inClause: boolean
  /** Whether that place is in the rows of an INSERT. */
  readonly inRow: boolean
  /** Whether a literal on the way, or here, was not always the same: it comes from outside. */
  readonly varied: boolean
  /** Statements that came by here. */
  readonly passed: number
  /** Shapes among them; as good as unlimited from 8 on. */
  readonly shapes: number
  /** Ways on from here that they took. */
  readonly ways: number
  /** Ways taken only once. */
  readonly once: number
  /** Marks that statements passing here bore by themselves. */
  readonly marks: number
  /** Signs of injection that they bore. */
  readonly signs: number
  /** The words from here on, constants by their kind. */
  readonly rest: string
  /** The word that the rest replaces or follows. */
  readonly replacesValue: boolean
}

const END = '\u0001end'
const COMMENT = '--'
/** Nodes of a role's tree; beyond it no new beginnings are remembered. */
const NODES_MAX = 500_000
const SHAPES_MAX = 100_000
const SHAPES_PER_NODE_MAX = 8
/** Of a literal, to see that it changes. */
const VALUE_CHARS_MAX = 64
const EXPLORING_SHAPES_MIN = 300
/** A sign is a habit when so many shapes bear it, and one in so many. */
const HABIT_SHAPES_MIN = 3
const HABIT_ONE_IN = 300

export class Profile {
  readonly #root: Node = emptyNode()
  /** How often each shape was heard. */
  readonly #shapes = new Map<string, number>()
  #once = 0
  #nodes = 1
  /** Shapes that bear each sign. */
  readonly #signs = new Uint32Array(SIGNS)

  get statements(): number {
    return this.#root.count
  }

  knows(shape: string): boolean {
    return this.#shapes.has(shape)
  }

  /**
   * Whether the role makes its statements up: of many shapes a third were heard only once. What is
   * new then says little (Good and Turing: that is the chance that the next is new, too).
   */
  get exploring(): boolean {
    return this.#shapes.size >= EXPLORING_SHAPES_MIN && this.#once * 10 >= this.#shapes.size * 3
  }

  /** Signs that the role's own statements bear again and again. */
  get habits(): number {
    const enough = Math.max(HABIT_SHAPES_MIN, this.#shapes.size / HABIT_ONE_IN)
    let bits = 0
    for (let at = 0; at < SIGNS; at++) if ((this.#signs[at] ?? 0) >= enough) bits |= 1 << at
    return bits
  }

  #count(shape: string, signs: number): void {
    const heard = this.#shapes.get(shape) ?? 0
    if (heard === 0 && this.#shapes.size >= SHAPES_MAX) return
    if (heard === 0) {
      this.#once++
      for (let at = 0; at < SIGNS; at++) if (signs & (1 << at)) this.#signs[at]!++
    }
    if (heard === 1) this.#once--
    this.#shapes.set(shape, heard + 1)
  }

  /** @param borne Undefined for a known shape: its kind was learned with the first. */
  learn(shape: string, tokens: readonly Token[], borne: Borne | undefined): void {
    this.#count(shape, borne?.signs ?? 0)
    let node = this.#root
    for (const { word, value } of pathOf(tokens)) {
      node.count++
      node.marks |= borne?.marks ?? 0
      node.signs |= borne?.signs ?? 0
      if (node.shapes.size < SHAPES_PER_NODE_MAX) node.shapes.add(shape)
      let next = node.next.get(word)
      if (!next) {
        if (this.#nodes >= NODES_MAX) return
        next = emptyNode()
        node.next.set(word, next)
        next.value = value
        this.#nodes++
      }
      if (next.value !== value) next.varied = true
      node = next
    }
    node.count++
  }

  /** How this statement leaves what is known. */
  departure(tokens: readonly Token[]): Departure {
    let node = this.#root
    const path = pathOf(tokens)
    let atValue = false
    const command = path[0]?.word ?? ''
    let clause = command
    let varied = false
    let sinceValue = 0
    let at = 0
    for (; at < path.length; at++) {
      const word = path[at]?.word ?? END
      const next = node.next.get(word) ?? otherValue(node, path[at]!, clause)
      if (!next) break
      if (CLAUSE.test(word)) clause = word
      if (next.varied) varied = true
      sinceValue = /^['0$]$/.test(word) ? 0 : sinceValue + 1
      // `SELECT 1` is no value of a visitor's: it stands in no clause, and is always the same.
      if ((word === "'" || word === '0') && (clause !== command || next.varied)) atValue = true
      node = next
    }
    const sorts = clause === 'by'
    const sortsHere = sorts && path[at - 1]?.word === 'by'
    const hasValue = node.next.has("'") || node.next.has('0')
    const replacesValue = hasValue && (clause !== command || variedIn(node))
    let once = 0
    for (const { count } of node.next.values()) if (count === 1) once++
    const shapes = node.shapes.size < SHAPES_PER_NODE_MAX ? node.shapes.size : Infinity
    const since = replacesValue || sortsHere ? 0 : sinceValue
    const words = path.slice(0, -1).map(({ word }) => word)
    return {
      whole: at === path.length,
      atValue: atValue || sorts || replacesValue,
      before: ` ${words.slice(0, at).join(' ')} `,
      sinceWords: words.slice(at - since).join(' '),
      sinceValue: since,
      inClause: clause !== command,
      inRow: clause === 'values',
      varied: varied || sortsHere || variedIn(node),
      passed: node.count,
      // Whatever is sorted by, it is a name: one way.
      shapes: sortsHere ? 1 : shapes,
      ways: sortsHere ? 1 : node.next.size,
      once: sortsHere ? 0 : once,
      marks: node.marks,
      signs: node.signs,
      rest: words.slice(at).join(' '),
      replacesValue: replacesValue || sortsHere,
    }
  }
}

/** Where values of a visitor's stand. */
const CLAUSE = /^(where|having|values|set|by|limit|offset|on)$/

/** A number may be written as a text, a text be a number, and a row have NULL as well. */
function otherValue(node: Node, { word, value }: Step, clause: string): Node | undefined {
  const { next } = node
  const inRow = clause === 'values' || clause === 'set'
  if (!(inRow ? /^(null|default|true|false|'|0|\$)$/ : /^['0$]$/).test(word)) return undefined
  if (inRow) return next.get("'") ?? next.get('0') ?? next.get('$') ?? next.get('null')
  if (word === "'" && !NUMERIC.test(value ?? '')) return next.get('$')
  return next.get("'") ?? next.get('0') ?? next.get('$')
}

const NUMERIC = /^'\s*[-+]?[\d.]+\s*'( |$)/

function emptyNode(): Node {
  const counts = { count: 0, marks: 0, signs: 0 }
  return { ...counts, shapes: new Set(), value: undefined, varied: false, next: new Map() }
}

function variedIn(node: Node): boolean {
  return node.next.get("'")?.varied === true || node.next.get('0')?.varied === true
}

type Step = { readonly word: string; readonly value: string | undefined }

/** Words of a statement, one for each repeated list of constants, and its end. */
function pathOf(tokens: readonly Token[]): Step[] {
  const path: Step[] = []
  for (const { norm, value } of tokens) {
    path.push({ word: norm, value: value?.slice(0, VALUE_CHARS_MAX) })
    const size = path.length
    const isValue = norm === "'" || norm === '0' || norm === '$'
    // 1 , 1 is one value as far as the form goes.
    const before = path[size - 3]
    if (isValue && path[size - 2]?.word === ',' && before?.word === norm) {
      path.length = size - 3
      path.push({ word: norm, value: `${before.value} ${value}`.slice(0, VALUE_CHARS_MAX) })
    }
  }
  if (path.at(-1)?.word === ';') path.pop()
  path.push({ word: END, value: undefined })
  return path
}

/** Whether any token is a comment: it can hide the rest of a statement. */
export function hasComment(tokens: readonly Token[]): boolean {
  return tokens.some(({ norm }) => norm === COMMENT)
}

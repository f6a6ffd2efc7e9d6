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
import { END, markOfValue, type Step } from './phrase.ts'

type Node = {
  count: number
  marks: number
  signs: number
  /** Different shapes of the statements that came by here. */
  shapes: number
  /** Of a literal: a mark of its first value, and whether there were others. */
  value: number
  varied: boolean
  /** Where a statement ends whose words alone say all: its shape. */
  end: string | undefined
  readonly next: Map<string, Node>
}

/** A node as it is kept: its word, its numbers, its end, and what follows. */
type NodeState = readonly [
  word: string,
  count: number,
  marks: number,
  signs: number,
  shapes: number,
  value: number,
  varied: 0 | 1,
  end: string,
  next: readonly NodeState[],
]

/** A profile as it is kept: no text of anybody's is in it, but words of statements. */
export type ProfileState = {
  readonly shapes: readonly (readonly [string, number])[]
  readonly signs: readonly number[]
  readonly root: NodeState
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
  /** Shapes among them. */
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

/** Nodes of a role's tree; beyond it no new beginnings are remembered. */
const NODES_MAX = 200_000
/** Words of a statement that are looked at; those of a program are rarely a hundred. */
const DEPTH_MAX = 1_000
const SHAPES_MAX = 100_000
const EXPLORING_SHAPES_MIN = 300
/** A sign is a habit when so many shapes bear it, and one in so many. */
const HABIT_SHAPES_MIN = 3
const HABIT_ONE_IN = 300

export class Profile {
  #root: Node = emptyNode()
  /** How often each shape was heard. */
  readonly #shapes = new Map<string, number>()
  #once = 0
  #nodes = 1
  /** Shapes that bear each sign. */
  readonly #signs = new Uint32Array(SIGNS)

  /** Nodes of its tree: what it takes of memory. */
  get size(): number {
    return this.#nodes
  }

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

  /**
   * @param borne Undefined for a known shape: its kind was learned with the first.
   * @param plain Whether the same words always mean the same, whatever the constants are.
   */
  learn(shape: string, path: readonly Step[], borne: Borne | undefined, plain = false): void {
    this.#count(shape, borne?.signs ?? 0)
    let node = this.#root
    let depth = 0
    for (const { word, value } of path) {
      pass(node, borne)
      let next = node.next.get(word)
      if (!next) {
        if (this.#nodes >= NODES_MAX || depth >= DEPTH_MAX) return
        next = emptyNode()
        next.value = markOfValue(value)
        node.next.set(word, next)
        this.#nodes++
      } else if (!next.varied && value !== undefined && next.value !== markOfValue(value))
        next.varied = true
      node = next
      depth++
    }
    pass(node, borne)
    if (plain) node.end = shape
  }

  /** Whether a statement of just these words was learned, whose words alone say all. */
  isPlain(path: readonly Step[]): boolean {
    return this.#endOf(path) !== undefined
  }

  /** Counts such a statement once more. @returns Whether it is one. */
  hear(path: readonly Step[]): boolean {
    const shape = this.#endOf(path)
    if (shape !== undefined) this.learn(shape, path, undefined, true)
    return shape !== undefined
  }

  #endOf(path: readonly Step[]): string | undefined {
    let node: Node | undefined = this.#root
    for (const { word } of path) {
      node = node.next.get(word)
      if (!node) return undefined
    }
    return node.end
  }

  state(): ProfileState {
    return { shapes: [...this.#shapes], signs: [...this.#signs], root: stateOf('', this.#root) }
  }

  /** A profile as it was kept. */
  static from({ shapes, signs, root }: ProfileState): Profile {
    const profile = new Profile()
    for (const [shape, heard] of shapes) {
      profile.#shapes.set(shape, heard)
      if (heard === 1) profile.#once++
    }
    profile.#signs.set(signs)
    profile.#nodes = 0
    profile.#root = profile.#nodeOf(root)
    return profile
  }

  #nodeOf([, count, marks, signs, shapes, value, varied, end, next]: NodeState): Node {
    this.#nodes++
    const below = next.map((state) => [state[0], this.#nodeOf(state)] as const)
    const numbers = { count, marks, signs, shapes, value, varied: varied === 1 }
    return { ...numbers, end: end === '' ? undefined : end, next: new Map(below) }
  }

  /** How this statement leaves what is known. */
  departure(path: readonly Step[]): Departure {
    let node = this.#root
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
    const since = replacesValue || sortsHere ? 0 : sinceValue
    const words = path.slice(0, -1).map(({ word }) => word)
    return {
      whole: at === path.length || at >= DEPTH_MAX,
      atValue: atValue || sorts || replacesValue,
      before: ` ${words.slice(0, at).join(' ')} `,
      sinceWords: words.slice(at - since).join(' '),
      sinceValue: since,
      inClause: clause !== command,
      inRow: clause === 'values',
      varied: varied || sortsHere || variedIn(node),
      passed: node.count,
      // Whatever is sorted by, it is a name: one way.
      shapes: sortsHere ? 1 : node.shapes,
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
const CLAUSE = /^(where|having|values|set|by|limit|offset|on|when|then|else)$/

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
  const counts = { count: 0, marks: 0, signs: 0, shapes: 0, value: 0 }
  return { ...counts, varied: false, end: undefined, next: new Map() }
}

/** @param borne Undefined when the shape is known already. */
function pass(node: Node, borne: Borne | undefined): void {
  node.count++
  if (!borne) return
  node.shapes++
  node.marks |= borne.marks
  node.signs |= borne.signs
}

function stateOf(word: string, node: Node): NodeState {
  const { count, marks, signs, shapes, value, varied, end = '', next } = node
  const below = [...next].map(([name, each]) => stateOf(name, each))
  return [word, count, marks, signs, shapes, value, varied ? 1 : 0, end, below]
}

function variedIn(node: Node): boolean {
  return node.next.get("'")?.varied === true || node.next.get('0')?.varied === true
}

/**
 * One reading of a request's path. What a rule of ours sees (a login, a limit) must be what the
 * application acts on, and applications read differently: nginx and Apache merge slashes, decode
 * and resolve dots, Node.js does nothing of it, servlets drop what follows a semicolon, some decode
 * twice. So paths that two of them could resolve to different places are refused, by one table;
 * what is left differs only in spelling, and is compared by the coarsest reading of all.
 *
 * No client has to send what is refused: browsers and well-made programs resolve dots themselves
 * (WHATWG URL, "path state") and encode the rest.
 *
 * @module
 */
import { ProtocolError } from '#lib/errors.ts'

export type PathRule = {
  readonly name: string
  /** What is refused, and who would read it how. */
  readonly why: string
  readonly refuses: (path: string) => boolean
}

const pattern =
  (expression: RegExp): PathRule['refuses'] =>
  (path) =>
    expression.test(path)

/** What a path may not have. Queries are the application's own business. */
export const pathRules: readonly PathRule[] = [
  {
    name: 'control character',
    why: 'a null or another control character, encoded once or twice: programs in C stop at it',
    refuses: pattern(/%(?:25)?(?:[01][0-9a-f]|7f)/i),
  },
  {
    name: 'bare percent sign',
    why: 'a percent sign without two digits: nginx and Apache refuse it, others take it literally',
    refuses: pattern(/%(?![0-9a-f]{2})/i),
  },
  {
    name: 'overlong character',
    why: 'UTF-8 longer than need be: a lax decoder finds a slash or a dot in it (RFC 3629 §10)',
    refuses: pattern(/%(?:25)?(?:c[01]|e0%(?:25)?[89]|f0%(?:25)?8)/i),
  },
  {
    name: 'backslash',
    why: 'a backslash as it is: browsers send a slash for it, and Windows takes it for one',
    refuses: pattern(/\\/),
  },
  {
    name: 'dot segment',
    why: 'a piece . or .., in any spelling: resolved before or after decoding, or never',
    refuses: (path) => piecesOf(path).some((piece) => piece === '.' || piece === '..'),
  },
]

/** Nothing in these needs a second look. */
const plain = /^(?:(?!\/\.)[^%\\])*$/

/** @throws {ProtocolError} HTTP_TARGET_INVALID, with the name of the rule. */
export function checkPath(target: string): void {
  const path = pathIn(target)
  if (plain.test(path)) return
  const broken = pathRules.find(({ refuses }) => refuses(path))
  if (broken) throw new ProtocolError('HTTP_TARGET_INVALID', `a path with a ${broken.name}`)
}

/**
 * The pieces of a path by the coarsest reading: codes decoded twice, backslashes as slashes, empty
 * pieces, parameters after `;`, outer space and letter case left out. Two paths that any
 * application takes for the same have the same pieces, so long as both passed `checkPath`.
 */
export function readPath(target: string): readonly string[] {
  return piecesOf(pathIn(target))
    .filter((piece) => piece !== '')
    .map((piece) => piece.toLowerCase())
}

function pathIn(target: string): string {
  const query = target.indexOf('?')
  return query < 0 ? target : target.slice(0, query)
}

function piecesOf(path: string): string[] {
  return decoded(decoded(path))
    .replaceAll('\\', '/')
    .split('/')
    .map((piece) => (piece.split(';', 1)[0] ?? '').trim()) // Windows knows no space at the end
}

function decoded(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  )
}

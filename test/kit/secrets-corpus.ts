/**
 * A seeded corpus for the search: lines with a secret, and lines that only look so.
 *
 * Its values are drawn from a seed, so no secret of anybody stands in it, and a thousand other lines
 * are one seed away. It measures what the search knows of the ways in which people write secrets
 * down; ways that are not in it are not measured.
 *
 * @module
 */

export type CorpusLine = {
  readonly path: string
  readonly text: string
  readonly secret: boolean
  readonly kind: string
}

type Draw = {
  /** A whole number below. */
  readonly below: (end: number) => number
}

const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const DIGITS = '0123456789'
const words = 'river desk lamp club court member season ticket summer winter office garden'.split(
  ' ',
)

/** @returns Half secrets, half not, in one order for one seed. */
export function corpus(count: number, { below }: Draw): readonly CorpusLine[] {
  const pick = <T>(list: readonly T[]): T => list[below(list.length)] as T
  const of = (signs: string, length: number): string =>
    Array.from({ length }, () => signs[below(signs.length)]).join('')
  /** Drawn at random, with every class in it. */
  const drawn = (length: number, more = ''): string => {
    const body = of(LOWER + UPPER + DIGITS + more, length - 3)
    return `${of(LOWER, 1)}${body}${of(UPPER, 1)}${of(DIGITS, 1)}`
  }
  const hex = (length: number): string => of(`${DIGITS}abcdef`, length)
  const word = (): string => pick(words)
  const chosen = (): string =>
    `${word()}${pick(['', '-', '_'])}${of(DIGITS, 2 + below(3))}${pick(['!', '#', '?', '*'])}`
  const b64 = (length: number): string => `${drawn(length, '+/')}==`
  const name = (): string => `${word()}_${word()}`

  const secrets: Readonly<Record<string, () => readonly [path: string, text: string]>> = {
    'env, random': () => ['.env', `${name().toUpperCase()}_SECRET=${drawn(32)}`],
    'env, chosen': () => ['.env.production', `DB_PASSWORD=${chosen()}`],
    'yaml, chosen': () => ['config/app.yml', `  password: "${chosen()}"`],
    'yaml, random': () => ['deploy/values.yaml', `apiKey: ${drawn(40)}`],
    json: () => ['config.json', `  "clientSecret": "${drawn(36)}",`],
    properties: () => ['app.properties', `spring.datasource.password=${chosen()}`],
    javascript: () => ['src/a.js', `const apiKey = '${drawn(32)}'`],
    typescript: () => ['src/a.ts', `  accessToken: "${drawn(40)}",`],
    python: () => ['a.py', `SECRET_KEY = "${drawn(50, '!@#%^&*')}"`],
    php: () => ['a.php', `define('AUTH_SECRET', '${drawn(48)}');`],
    terraform: () => ['main.tf', `  secret_key = "${drawn(40)}"`],
    ruby: () => ['a.rb', `config.secret_token = '${hex(64)}'`],
    'connection string': () => [
      'a.ts',
      `const url = 'postgres://app:${drawn(20)}@db.internal:5432/x'`,
    ],
    mongodb: () => ['.env', `MONGO=mongodb+srv://app:${drawn(16)}@cluster0.internal/x`],
    redis: () => ['compose.yml', `  REDIS_URL: redis://:${drawn(24)}@cache:6379`],
    'authorization header': () => ['a.http', `Authorization: Bearer ${drawn(40)}`],
    curl: () => ['a.sh', `curl -u admin:${drawn(18)} https://api.internal/x`],
    github: () => ['a.ts', `const t = "ghp_${of(LOWER + UPPER + DIGITS, 36)}"`],
    aws: () => ['a.cfg', `aws_secret_access_key = ${drawn(40, '/+')}`],
    slack: () => ['a.js', `token: "xoxb-${of(DIGITS, 12)}-${of(DIGITS, 12)}-${drawn(24)}"`],
    sendgrid: () => ['a.js', `SENDGRID_API_KEY="SG.${drawn(22)}.${drawn(43)}"`],
    npm: () => ['.npmrc', `//registry.internal/:_authToken=npm_${of(LOWER + UPPER + DIGITS, 36)}`],
    basic: () => ['a.py', `headers = {"Authorization": "Basic ${b64(30)}"}`],
    'session key': () => ['a.toml', `session_secret = "${b64(43)}"`],
  }
  const innocent: typeof secrets = {
    sha256: () => ['a.ts', `sha256: '${hex(64)}',`],
    integrity: () => ['a.html', `<script integrity="sha384-${b64(62)}" src="/a.js">`],
    uuid: () => ['a.json', `"id": "${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}",`],
    commit: () => ['README.md', `See commit ${hex(40)} of ${word()}.`],
    variable: () => ['.env.example', `DB_PASSWORD=\${${name().toUpperCase()}}`],
    environment: () => ['a.ts', `const apiKey = process.env.${name().toUpperCase()}_KEY`],
    call: () => ['a.ts', `const token = await ${word()}Token(${word()}, ${below(99)})`],
    placeholder: () => ['config.yml', `password: changeme`],
    example: () => ['.env.example', `API_KEY=your-api-key-here-${below(99)}`],
    file: () => ['a.yml', `password_file: /run/secrets/${word()}-${word()}`],
    label: () => ['a.tsx', `passwordLabel: "${word()} ${word()} ${word()}",`],
    translation: () => ['nl.json', `"password.hint": "Use ${8 + below(9)} signs or more",`],
    test: () => ['a.test.ts', `await login('${word()}', { password: 'secret' })`],
    type: () => ['a.ts', `readonly secretName: ${word()}String`],
    image: () => ['a.css', `background: url(data:image/png;base64,${b64(80)})`],
    address: () => ['a.md', `https://${word()}.example/${word()}/${word()}-${below(999)}`],
    version: () => ['a.txt', `${word()}-token-service: ${below(9)}.${below(9)}.${below(9)}`],
    length: () => ['a.json', `"passwordLengthMin": ${8 + below(9)},`],
    uuidToken: () => ['a.md', `Tokens look like 00000000-0000-0000-0000-000000000000.`],
    words: () => ['a.ts', `const tokenKind = '${word()}-${word()}-${word()}'`],
    reference: () => ['veilig.yaml', `clientSecret: \${file:/etc/${word()}/secret}`],
    camel: () => ['a.ts', `secretStore: '${word()}Vault${word()}Provider'`],
    date: () => ['a.yml', `token_rotated: 2026-${10 + below(3)}-${10 + below(18)}`],
    regex: () => ['a.ts', `token: z.string().regex(/^[a-z0-9-]{1,64}$/)`],
  }
  return Array.from({ length: count }, (_, at): CorpusLine => {
    const secret = at % 2 === 0
    const kinds = secret ? secrets : innocent
    const kind = pick(Object.keys(kinds))
    const [path, text] = kinds[kind]?.() ?? ['', '']
    return { path, text, secret, kind }
  })
}

/** One reading of a path: what two applications could resolve to different places is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkPath, pathRules, readPath } from './path.ts'

const refused: readonly (readonly [target: string, rule: string])[] = [
  ['/login%00', 'control character'],
  ['/login%00.png?x', 'control character'],
  ['/login%2500', 'control character'],
  ['/a%0d%0ab', 'control character'],
  ['/a%7f', 'control character'],
  ['/100%', 'bare percent sign'],
  ['/%zz', 'bare percent sign'],
  ['/%c0%ae%c0%ae/login', 'overlong character'],
  ['/a%c0%aflogin', 'overlong character'],
  ['/a%25c0%25aflogin', 'overlong character'],
  ['/%e0%80%ae', 'overlong character'],
  ['/%f0%80%80%ae', 'overlong character'],
  ['/a\\login', 'backslash'],
  ['/a/../login', 'dot segment'],
  ['/..', 'dot segment'],
  ['/a/./login', 'dot segment'],
  ['/a/.', 'dot segment'],
  ['/a/%2e%2e/login', 'dot segment'],
  ['/a/.%2E/login', 'dot segment'],
  ['/a/%252e%252e/login', 'dot segment'],
  ['/a/..;/login', 'dot segment'],
  ['/a/..;x=1/login', 'dot segment'],
  ['/a/%2e%2e%3b/login', 'dot segment'],
  ['/a/..%20/login', 'dot segment'],
  ['/a%2f..%2flogin', 'dot segment'],
  ['/a%5c..%5clogin', 'dot segment'],
  ['/a%252f..%252flogin', 'dot segment'],
]

for (const [target, rule] of refused) {
  test(`path: ${target} is refused for its ${rule}`, () => {
    assert.throws(() => checkPath(target), { code: 'HTTP_TARGET_INVALID' })
    assert.match(
      thrownBy(() => checkPath(target)),
      new RegExp(rule),
    )
  })
}

const passed: readonly (readonly [target: string, pieces: readonly string[]])[] = [
  ['/', []],
  ['/club/login', ['club', 'login']],
  ['/club/login/', ['club', 'login']],
  ['//club///login', ['club', 'login']],
  ['/CLUB/%6cogin?next=/../x', ['club', 'login']],
  ['/club/%256cogin', ['club', 'login']],
  ['/club;v=1/login;jsessionid=2', ['club', 'login']],
  ['/club/login%20', ['club', 'login']],
  ['/club%2flogin', ['club', 'login']],
  ['/club%5clogin', ['club', 'login']],
  ['/.well-known/security.txt', ['.well-known', 'security.txt']],
  ['/a/...', ['a', '...']],
  ['/a..b', ['a..b']],
  ['/@scope%2fname', ['@scope', 'name']],
  ['/search?q=100%&p=..\\', ['search']],
  ['*', ['*']],
]

for (const [target, pieces] of passed) {
  test(`path: ${target} passes, as /${pieces.join('/')}`, () => {
    checkPath(target)
    assert.deepEqual(readPath(target), pieces)
  })
}

test('path: every rule has an example', () => {
  assert.deepEqual(new Set(refused.map(([, rule]) => rule)), new Set(pathRules.map((r) => r.name)))
})

function thrownBy(act: () => void): string {
  try {
    act()
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

/**
 * Devices that have signed in before: an unforgeable token for one device and one account, and
 * the value of a cookie that holds a few of them, because a family shares a tablet.
 *
 * A token proves nothing but that its bearer once knew the password. It opens no door; it only
 * stands in its own queue. It names the account by a keyed hash, so that a cookie says nothing
 * about a person.
 *
 * Token: `DEVICE.ISSUED.MAC`, in base64url, base 36 (days since 1970) and base64url.
 * MAC = HMAC-SHA-256(key, "veilig device v1" 0 DEVICE 0 ISSUED 0 ACCOUNT). Tokens joined by `~`.
 * Keys change: a device that comes back while the one before is still accepted gets a new token.
 *
 * @module
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import { withAnyKey, type KeyRing } from '../key-ring.ts'

const DEVICE_SIZE = 16
const MAC_SIZE = 32
const DAY_MS = 24 * 60 * 60 * 1000
const TOKENS_MAX = 5
const VALUE_MAX = 1024

/**
 * How long a device stays known after its last successful login, at most. The key that signed its
 * token is accepted for thirty to sixty days more: `#system/key-ring.ts`.
 */
export const DEVICE_DAYS = 60

/** Name of the cookie: `__Host-` lets no neighbouring host or plain HTTP set it. */
export const DEVICE_COOKIE = '__Host-veilig-device'

/**
 * One string for one account, however its name was typed: by Unicode form, letter case and blanks.
 * A keyed hash, so that it may stand in memory, in a cookie and in an audit event.
 *
 * @param realm Names the door: the same name at another door is another account.
 */
export function accountKey(key: Uint8Array, realm: string, name: string): string {
  const folded = name.normalize('NFKC').toLowerCase().replace(/\s+/gu, '')
  const mac = createHmac('sha256', key).update(`veilig account v1\0${realm}\0${folded}`)
  return mac.digest('base64url').slice(0, 22)
}

/**
 * The device, when the cookie proves that it has signed in to this account.
 *
 * @param value The cookie's value as it came; anything may stand in it.
 * @returns The device's id for `LoginAttempt.device`, or undefined.
 */
export function knownDevice(
  keys: KeyRing,
  value: string | undefined,
  account: string,
  nowMs: number,
): string | undefined {
  for (const token of tokensOf(value)) {
    const device = withAnyKey(keys, (key) => verified(key, token, account, nowMs))
    if (device !== undefined) return device
  }
  return undefined
}

/**
 * The cookie's value after a successful login: a token for this account first, others kept.
 *
 * @param device 16 fresh random bytes, used only when the device is new to the account.
 */
export function rememberDevice(
  keys: KeyRing,
  value: string | undefined,
  account: string,
  device: Uint8Array,
  nowMs: number,
): string {
  const id = knownDevice(keys, value, account, nowMs) ?? Buffer.from(device).toString('base64url')
  const issued = Math.floor(nowMs / DAY_MS).toString(36)
  const token = `${id}.${issued}.${macOf(keys[0], id, issued, account).toString('base64url')}`
  const others = tokensOf(value).filter((other) => !other.startsWith(`${id}.`))
  return [token, ...others].slice(0, TOKENS_MAX).join('~')
}

function tokensOf(value: string | undefined): string[] {
  if (value === undefined || value.length > VALUE_MAX) return []
  return value.split('~').filter((token) => /^[\w-]{22}\.[0-9a-z]{1,8}\.[\w-]{43}$/.test(token))
}

function verified(
  key: Uint8Array,
  token: string,
  account: string,
  nowMs: number,
): string | undefined {
  const [device = '', issued = '', mac = ''] = token.split('.')
  const given = Buffer.from(mac, 'base64url')
  const right =
    given.length === MAC_SIZE && timingSafeEqual(given, macOf(key, device, issued, account))
  if (!right || Buffer.from(device, 'base64url').length !== DEVICE_SIZE) return undefined
  const ageDays = Math.floor(nowMs / DAY_MS) - Number.parseInt(issued, 36)
  return ageDays <= DEVICE_DAYS ? device : undefined
}

function macOf(key: Uint8Array, device: string, issued: string, account: string): Buffer {
  const text = `veilig device v1\0${device}\0${issued}\0${account}`
  return createHmac('sha256', key).update(text).digest()
}

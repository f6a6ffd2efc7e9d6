/**
 * One call to PayPal with a tenant's token.
 *
 * @module
 */
import { z } from 'zod'
import { FaultError } from '#lib/errors.ts'
import type { CallHttp, HttpAnswer } from '#system/http-call.ts'
import type { PaypalKeys } from './keys.ts'
import type { Places } from './places.ts'

export type PaypalPlace = Pick<Places, 'api' | 'publicOrigin'>

export type Ask = (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  requestId?: string,
  body?: object,
) => Promise<HttpAnswer>

/** Asks with the tenant's token; a call that changes something carries a request id. */
export function asker(keys: PaypalKeys, place: PaypalPlace, call: CallHttp): Ask {
  return async (method, path, requestId = '', body) => {
    const token = await accessToken(keys, place, call)
    const answer = await call({
      method,
      url: `${place.api}${path}`,
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        prefer: 'return=representation',
        ...(requestId === '' ? {} : { 'paypal-request-id': requestId }),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
    if (answer.status === 401) throw keysRefused()
    return answer
  }
}

async function accessToken(keys: PaypalKeys, place: PaypalPlace, call: CallHttp): Promise<string> {
  const basic = Buffer.from(`${keys.clientId}:${keys.clientSecret}`).toString('base64')
  const answer = await call({
    method: 'POST',
    url: `${place.api}/v1/oauth2/token`,
    headers: {
      authorization: `Basic ${basic}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
  })
  if (answer.status === 401) throw keysRefused()
  const found = z.object({ access_token: z.string().min(1) }).safeParse(parse(answer))
  if (answer.status !== 200 || !found.success) throw failed(`no token (${answer.status})`)
  return found.data.access_token
}

/** @throws {FaultError} PAYMENT_GATEWAY_FAILED. */
export function parse({ text, status }: HttpAnswer): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw failed(`the answer was not JSON (${status})`)
  }
}

function keysRefused(): FaultError {
  return new FaultError('PAYMENT_KEYS_REFUSED', 'PayPal does not accept the club’s keys')
}

export function failed(message: string): FaultError {
  return new FaultError('PAYMENT_GATEWAY_FAILED', `PayPal: ${message}`)
}

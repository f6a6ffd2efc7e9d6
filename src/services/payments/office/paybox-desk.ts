/**
 * What a club's office asks of Paybox: whether its keys are right, and whether Paybox knows each
 * movement of a time.
 *
 * Paybox lists nothing to a server: it is asked for each movement by what we called it.
 *
 * @module
 */
import { DeniedError } from '#lib/errors.ts'
import { DIRECT_DONE, DIRECT_FIND, DIRECT_NOT_FOUND } from '#protocol/payments/paybox-direct.ts'
import type { PayboxKeys } from '../keys.ts'
import { askDirect, failed, moneyOf, type PayboxPorts } from '../paybox-call.ts'
import { transactionNumber, type PayboxPlace } from '../paybox.ts'
import type { GatewayDesk } from '../ports.ts'
import type { Movement } from './statement.ts'

/** A name that no payment has: the question is whether we may ask at all. */
const NOBODY = 'veilig-check'

export function payboxDesk(keys: PayboxKeys, place: PayboxPlace, ports: PayboxPorts): GatewayDesk {
  const find = async (one: Pick<Movement, 'amount' | 'currency'>, name: string) =>
    await askDirect(
      keys,
      place,
      ports,
      DIRECT_FIND,
      moneyOf({ ...one, amount: Math.abs(one.amount) }, name),
    )
  return {
    check: async () => {
      const { code } = await find({ amount: 100, currency: 'EUR' }, NOBODY)
      if (code === DIRECT_DONE || code === DIRECT_NOT_FOUND) return
      const message = `Paybox answers ${code}: site, rank or key is not right`
      throw new DeniedError('PAYMENT_KEYS_WRONG', message, message)
    },
    movements: async (_fromMs, _toMs, booked) => {
      const found: Movement[] = []
      for (const one of booked) {
        const { code, transaction } = await find(one, one.name)
        if (code === DIRECT_DONE) {
          found.push({ ...one, transaction: transactionNumber(transaction) })
        } else if (code !== DIRECT_NOT_FOUND) throw failed(`it answers ${code}`)
      }
      return found
    },
  }
}

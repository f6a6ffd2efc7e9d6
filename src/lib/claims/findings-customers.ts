/**
 * What was measured for one customer alone: shown to that customer, signed as a part of all.
 *
 * @module
 */
import { words, type Words } from './claim.ts'

/** In the public evidence: for how many customers, and the root over what was found for each. */
export const CUSTOMERS_MEASURED = 'CUSTOMERS_MEASURED'

export const customerFindingTexts: Readonly<Record<string, Words>> = {
  [CUSTOMERS_MEASURED]: words(
    'Ook voor elk van {count} klanten apart gemeten: zij zien het hunne op een eigen pagina.',
    'Measured for each of {count} customers apart, too: they see theirs on a page of their own.',
    'Mesuré aussi pour chacun de {count} clients : ils voient leur part sur leur propre page.',
  ),
  CUSTOMER_PAID: words(
    'Uw bestellingen die betaald heten: {paid}. Bij elk staat het woord van uw betaaldienst.',
    'Your orders that are called paid: {paid}. For each we have your payment service’s own word.',
    'Vos commandes dites payées : {paid}. Pour chacune nous avons la parole de votre service.',
  ),
  CUSTOMER_UNWITNESSED: words(
    'Van uw {paid} betaalde bestellingen missen er {unwitnessed} het woord van uw betaaldienst.',
    'Of your {paid} paid orders, {unwitnessed} lack your payment service’s own word.',
    'Sur vos {paid} commandes payées, {unwitnessed} n’ont pas la parole de votre service.',
  ),
  CUSTOMER_TOLD: words(
    'Een datalek dat u raakt: {breach}. U bent op {told} ingelicht, vóór {due}.',
    'A breach that concerns you: {breach}. You were told at {told}, before {due}.',
    'Une violation qui vous concerne : {breach}. Vous avez été informé le {told}, avant le {due}.',
  ),
  CUSTOMER_NOTICE_DUE: words(
    'Een datalek dat u raakt: {breach}. U hoort er vóór {due} meer over.',
    'A breach that concerns you: {breach}. You will be told of it before {due}.',
    'Une violation qui vous concerne : {breach}. Vous en serez informé avant le {due}.',
  ),
  CUSTOMER_NOTICE_LATE: words(
    'Een datalek dat u raakt: {breach}. U had vóór {due} ingelicht moeten zijn.',
    'A breach that concerns you: {breach}. You should have been told before {due}.',
    'Une violation qui vous concerne : {breach}. Vous auriez dû être informé avant le {due}.',
  ),
}

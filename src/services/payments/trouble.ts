/**
 * What is wrong with a gateway, as a club and its members can understand it.
 *
 * @module
 */
import type { VeiligError } from '#lib/errors.ts'
import { words, type Words } from '#lib/claims/claim.ts'

export type Trouble = 'away' | 'slow' | 'nonsense' | 'certificate' | 'keys'

/** Of Node's TLS: the chain, the time or the name of the certificate is wrong. */
const certificate = /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET))/

/** Those that do not pass by themselves: the club is told at once. */
export const lasting: ReadonlySet<Trouble> = new Set(['keys', 'certificate'])

/** @param error What a call to the gateway threw. */
export function troubleOf({ code, cause }: VeiligError): Trouble {
  if (code === 'PAYMENT_KEYS_REFUSED' || code === 'PAYMENT_KEYS_DAMAGED') return 'keys'
  if (code !== 'HTTP_CALL_FAILED') return 'nonsense'
  const { name = '', code: inner = '' } = (cause ?? {}) as { name?: string; code?: string }
  if (certificate.test(inner)) return 'certificate'
  return name === 'TimeoutError' || name === 'AbortError' ? 'slow' : 'away'
}

/** Said to who wants to pay. */
export const memberWords: Words = words(
  'Betalen kan nu even niet. Er is niets afgeschreven en uw boeking staat vast; ' +
    'probeer het straks opnieuw.',
  'Paying is not possible just now. Nothing was charged and your booking stands; ' +
    'please try again in a while.',
  'Le paiement est momentanément impossible. Rien n’a été débité et votre réservation ' +
    'tient ; réessayez plus tard.',
)

/** Said to the club: what it is, and what the club can do. */
export const clubWords: Readonly<Record<Trouble, Words>> = {
  away: words(
    'Uw betaaldienst is niet te bereiken. U hoeft niets te doen: wij vragen het telkens opnieuw.',
    'Your payment service cannot be reached. You need not do anything: we keep asking.',
    'Votre service de paiement est injoignable. Vous n’avez rien à faire : nous ' +
      'réessayons sans cesse.',
  ),
  slow: words(
    'Uw betaaldienst antwoordt te traag. U hoeft niets te doen: wij vragen het telkens opnieuw.',
    'Your payment service answers too slowly. You need not do anything: we keep asking.',
    'Votre service de paiement répond trop lentement. Vous n’avez rien à faire : ' +
      'nous réessayons.',
  ),
  nonsense: words(
    'Uw betaaldienst antwoordt iets wat geen antwoord is. Wij vragen het opnieuw; ' +
      'duurt het lang, bel dan de betaaldienst.',
    'Your payment service answers something that is no answer. We keep asking; if it ' +
      'lasts, call the payment service.',
    'Votre service de paiement répond autre chose qu’une réponse. Nous réessayons ; si ' +
      'cela dure, appelez-le.',
  ),
  certificate: words(
    'Het certificaat van uw betaaldienst is niet geldig, dus sturen wij er niemand ' +
      'heen. Bel de betaaldienst.',
    'Your payment service’s certificate is not valid, so we send nobody there. Call ' +
      'the payment service.',
    'Le certificat de votre service de paiement n’est pas valable : nous n’y envoyons ' +
      'personne. Appelez-le.',
  ),
  keys: words(
    'Uw betaaldienst neemt uw sleutels niet meer aan. Vul nieuwe sleutels in, anders ' +
      'kan niemand betalen.',
    'Your payment service no longer accepts your keys. Enter new keys, or nobody can pay.',
    'Votre service de paiement n’accepte plus vos clés. Entrez-en de nouvelles, sinon ' +
      'personne ne peut payer.',
  ),
}

export const overWords: Words = words(
  'Uw betaaldienst antwoordt weer. Wat ondertussen betaald werd, is nagekeken.',
  'Your payment service answers again. What was paid meanwhile has been looked up.',
  'Votre service de paiement répond à nouveau. Ce qui a été payé entre-temps a ' + 'été vérifié.',
)

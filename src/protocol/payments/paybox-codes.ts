/**
 * Paybox's response codes, in words for the person who pays.
 *
 * Source: Paybox System manual, response codes; `001xx` carries the centre's own code.
 *
 * @module
 */

export type PayboxWords = { readonly nl: string; readonly en: string; readonly fr: string }

/** What an answer means for the payment. */
export type PayboxOutcome = 'paid' | 'pending' | 'refused'

export function outcomeOf(code: string): PayboxOutcome {
  if (code === '00000') return 'paid'
  return code === '99999' ? 'pending' : 'refused'
}

const words = (nl: string, en: string, fr: string): PayboxWords => ({ nl, en, fr })

const again = words(
  'De betaaldienst had even een storing. Er is niets afgeschreven; probeer opnieuw.',
  'The payment service had a short fault. Nothing was charged; please try again.',
  'Le service de paiement a eu une panne passagère. Rien n’a été débité ; réessayez.',
)
const refused = words(
  'Uw bank heeft de betaling geweigerd. Vraag het uw bank, of betaal op een andere manier.',
  'Your bank refused the payment. Ask your bank, or pay in another way.',
  'Votre banque a refusé le paiement. Demandez-lui, ou payez autrement.',
)
const card = words(
  'De kaartgegevens kloppen niet. Kijk ze na en probeer opnieuw.',
  'The card details are not right. Check them and try again.',
  'Les données de la carte sont incorrectes. Vérifiez-les et réessayez.',
)
const expired = words(
  'De kaart is verlopen. Betaal met een andere.',
  'The card has expired. Pay with another one.',
  'La carte a expiré. Payez avec une autre.',
)
const funds = words(
  'Er staat niet genoeg op de rekening, of de grens van de kaart is bereikt.',
  'There is not enough money in the account, or the card has reached its limit.',
  'Le solde est insuffisant, ou le plafond de la carte est atteint.',
)
const settings = words(
  'De betaling kon niet beginnen: de club is hiervan verwittigd. Er is niets afgeschreven.',
  'The payment could not begin: the club has been told. Nothing was charged.',
  'Le paiement n’a pas pu commencer : le club en est informé. Rien n’a été débité.',
)

const texts: Readonly<Record<string, PayboxWords>> = {
  '00000': words('Betaald.', 'Paid.', 'Payé.'),
  '00001': again,
  '00003': again,
  '00004': card,
  '00006': settings,
  '00008': expired,
  '00009': settings,
  '00010': settings,
  '00011': settings,
  '00015': words('Dit was al betaald.', 'This was paid already.', 'C’était déjà payé.'),
  '00016': settings,
  '00021': refused,
  '00029': refused,
  '00030': words(
    'De betaalpagina bleef te lang open. Er is niets afgeschreven; probeer opnieuw.',
    'The payment page was open for too long. Nothing was charged; please try again.',
    'La page de paiement est restée ouverte trop longtemps. Rien n’a été débité ; réessayez.',
  ),
  '00033': refused,
  '00040': refused,
  '00105': refused,
  '00114': card,
  '00151': funds,
  '00154': expired,
  '99999': words(
    'Uw bank denkt er nog over na. U hoeft niets te doen.',
    'Your bank is still deciding. You need not do anything.',
    'Votre banque n’a pas encore décidé. Vous n’avez rien à faire.',
  ),
}

/** Never the bare code: an unknown one is told as a refusal. */
export function wordsOf(code: string): PayboxWords {
  return texts[code] ?? refused
}

/**
 * What the public pages of payments and a club's office say, in three languages.
 *
 * @module
 */
import { words, type Words } from '#lib/claims/claim.ts'
import type { State } from '../model.ts'
import type { Difference } from './statement.ts'

export const going: Readonly<
  Record<'title' | 'text' | 'button' | 'back' | 'none' | 'home' | 'payments', Words>
> = {
  title: words('Naar de betaalpagina', 'To the payment page', 'Vers la page de paiement'),
  text: words(
    'De betaaldienst van uw club, Paybox, neemt de betaling aan. Wij zien geen kaart.',
    'Your club’s payment service, Paybox, takes the payment. We see no card.',
    'Le service de paiement de votre club, Paybox, encaisse le paiement. Nous ne ' +
      'voyons aucune carte.',
  ),
  button: words('Verder naar Paybox', 'Continue to Paybox', 'Continuer vers Paybox'),
  back: words('Terug naar de club', 'Back to the club', 'Retour au club'),
  none: words(
    'Deze betaling bestaat niet.',
    'There is no such payment.',
    'Ce paiement n’existe pas.',
  ),
  home: words(
    'De betaaldienst van uw eigen club neemt het geld aan. Hier valt niets in te vullen.',
    'Your club’s own payment service takes the money. There is nothing to fill in here.',
    'Le service de paiement de votre club encaisse l’argent. Il n’y a rien à remplir ici.',
  ),
  payments: words('Betalingen', 'Payments', 'Paiements'),
}

export const office: Readonly<
  Record<
    | 'title'
    | 'enter'
    | 'enterText'
    | 'enterButton'
    | 'linkOver'
    | 'leave'
    | 'payments'
    | 'statements'
    | 'keys'
    | 'noPayments'
    | 'when'
    | 'what'
    | 'amount'
    | 'state'
    | 'paid'
    | 'open'
    | 'look'
    | 'noStatements'
    | 'compare'
    | 'equal'
    | 'differs'
    | 'foreign'
    | 'keysNow'
    | 'keysText'
    | 'gateway'
    | 'environment'
    | 'save'
    | 'saved'
    | 'wrong'
    | 'unread'
    | 'away'
    | 'contact'
    | 'contactSave'
    | 'outage',
    Words
  >
> = {
  title: words('Betalingen van {club}', 'Payments of {club}', 'Paiements de {club}'),
  enter: words('Naar het kantoor van de club', 'To the club’s office', 'Vers le bureau du club'),
  enterText: words(
    'Deze link werkt één keer. Daarna blijft u acht uur binnen, in deze browser.',
    'This link works once. You then stay in for eight hours, in this browser.',
    'Ce lien fonctionne une fois. Vous restez ensuite connecté huit heures, dans ce navigateur.',
  ),
  enterButton: words('Binnengaan', 'Enter', 'Entrer'),
  linkOver: words(
    'Deze link is gebruikt of verlopen. Vraag een nieuwe aan wie hem stuurde.',
    'This link was used or is over. Ask for a new one from who sent it.',
    'Ce lien a été utilisé ou a expiré. Demandez-en un nouveau à qui vous l’a envoyé.',
  ),
  leave: words('Afmelden', 'Sign out', 'Se déconnecter'),
  payments: words('Betalingen', 'Payments', 'Paiements'),
  statements: words('Dagafschriften', 'Daily statements', 'Relevés journaliers'),
  keys: words('Sleutels', 'Keys', 'Clés'),
  noPayments: words('Nog geen betalingen.', 'No payments yet.', 'Pas encore de paiements.'),
  when: words('Wanneer', 'When', 'Quand'),
  what: words('Waarvoor', 'What for', 'Pour quoi'),
  amount: words('Bedrag', 'Amount', 'Montant'),
  state: words('Toestand', 'State', 'État'),
  paid: words('Ontvangen', 'Received', 'Reçu'),
  open: words('Onderweg', 'Under way', 'En cours'),
  look: words('Na te kijken', 'To look at', 'À vérifier'),
  noStatements: words(
    'Elke dag wordt de dag ervoor vergeleken. Er is nog geen dag vergeleken.',
    'Each day the day before is compared. No day was compared yet.',
    'Chaque jour, la veille est comparée. Aucun jour n’a encore été comparé.',
  ),
  compare: words('Vandaag nu vergelijken', 'Compare today now', 'Comparer aujourd’hui'),
  equal: words(
    'Alles klopt: {matched} bewegingen.',
    'Everything agrees: {matched} movements.',
    'Tout concorde : {matched} mouvements.',
  ),
  differs: words(
    '{count} verschillen, {matched} kloppen.',
    '{count} differences, {matched} agree.',
    '{count} écarts, {matched} concordent.',
  ),
  foreign: words(
    '{count} bewegingen kwamen niet via ons.',
    '{count} movements did not come through us.',
    '{count} mouvements ne sont pas passés par nous.',
  ),
  keysNow: words(
    '{gateway}, {environment}; ingevuld op {day} door {by}.',
    '{gateway}, {environment}; entered on {day} by {by}.',
    '{gateway}, {environment} ; entrées le {day} par {by}.',
  ),
  keysText: words(
    'Sleutels worden alleen geschreven: niemand kan ze hier lezen. Ze gelden pas nadat ' +
      'de betaaldienst er een vraag mee beantwoord heeft. Vul gerust elke 60 dagen ' +
      'nieuwe in.',
    'Keys are only ever written: nobody can read them here. They count once the ' +
      'payment service has answered a question with them. Enter new ones every 60 days.',
    'Les clés s’écrivent seulement : personne ne peut les lire ici. Elles valent dès ' +
      'que le service de paiement a répondu à une question posée avec elles. Entrez-en ' +
      'de nouvelles tous les 60 jours.',
  ),
  gateway: words('Betaaldienst', 'Payment service', 'Service de paiement'),
  environment: words('Omgeving', 'Environment', 'Environnement'),
  save: words('Nakijken en bewaren', 'Check and keep', 'Vérifier et garder'),
  saved: words(
    'De sleutels zijn nagekeken en bewaard.',
    'The keys were checked and kept.',
    'Les clés ont été vérifiées et gardées.',
  ),
  wrong: words(
    'De betaaldienst neemt deze sleutels niet aan. De vorige gelden nog.',
    'The payment service does not accept these keys. Those before still count.',
    'Le service de paiement refuse ces clés. Les précédentes valent encore.',
  ),
  unread: words(
    'Deze sleutels hebben niet de juiste vorm. Kijk ze na; de vorige gelden nog.',
    'These keys do not have the right form. Check them; those before still count.',
    'Ces clés n’ont pas la bonne forme. Vérifiez-les ; les précédentes valent encore.',
  ),
  away: words(
    'De betaaldienst antwoordt nu niet. Er is niets gewijzigd; probeer het straks opnieuw.',
    'The payment service does not answer now. Nothing was changed; try again in a while.',
    'Le service de paiement ne répond pas. Rien n’a été modifié ; réessayez plus tard.',
  ),
  contact: words(
    'Wie we schrijven als er iets mis is',
    'Whom we write to when something is wrong',
    'À qui nous écrivons en cas de problème',
  ),
  contactSave: words('Bewaren', 'Keep', 'Garder'),
  outage: words('Nu mis: ', 'Wrong now: ', 'Problème en cours : '),
}

export const differenceWords: Readonly<Record<Difference['kind'], Words>> = {
  'not-at-gateway': words(
    'staat bij ons, niet bij de betaaldienst',
    'stands here, not at the payment service',
    'figure chez nous, pas au service de paiement',
  ),
  'not-in-ledger': words(
    'staat bij de betaaldienst, niet bij ons',
    'stands at the payment service, not here',
    'figure au service de paiement, pas chez nous',
  ),
  'amount-differs': words(
    'de bedragen verschillen',
    'the amounts differ',
    'les montants diffèrent',
  ),
}

export const stateWords: Readonly<Record<State, Words>> = {
  created: office.open,
  open: office.open,
  approved: office.open,
  pending: words('De bank beslist nog', 'The bank is deciding', 'La banque décide encore'),
  unknown: words('Wordt nagevraagd', 'Being asked', 'En cours de vérification'),
  paid: words('Betaald', 'Paid', 'Payé'),
  refused: words('Geweigerd', 'Refused', 'Refusé'),
  cancelled: words('Afgebroken', 'Cancelled', 'Annulé'),
  expired: words('Verlopen', 'Over', 'Expiré'),
  review: words('Kijk dit na', 'Look at this', 'À vérifier'),
}

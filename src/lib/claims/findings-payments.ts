/**
 * What the probes of payments can have measured.
 *
 * @module
 */
import { words, type Words } from './claim.ts'

export const paymentFindingTexts: Readonly<Record<string, Words>> = {
  PAY_LEADS_AWAY: words(
    'Een proefbetaling leidde naar de betaaldienst zelf ({host}).',
    'A trial payment led to the payment service itself ({host}).',
    'Un paiement d’essai a mené au service de paiement lui-même ({host}).',
  ),
  PAY_STAYS_HERE: words(
    'Een proefbetaling bleef bij ons ({host}).',
    'A trial payment stayed with us ({host}).',
    'Un paiement d’essai est resté chez nous ({host}).',
  ),
  PAY_PAGE_TAKES_DATA: words(
    'Een pagina van ons ({path}) heeft een veld, script of venster waarin een kaart past.',
    'A page of ours ({path}) has a field, script or frame that could take a card.',
    'Une page à nous ({path}) a un champ, un script ou un cadre pouvant recevoir une carte.',
  ),
  PAY_WITH_WORD: words(
    'Bij elk van de {paid} betaalde bestellingen staat het woord van de betaaldienst zelf.',
    'For each of the {paid} paid orders the ledger holds the payment service’s own word.',
    'Pour chacune des {paid} commandes payées, le grand livre contient la parole du service.',
  ),
  PAY_WITHOUT_WORD: words(
    'Van {paid} betaalde bestellingen missen er {unwitnessed} het woord van de betaaldienst.',
    'Of {paid} paid orders, {unwitnessed} lack the payment service’s own word.',
    'Sur {paid} commandes payées, {unwitnessed} n’ont pas la parole du service de paiement.',
  ),
  PAY_LEDGER_UNBALANCED: words(
    'Het grootboek is niet in evenwicht bij {unbalanced} bewegingen.',
    'The ledger does not balance for {unbalanced} movements.',
    'Le grand livre n’est pas équilibré pour {unbalanced} mouvements.',
  ),
  CARD_TEST_SEEN: words(
    'Een proefnummer dat wij door de webpoort stuurden ({form}), is opgemerkt en gemeld.',
    'A test number that we sent through the web gateway ({form}) was noticed and reported.',
    'Un numéro d’essai envoyé par la passerelle web ({form}) a été remarqué et signalé.',
  ),
  CARD_TEST_UNSEEN: words(
    'Een proefnummer dat wij door de webpoort stuurden ({form}), bleef onopgemerkt.',
    'A test number that we sent through the web gateway ({form}) passed unseen.',
    'Un numéro d’essai envoyé par la passerelle web ({form}) est passé inaperçu.',
  ),
}

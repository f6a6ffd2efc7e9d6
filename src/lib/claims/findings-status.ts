/**
 * What the probes of the status page and of breaches can have measured.
 *
 * @module
 */
import { words, type Words } from './claim.ts'

export const statusFindingTexts: Readonly<Record<string, Words>> = {
  STATUS_FRESH: words(
    'De statuspagina antwoordt; haar oudste meting van {components} onderdelen is {seconds} ' +
      'seconden oud.',
    'The status page answers; its oldest measurement of {components} components is {seconds} ' +
      'seconds old.',
    'La page d’état répond ; sa plus ancienne mesure de {components} composants ' +
      'date de {seconds} secondes.',
  ),
  STATUS_OLD: words(
    'De statuspagina is verouderd: haar oudste meting van {components} onderdelen is {seconds} ' +
      'seconden oud.',
    'The status page is out of date: its oldest measurement of {components} components is ' +
      '{seconds} seconds old.',
    'La page d’état n’est pas à jour : sa plus ancienne mesure de {components} composants ' +
      'date de {seconds} secondes.',
  ),
  STATUS_NO_PAGE: words(
    'De statuspagina gaf geen antwoord ({status}).',
    'The status page did not answer ({status}).',
    'La page d’état n’a pas répondu ({status}).',
  ),
  STATUS_OUTAGE_SHOWN: words(
    'Een proefonderdeel dat wij uitschakelden, stond na {seconds} seconden als storing op de ' +
      'pagina.',
    'A test component that we switched off was on the page as an outage after {seconds} seconds.',
    'Un composant d’essai que nous avons éteint figurait en panne après {seconds} secondes.',
  ),
  STATUS_OUTAGE_HIDDEN: words(
    'Een proefonderdeel dat wij uitschakelden, stond na {seconds} seconden nog niet als storing ' +
      'op de pagina.',
    'A test component that we switched off was not on the page as an outage after {seconds} ' +
      'seconds.',
    'Un composant d’essai que nous avons éteint ne figurait pas en panne après {seconds} secondes.',
  ),
  STATUS_RECOVERY_HIDDEN: words(
    'Een proefonderdeel dat werkte, heette na {seconds} seconden nog niet werkend.',
    'A test component that worked was not called working after {seconds} seconds.',
    'Un composant d’essai qui fonctionnait n’était pas dit en marche après {seconds} secondes.',
  ),
  BREACH_NONE: words(
    'Er staat geen datalek in het register, en het logboek zegt hetzelfde: er is dus geen ' +
      'melding te laat.',
    'No breach stands in the register, and the audit trail says the same: so no notice is late.',
    'Aucune violation ne figure au registre, et le journal dit de même : aucune notification ' +
      'n’est donc en retard.',
  ),
  BREACH_CLOCKS_KEPT: words(
    'Van {notices} verplichte meldingen is er geen te laat; register en logboek zeggen hetzelfde.',
    'Of {notices} notices owed none is late; the register and the audit trail say the same.',
    'Sur {notices} notifications dues, aucune n’est en retard ; registre et journal concordent.',
  ),
  BREACH_OVERDUE: words(
    'Een melding van {breach} is {hours} uur te laat.',
    'A notice of {breach} is {hours} hours late.',
    'Une notification de {breach} a {hours} heures de retard.',
  ),
  BREACH_BOOKS_DIFFER: words(
    'Het register en het logboek zeggen niet hetzelfde over {breach}.',
    'The register and the audit trail do not say the same about {breach}.',
    'Le registre et le journal ne concordent pas au sujet de {breach}.',
  ),
}

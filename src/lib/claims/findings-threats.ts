/**
 * What the probes of access.roles and threat.* may find, in words.
 *
 * @module
 */
import { words, type Words } from './claim.ts'

export const threatFindingTexts: Readonly<Record<string, Words>> = {
  ROLE_LEAST: words(
    'De rol van de applicatie ({role}) bezit niets en heeft geen bijzondere rechten.',
    'The application’s role ({role}) owns nothing and has no special right.',
    'Le rôle de l’application ({role}) ne possède rien et n’a aucun droit particulier.',
  ),
  ROLE_TOO_MUCH: words(
    'De rol van de applicatie ({role}) heeft te veel: {right}.',
    'The application’s role ({role}) has too much: {right}.',
    'Le rôle de l’application ({role}) a trop de droits : {right}.',
  ),
  ROLE_CLIMBS_REFUSED: words(
    '{count} pogingen om meer rechten te krijgen werden geweigerd.',
    '{count} attempts to gain more rights were refused.',
    '{count} tentatives d’obtenir plus de droits ont été refusées.',
  ),
  ROLE_CLIMBED: words(
    'Een poging om meer rechten te krijgen ({attempt}) werd niet geweigerd ({outcome}).',
    'An attempt to gain more rights ({attempt}) was not refused ({outcome}).',
    'Une tentative d’obtenir plus de droits ({attempt}) n’a pas été refusée ({outcome}).',
  ),
  ROLE_NOT_CROSSED: words(
    'Een andere rol kwam de databank {database} niet binnen.',
    'Another role did not get into the database {database}.',
    'Un autre rôle n’a pas pu entrer dans la base {database}.',
  ),
  ROLE_CROSSED: words(
    'Een andere rol kwam de databank {database} binnen ({outcome}).',
    'Another role got into the database {database} ({outcome}).',
    'Un autre rôle est entré dans la base {database} ({outcome}).',
  ),
  THREAT_NOTICED: words(
    'Een nagebootste aanval ({attack}) werd opgemerkt ({detector}).',
    'A simulated attack ({attack}) was noticed ({detector}).',
    'Une attaque simulée ({attack}) a été détectée ({detector}).',
  ),
  THREAT_UNNOTICED: words(
    'Een nagebootste aanval ({attack}) werd binnen {seconds} seconden niet opgemerkt.',
    'A simulated attack ({attack}) was not noticed within {seconds} seconds.',
    'Une attaque simulée ({attack}) n’a pas été détectée en {seconds} secondes.',
  ),
  ALERT_ARRIVED: words(
    'Een proefalarm was na {ms} milliseconden afgeleverd ({channel}); de grens is {limit}.',
    'A test alarm was delivered after {ms} milliseconds ({channel}); the limit is {limit}.',
    'Une alerte d’essai a été remise après {ms} millisecondes ({channel}) ; la limite est {limit}.',
  ),
  ALERT_LATE: words(
    'Een proefalarm kwam pas na {ms} milliseconden aan ({channel}); de grens is {limit}.',
    'A test alarm arrived only after {ms} milliseconds ({channel}); the limit is {limit}.',
    'Une alerte d’essai n’est arrivée qu’après {ms} millisecondes ({channel}) ; limite {limit}.',
  ),
  ALERT_MISSING: words(
    'Een proefalarm kwam binnen {seconds} seconden nergens aan.',
    'A test alarm arrived nowhere within {seconds} seconds.',
    'Une alerte d’essai n’est arrivée nulle part en {seconds} secondes.',
  ),
}

/**
 * What the probes of internal practices and updates can have measured.
 *
 * @module
 */
import { words, type Words } from './claim.ts'

export const practiceFindingTexts: Readonly<Record<string, Words>> = {
  STAFF_NO_STANDING_ROLE: words(
    'Van de rollen die kunnen inloggen zijn er {programs} van programma’s; {people} zijn van ' +
      'mensen, en die eindigen alle binnen het uur.',
    'Of the roles that can log in {programs} belong to programs; {people} belong to people, and ' +
      'those all end within the hour.',
    'Parmi les rôles qui peuvent se connecter, {programs} sont à des programmes ; {people} sont ' +
      'à des personnes et prennent tous fin dans l’heure.',
  ),
  STAFF_STANDING_ROLE: words(
    'De rol {role} is van geen programma en heeft een wachtwoord dat nooit eindigt.',
    'The role {role} belongs to no program and has a password that never ends.',
    'Le rôle {role} n’est à aucun programme et a un mot de passe sans fin.',
  ),
  STAFF_MIGHTY_ROLE: words(
    'De rol {role} van een mens mag alles.',
    'The role {role} of a person may do everything.',
    'Le rôle {role} d’une personne peut tout faire.',
  ),
  STAFF_LONG_ROLE: words(
    'De rol {role} van een mens duurt langer dan is toegestaan.',
    'The role {role} of a person lasts longer than is allowed.',
    'Le rôle {role} d’une personne dure plus longtemps que permis.',
  ),
  STAFF_GRANT_WORKED: words(
    'Ter controle: een toegang van {seconds} seconden werkte zolang zij duurde.',
    'As a check: a grant of {seconds} seconds worked while it lasted.',
    'À titre de contrôle : un accès de {seconds} secondes a fonctionné tant qu’il durait.',
  ),
  STAFF_GRANT_ENDED: words(
    'Na het einde opende het juiste wachtwoord niets meer.',
    'After its end the right password opened nothing any more.',
    'Après la fin, le bon mot de passe n’ouvrait plus rien.',
  ),
  STAFF_GRANT_OUTLIVED: words(
    'Na het einde van een toegang lukte het inloggen nog.',
    'After the end of a grant, logging in still worked.',
    'Après la fin d’un accès, la connexion fonctionnait encore.',
  ),
  ISOLATION_NONE_DECLARED: words(
    'Er zijn geen interne systemen opgegeven, dus er viel niets te proberen.',
    'No internal systems are declared, so there was nothing to try.',
    'Aucun système interne n’est déclaré ; il n’y avait donc rien à essayer.',
  ),
  ISOLATION_HOSTS_SILENT: words(
    'Geen van de {hosts} opgegeven interne systemen antwoordde aan deze meting.',
    'None of the {hosts} declared internal systems answered this measurement.',
    'Aucun des {hosts} systèmes internes déclarés n’a répondu à cette mesure.',
  ),
  ISOLATION_HOST_ANSWERED: words(
    'Het interne systeem {host} antwoordde.',
    'The internal system {host} answered.',
    'Le système interne {host} a répondu.',
  ),
  SECRETS_NONE_DECLARED: words(
    'Er is geen broncode opgegeven om te doorzoeken.',
    'No source code is declared to be searched.',
    'Aucun code source à examiner n’est déclaré.',
  ),
  SECRETS_NONE_FOUND: words(
    'In {files} bestanden is geen geheim gevonden; {accepted} vondsten zijn met reden aanvaard.',
    'In {files} files no secret was found; {accepted} findings are accepted with a reason.',
    'Dans {files} fichiers, aucun secret trouvé ; {accepted} trouvailles sont acceptées avec ' +
      'une raison.',
  ),
  SECRETS_FOUND: words(
    'In {place} staat iets dat op een geheim lijkt ({rule}).',
    'In {place} stands what looks like a secret ({rule}).',
    'Dans {place} se trouve ce qui ressemble à un secret ({rule}).',
  ),
  CREDENTIALS_FRESH: words(
    'Van {count} wachtwoorden en sleutels is de oudste {days} dagen oud; de grens is zestig.',
    'Of {count} passwords and keys the oldest is {days} days old; the limit is sixty.',
    'Sur {count} mots de passe et clés, le plus ancien a {days} jours ; la limite est de soixante.',
  ),
  CREDENTIAL_OLD: words(
    '{name} is {days} dagen oud; de grens is zestig.',
    '{name} is {days} days old; the limit is sixty.',
    '{name} a {days} jours ; la limite est de soixante.',
  ),
  CREDENTIALS_KEPT: words(
    'Daarnaast zijn er {count} sleutels waaraan anderen ons herkennen of die openen wat ' +
      'verzegeld is; die blijven, de oudste is {days} dagen oud.',
    'Beside them are {count} keys that others know us by, or that open what was sealed; those ' +
      'stay, the oldest is {days} days old.',
    'S’y ajoutent {count} clés par lesquelles on nous reconnaît ou qui ouvrent ce qui est ' +
      'scellé ; elles restent, la plus ancienne a {days} jours.',
  ),
  PASSWORDS_ON_EVIDENCE: words(
    'Mensen kiezen een ander wachtwoord bij een vermoeden van misbruik, niet op de kalender ' +
      '(NIST SP 800-63B, ASVS 6.2.10).',
    'People choose another password on suspicion of misuse, not by the calendar ' +
      '(NIST SP 800-63B, ASVS 6.2.10).',
    'Les personnes changent de mot de passe en cas de soupçon, et non selon le calendrier ' +
      '(NIST SP 800-63B, ASVS 6.2.10).',
  ),
  PASSWORDS_FORCED: words(
    'Mensen moeten elke {days} dagen een ander wachtwoord kiezen: een regel van dit bedrijf, ' +
      'tegen het advies van NIST SP 800-63B en ASVS 6.2.10 in.',
    'People must choose another password every {days} days: a rule of this company, against the ' +
      'advice of NIST SP 800-63B and ASVS 6.2.10.',
    'Les personnes doivent changer de mot de passe tous les {days} jours : une règle de cette ' +
      'entreprise, contre l’avis de NIST SP 800-63B et ASVS 6.2.10.',
  ),
  OUTSIDE_ATTESTED: words(
    'Van {services} diensten van anderen is opgeschreven, niet gemeten, dat het oudste ' +
      'wachtwoord {days} dagen oud is.',
    'Of {services} outside services it is written down, not measured, that the oldest password ' +
      'is {days} days old.',
    'Pour {services} services extérieurs il est déclaré, et non mesuré, que le plus ancien mot ' +
      'de passe a {days} jours.',
  ),
  OUTSIDE_CREDENTIAL_OLD: words(
    'Een wachtwoord bij een dienst van anderen is {days} dagen oud; de grens is zestig.',
    'A password at an outside service is {days} days old; the limit is sixty.',
    'Un mot de passe chez un service extérieur a {days} jours ; la limite est de soixante.',
  ),
  OUTSIDE_REVIEW_DUE: words(
    'Van {services} diensten van anderen is dit kwartaal niet nagekeken of het nog klopt.',
    'Of {services} outside services nobody looked this quarter whether it is still so.',
    'Pour {services} services extérieurs, rien n’a été vérifié ce trimestre.',
  ),
  OUTSIDE_SECOND_ATTESTED: words(
    'Van {services} diensten van anderen is opgeschreven, niet gemeten, of een tweede bewijs ' +
      'aanstaat.',
    'Of {services} outside services it is written down, not measured, whether a second proof ' +
      'is on.',
    'Pour {services} services extérieurs il est déclaré, et non mesuré, si une seconde preuve ' +
      'est exigée.',
  ),
  OUTSIDE_SECOND_MEASURED: words(
    'Van {services} diensten van anderen zegt hun eigen API of een tweede bewijs verplicht is.',
    'Of {services} outside services their own API says whether a second proof is demanded.',
    'Pour {services} services extérieurs, leur propre API dit si une seconde preuve est exigée.',
  ),
  OUTSIDE_WITHOUT_SECOND: words(
    '{services} diensten van anderen zijn zonder tweede bewijs.',
    '{services} outside services are without a second proof.',
    '{services} services extérieurs sont sans seconde preuve.',
  ),
  TWOFACTOR_ALL: words(
    'Alle {accounts} medewerkers die kunnen inloggen hebben een tweede bewijs.',
    'All {accounts} staff members who can sign in have a second proof.',
    'Les {accounts} collaborateurs qui peuvent se connecter ont tous une seconde preuve.',
  ),
  TWOFACTOR_MISSING: words(
    '{accounts} medewerkers kunnen inloggen zonder tweede bewijs.',
    '{accounts} staff members can sign in without a second proof.',
    '{accounts} collaborateurs peuvent se connecter sans seconde preuve.',
  ),
  TWOFACTOR_ASKED: words(
    'Met alleen een juist wachtwoord bleef het beheer dicht.',
    'With only a right password the administration stayed closed.',
    'Avec le seul bon mot de passe, l’administration est restée fermée.',
  ),
  TWOFACTOR_SKIPPED: words(
    'Met alleen een wachtwoord ging het beheer open.',
    'With only a password the administration opened.',
    'Avec le seul mot de passe, l’administration s’est ouverte.',
  ),
  UPDATES_NO_ADVISORIES: words(
    'Er is geen lijst van bekende kwetsbaarheden ingesteld, dus niemand weet of alles bij is.',
    'No list of known vulnerabilities is configured, so nobody knows whether all is up to date.',
    'Aucune liste de vulnérabilités connues n’est configurée ; nul ne sait si tout est à jour.',
  ),
  UPDATES_ADVISORIES_OLD: words(
    'De lijst van bekende kwetsbaarheden is leeg of {days} dagen oud; de grens is {limit}.',
    'The list of known vulnerabilities is empty or {days} days old; the limit is {limit}.',
    'La liste des vulnérabilités connues est vide ou a {days} jours ; la limite est de {limit}.',
  ),
  UPDATES_NONE_LATE: words(
    '{components} onderdelen naast {advisories} bekende kwetsbaarheden gelegd: {open} open, ' +
      'geen over haar termijn.',
    '{components} components compared with {advisories} known vulnerabilities: {open} open, ' +
      'none past its time.',
    '{components} composants comparés à {advisories} vulnérabilités connues : {open} ouvertes, ' +
      'aucune hors délai.',
  ),
  UPDATES_SERVER_FLAW: words(
    'Deze versie van PostgreSQL heeft een fout die back-ups raakt ({id}); {fixedIn} heeft ze niet.',
    'This version of PostgreSQL has a flaw that touches backups ({id}); {fixedIn} has not.',
    'Cette version de PostgreSQL a un défaut qui touche les sauvegardes ({id}) ; {fixedIn} non.',
  ),
  UPDATES_LATE: words(
    '{component} heeft een bekende kwetsbaarheid ({id}, {severity}) en is {days} dagen te laat.',
    '{component} has a known vulnerability ({id}, {severity}) and is {days} days late.',
    '{component} a une vulnérabilité connue ({id}, {severity}) et {days} jours de retard.',
  ),
}

/**
 * What probes can have measured, each as a sentence in every language.
 *
 * Evidence holds the code and the values; the sentence is made when it is shown. A code keeps its
 * meaning for ever, because old evidence uses it.
 *
 * @module
 */
import { words, type Language, type Words } from './claim.ts'
import { customerFindingTexts } from './findings-customers.ts'
import { practiceFindingTexts } from './findings-practice.ts'
import { retentionFindingTexts } from './findings-retention.ts'
import { statusFindingTexts } from './findings-status.ts'
import { paymentFindingTexts } from './findings-payments.ts'
import { threatFindingTexts } from './findings-threats.ts'
import { webFindingTexts } from './findings-web.ts'
import type { Finding } from './statement.ts'

/** `{name}` stands for the finding's value of that name. */
export const findingTexts: Readonly<Record<string, Words>> = {
  ...webFindingTexts,
  ...practiceFindingTexts,
  ...paymentFindingTexts,
  ...threatFindingTexts,
  ...statusFindingTexts,
  ...retentionFindingTexts,
  ...customerFindingTexts,
  PROBE_TIMED_OUT: words(
    'De meting duurde langer dan {seconds} seconden en is afgebroken.',
    'The measurement took longer than {seconds} seconds and was cut off.',
    'La mesure a duré plus de {seconds} secondes et a été interrompue.',
  ),
  PROBE_NOT_REACHED: words(
    'Er viel niets te meten: {target} gaf geen antwoord.',
    'There was nothing to measure: {target} did not answer.',
    'Il n’y avait rien à mesurer : {target} ne répondait pas.',
  ),
  PROBE_BROKE: words(
    'De meting liep vast ({code}) en zegt dus niets.',
    'The measurement itself failed ({code}) and therefore says nothing.',
    'La mesure elle-même a échoué ({code}) et ne dit donc rien.',
  ),
  NET_STRANGER_SILENT: words(
    'Een verbinding vanaf {address}, dat niet op de lijst staat, kreeg geen enkele byte terug.',
    'A connection from {address}, which is not on the list, received not a single byte.',
    'Une connexion depuis {address}, hors liste, n’a pas reçu un seul octet.',
  ),
  NET_STRANGER_ANSWERED: words(
    'Een verbinding vanaf {address}, dat niet op de lijst staat, kreeg {bytes} byte terug.',
    'A connection from {address}, which is not on the list, received {bytes} bytes.',
    'Une connexion depuis {address}, hors liste, a reçu {bytes} octets.',
  ),
  NET_FRIEND_ANSWERED: words(
    'Ter controle: een verbinding vanaf {address}, dat wel op de lijst staat, kreeg antwoord.',
    'As a check: a connection from {address}, which is on the list, was answered.',
    'À titre de contrôle : une connexion depuis {address}, sur la liste, a reçu une réponse.',
  ),
  NET_DATABASE_NO_PORT: words(
    'De databank zelf ({processes} processen bekeken) heeft geen enkele netwerkpoort open.',
    'The database itself ({processes} processes examined) has no network port open.',
    'La base elle-même ({processes} processus examinés) n’a aucun port réseau ouvert.',
  ),
  NET_DATABASE_LISTENS: words(
    'De databank zelf luistert op netwerkpoort {ports}.',
    'The database itself listens on network port {ports}.',
    'La base elle-même écoute sur le port réseau {ports}.',
  ),
  AUTH_RIGHT_ADMITTED: words(
    'Ter controle: met het juiste wachtwoord, versleuteld, lukte het aanmelden ({mechanism}).',
    'As a check: with the right password, encrypted, signing in worked ({mechanism}).',
    'À titre de contrôle : avec le bon mot de passe, chiffré, la connexion a réussi ({mechanism}).',
  ),
  AUTH_WRONG_REFUSED: words(
    'Een fout wachtwoord werd geweigerd.',
    'A wrong password was refused.',
    'Un mot de passe erroné a été refusé.',
  ),
  AUTH_WRONG_ADMITTED: words(
    'Een fout wachtwoord werd binnengelaten.',
    'A wrong password was let in.',
    'Un mot de passe erroné a été accepté.',
  ),
  AUTH_NONE_REFUSED: words(
    'Zonder wachtwoord kwam niemand binnen.',
    'Without a password nobody got in.',
    'Sans mot de passe, personne n’est entré.',
  ),
  AUTH_NONE_ADMITTED: words(
    'Iemand zonder wachtwoord werd binnengelaten.',
    'Somebody without a password was let in.',
    'Quelqu’un sans mot de passe a été admis.',
  ),
  AUTH_WEAK_OFFERED: words(
    'De databank vroeg om een zwakker bewijs dan SCRAM-SHA-256 ({request}).',
    'The database asked for a weaker proof than SCRAM-SHA-256 ({request}).',
    'La base a demandé une preuve plus faible que SCRAM-SHA-256 ({request}).',
  ),
  AUTH_PLAIN_REFUSED: words(
    'Een onversleutelde verbinding werd geweigerd.',
    'An unencrypted connection was refused.',
    'Une connexion non chiffrée a été refusée.',
  ),
  AUTH_PLAIN_ADMITTED: words(
    'Een onversleutelde verbinding mocht verdergaan met aanmelden.',
    'An unencrypted connection was allowed to go on signing in.',
    'Une connexion non chiffrée a pu poursuivre l’authentification.',
  ),
  AUDIT_CANARY_FOUND: words(
    'Een proefopdracht met een geheim toevalsgetal stond in het logboek, met gebruiker en adres.',
    'A test command with a secret random number was in the log, with user and address.',
    'Une commande d’essai avec un nombre aléatoire secret figurait au registre, avec utilisateur.',
  ),
  AUDIT_CANARY_MISSING: words(
    'Een proefopdracht is uitgevoerd maar staat na {seconds} seconden niet in het logboek.',
    'A test command was executed but is not in the log after {seconds} seconds.',
    'Une commande d’essai a été exécutée mais ne figure pas au registre après {seconds} secondes.',
  ),
  AUDIT_CHAIN_INTACT: words(
    'De keten van verzegelingen klopt ({records} regels nagerekend).',
    'The chain of seals holds ({records} records recomputed).',
    'La chaîne des sceaux est intacte ({records} lignes recalculées).',
  ),
  AUDIT_CHAIN_BROKEN: words(
    'De keten van verzegelingen is verbroken: {where}.',
    'The chain of seals is broken: {where}.',
    'La chaîne des sceaux est rompue : {where}.',
  ),
  BACKUP_FULL_FRESH: words(
    'De jongste volledige kopie is {minutes} minuten oud; de grens is {limit} minuten.',
    'The newest full backup is {minutes} minutes old; the limit is {limit} minutes.',
    'La dernière sauvegarde complète date de {minutes} minutes ; la limite est de {limit}.',
  ),
  BACKUP_FULL_OVERDUE: words(
    'De jongste volledige kopie is {minutes} minuten oud, boven de grens van {limit}.',
    'The newest full backup is {minutes} minutes old, above the limit of {limit}.',
    'La dernière sauvegarde complète date de {minutes} minutes, au-delà de la limite de {limit}.',
  ),
  BACKUP_FULL_MISSING: words(
    'Er is nog geen volledige kopie.',
    'There is no full backup yet.',
    'Il n’y a pas encore de sauvegarde complète.',
  ),
  BACKUP_DIFFERENCE_FRESH: words(
    'De jongste kopie van de verschillen is {minutes} minuten oud; de grens is {limit} minuten.',
    'The newest backup of the differences is {minutes} minutes old; the limit is {limit} minutes.',
    'La dernière sauvegarde différentielle date de {minutes} minutes ; la limite est de {limit}.',
  ),
  BACKUP_DIFFERENCE_NOT_DUE: words(
    'Sinds de volledige kopie van {minutes} minuten geleden is nog geen kopie van de ' +
      'verschillen gemaakt; die moet er binnen {limit} minuten zijn.',
    'Since the full backup of {minutes} minutes ago no backup of the differences was made yet; ' +
      'one must follow within {limit} minutes.',
    'Depuis la sauvegarde complète d’il y a {minutes} minutes, aucune sauvegarde différentielle ' +
      'n’a encore été faite ; elle doit suivre dans les {limit} minutes.',
  ),
  BACKUP_DIFFERENCE_OVERDUE: words(
    'De laatste {minutes} minuten zijn de verschillen niet bewaard; de grens is {limit} minuten.',
    'For {minutes} minutes no backup of the differences was made; the limit is {limit} minutes.',
    'Depuis {minutes} minutes, aucune sauvegarde différentielle ; la limite est de {limit}.',
  ),
  BACKUP_LOG_FRESH: words(
    'Regio {region} loopt {seconds} seconden achter met het logboek; de grens is {limit}.',
    'Region {region} is {seconds} seconds behind with the log; the limit is {limit}.',
    'La région {region} a {seconds} secondes de retard sur le journal ; la limite est de {limit}.',
  ),
  BACKUP_LOG_LATE: words(
    'Regio {region} loopt {seconds} seconden achter met het logboek, boven de grens van {limit}.',
    'Region {region} is {seconds} seconds behind with the log, above the limit of {limit}.',
    'La région {region} a {seconds} secondes de retard, au-delà de la limite de {limit}.',
  ),
  BACKUP_COPIES_EQUAL: words(
    '{objects} bestanden vergeleken: alle {regions} regio’s hebben ze.',
    '{objects} files compared: all {regions} regions have them.',
    '{objects} fichiers comparés : les {regions} régions les possèdent tous.',
  ),
  BACKUP_COPY_MISSING: words(
    'Regio {region} mist {count} bestanden, waaronder {object}.',
    'Region {region} lacks {count} files, among them {object}.',
    'Il manque {count} fichiers à la région {region}, dont {object}.',
  ),
  BACKUP_ONE_REGION: words(
    'Er is maar {regions} regio in gebruik.',
    'Only {regions} region is in use.',
    'Seule {regions} région est utilisée.',
  ),
  BACKUP_SAMPLE_SEALED: words(
    '{objects} willekeurige bestanden bekeken: geen leesbare gegevens, alle bytes gelijk verdeeld.',
    '{objects} random files examined: no readable data, all bytes evenly spread.',
    '{objects} fichiers au hasard examinés : aucune donnée lisible, octets uniformes.',
  ),
  BACKUP_SAMPLE_READABLE: words(
    'In bestand {object} staan leesbare gegevens ({why}).',
    'File {object} holds readable data ({why}).',
    'Le fichier {object} contient des données lisibles ({why}).',
  ),
  BACKUP_SAMPLE_TAMPER_NOTICED: words(
    'Een ander sleutel of één omgedraaide bit: het bestand ging niet open.',
    'With another key, or one bit flipped, the file did not open.',
    'Avec une autre clé, ou un bit inversé, le fichier ne s’est pas ouvert.',
  ),
  BACKUP_SAMPLE_OPENED: words(
    'Bestand {object} ging open waar dat niet mocht: {why}.',
    'File {object} opened where it must not: {why}.',
    'Le fichier {object} s’est ouvert alors qu’il ne le devait pas : {why}.',
  ),
  DRILL_PASSED: words(
    'Een herstel naar een willekeurig moment ({moment}) lukte {hours} uur geleden, in {seconds} s.',
    'A restore to a random moment ({moment}) succeeded, {hours} hours ago, in {seconds} s.',
    'Une restauration à un instant aléatoire ({moment}) a réussi il y a {hours} h, en {seconds} s.',
  ),
  DRILL_CHECKED: words(
    'Gelezen: {rows} rijen, {tables} tabellen, {indexes} indexen; {facts} feiten vergeleken.',
    'Read in it: {rows} rows, {tables} tables, {indexes} indexes; {facts} facts compared.',
    'Lus : {rows} lignes, {tables} tables, {indexes} index ; {facts} faits comparés.',
  ),
  DRILL_FAILED: words(
    'Het laatste proefherstel, naar {moment}, mislukte ({why}).',
    'The last restore drill, to {moment}, failed ({why}).',
    'Le dernier exercice de restauration, à {moment}, a échoué ({why}).',
  ),
  DRILL_OLD: words(
    'Het laatste proefherstel is {hours} uur geleden; de grens is {limit} uur.',
    'The last restore drill was {hours} hours ago; the limit is {limit} hours.',
    'Le dernier exercice de restauration date de {hours} heures ; la limite est de {limit} heures.',
  ),
  DRILL_OUTSIDE: words(
    'Het laatste proefherstel ging naar {moment}, buiten de negentig dagen of vóór de kopie.',
    'The last restore drill went to {moment}, outside the ninety days or before its backup.',
    'Le dernier exercice visait {moment}, hors des quatre-vingt-dix jours ou avant la copie.',
  ),
  DRILL_NONE: words(
    'Er is nog geen proefherstel afgelopen.',
    'No restore drill has ended yet.',
    'Aucun exercice de restauration n’est encore terminé.',
  ),
  RECEIPT_FORGED: words(
    'Ontvangstbewijs {receipt} is niet door ons ondertekend.',
    'Receipt {receipt} was not signed by us.',
    'Le reçu {receipt} n’a pas été signé par nous.',
  ),
  VERIFY_CLEAN: words(
    '{objects} bestanden in {regions} regio’s nagelezen en geopend, {hours} u geleden: alles heel.',
    '{objects} files in {regions} regions read and opened, {hours} hours ago: all intact.',
    '{objects} fichiers de {regions} régions relus et ouverts il y a {hours} h : tous intacts.',
  ),
  VERIFY_FOUND: words(
    'Bij het nalezen van alle bestanden is schade gevonden ({why}).',
    'Reading all files back found damage ({why}).',
    'La relecture de tous les fichiers a révélé des dommages ({why}).',
  ),
  VERIFY_OLD: words(
    'Alle bestanden zijn {hours} uur geleden voor het laatst nagelezen; de grens is {limit} uur.',
    'All files were last read back {hours} hours ago; the limit is {limit} hours.',
    'Les fichiers ont été relus il y a {hours} heures ; la limite est de {limit} heures.',
  ),
  VERIFY_REGION_MISSING: words(
    'Regio {region} is bij het nalezen overgeslagen.',
    'Region {region} was left out when files were read back.',
    'La région {region} a été omise lors de la relecture.',
  ),
  VERIFY_NONE: words(
    'De bestanden zijn nog niet nagelezen.',
    'The files have not been read back yet.',
    'Les fichiers n’ont pas encore été relus.',
  ),
  BACKUP_RECEIPTS: words(
    'Van {count} kopieën ouder dan een dag is er een bewijs van herstel ({drills} in totaal).',
    'All {count} backups older than a day have a receipt of a restore ({drills} in all).',
    'Les {count} copies de plus d’un jour ont un reçu de restauration ({drills} au total).',
  ),
  BACKUP_UNDRILLED: words(
    '{count} kopieën ouder dan {limit} uur zijn nooit teruggezet, waaronder {backup}.',
    '{count} backups older than {limit} hours were never restored, among them {backup}.',
    '{count} copies de plus de {limit} heures n’ont jamais été restaurées, dont {backup}.',
  ),
  TLS_PLAIN_REDIRECTED: words(
    'Een onversleuteld verzoek kreeg alleen een doorverwijzing ({status}) naar HTTPS.',
    'An unencrypted request received only a redirect ({status}) to HTTPS.',
    'Une requête non chiffrée n’a reçu qu’une redirection ({status}) vers HTTPS.',
  ),
  TLS_PLAIN_CONTENT: words(
    'Een onversleuteld verzoek kreeg antwoord {status} in plaats van een doorverwijzing.',
    'An unencrypted request was answered {status} instead of a redirect.',
    'Une requête non chiffrée a reçu la réponse {status} au lieu d’une redirection.',
  ),
  TLS_PLAIN_ON_SECURE_PORT: words(
    'Een onversleuteld verzoek op de versleutelde poort kreeg inhoud ({status}).',
    'An unencrypted request on the encrypted port was answered with content ({status}).',
    'Une requête non chiffrée sur le port chiffré a reçu du contenu ({status}).',
  ),
  TLS_SECURE_PORT_SILENT: words(
    'Op de versleutelde poort kreeg een onversleuteld verzoek geen inhoud.',
    'On the encrypted port an unencrypted request received no content.',
    'Sur le port chiffré, une requête non chiffrée n’a reçu aucun contenu.',
  ),
  TLS_VERSION_REFUSED: words(
    '{version} werd geweigerd.',
    '{version} was refused.',
    '{version} a été refusé.',
  ),
  TLS_VERSION_ACCEPTED: words(
    '{version} werd aanvaard, hoewel het verouderd is.',
    '{version} was accepted, although it is outdated.',
    '{version} a été accepté, bien qu’obsolète.',
  ),
  TLS_VERSION_WORKS: words('{version} werkt.', '{version} works.', '{version} fonctionne.'),
  HEADERS_PRESENT: words(
    '{responses} soorten antwoorden bekeken: alle {headers} koppen stonden op elk ervan.',
    '{responses} kinds of response examined: all {headers} headers were on each of them.',
    '{responses} sortes de réponses examinées : les {headers} en-têtes figuraient sur chacune.',
  ),
  HEADERS_MISSING: words(
    'Op het antwoord “{response}” ontbrak {header}.',
    'The response “{response}” lacked {header}.',
    'Il manquait {header} à la réponse « {response} ».',
  ),
  HEADERS_WRONG: words(
    'Op het antwoord “{response}” had {header} een onveilige waarde.',
    'The response “{response}” had an unsafe value for {header}.',
    'La réponse « {response} » avait une valeur dangereuse pour {header}.',
  ),
  COOKIE_PROTECTED: words(
    'Cookie {name} was HttpOnly, Secure en SameSite, voor dit domein alleen.',
    'Cookie {name} was HttpOnly, Secure and SameSite, for this domain only.',
    'Le cookie {name} était HttpOnly, Secure et SameSite, pour ce domaine seulement.',
  ),
  COOKIE_UNPROTECTED: words(
    'Cookie {name} miste: {missing}.',
    'Cookie {name} lacked: {missing}.',
    'Il manquait au cookie {name} : {missing}.',
  ),
  MAIL_NO_DOMAIN: words(
    'Er is geen eigen domein ingesteld ({domain} is een voorbeeld), dus valt er niets te meten.',
    'No domain is configured ({domain} is an example), so there is nothing to measure.',
    'Aucun domaine n’est configuré ({domain} est un exemple) : il n’y a rien à mesurer.',
  ),
  MAIL_SPF_STRANGER_REFUSED: words(
    'Voor {domain} wijst SPF een vreemde server af ({result}, {lookups} van 10 opzoekingen).',
    'For {domain}, SPF turns away a foreign server ({result}, {lookups} of 10 lookups).',
    'Pour {domain}, SPF écarte un serveur étranger ({result}, {lookups} recherches sur 10).',
  ),
  MAIL_SPF_OPEN: words(
    'Voor {domain} wijst SPF een vreemde server niet af ({result}, {lookups} opzoekingen).',
    'For {domain}, SPF does not turn away a foreign server ({result}, {lookups} lookups).',
    'Pour {domain}, SPF n’écarte pas un serveur étranger ({result}, {lookups} recherches).',
  ),
  MAIL_SPF_OURS_PASSES: words(
    'Onze eigen server {address} mag versturen ({result}).',
    'Our own server {address} may send ({result}).',
    'Notre propre serveur {address} peut envoyer ({result}).',
  ),
  MAIL_SPF_OURS_FAILS: words(
    'Onze eigen server {address} wordt door SPF niet erkend ({result}).',
    'Our own server {address} is not recognised by SPF ({result}).',
    'Notre propre serveur {address} n’est pas reconnu par SPF ({result}).',
  ),
  MAIL_SIGNATURE_VALID: words(
    'De handtekening {selector} ({algorithm}) van een proefbericht klopt: {result}.',
    'The signature {selector} ({algorithm}) of a sampled message holds: {result}.',
    'La signature {selector} ({algorithm}) d’un message d’essai est valable : {result}.',
  ),
  MAIL_SIGNATURE_INVALID: words(
    'De handtekening {selector} ({algorithm}) van een proefbericht klopt niet: {result}.',
    'The signature {selector} ({algorithm}) of a sampled message does not hold: {result}.',
    'La signature {selector} ({algorithm}) d’un message d’essai n’est pas valable : {result}.',
  ),
  MAIL_SIGNATURE_MISSING: words(
    'Een proefbericht droeg geen handtekening van ons domein.',
    'A sampled message carried no signature of our domain.',
    'Un message d’essai ne portait aucune signature de notre domaine.',
  ),
  MAIL_DMARC_STRONG: words(
    'Wat {domain} voorschrijft voor vervalste e-mail, geldt werkelijk: {policy}.',
    'What {domain} asks for forged e-mail is in real effect: {policy}.',
    'Ce que {domain} demande pour les e-mails falsifiés s’applique réellement : {policy}.',
  ),
  MAIL_DMARC_WEAK: words(
    'Vervalste e-mail in naam van {domain} krijgt in werkelijkheid beleid {policy}.',
    'Forged e-mail in the name of {domain} really meets policy {policy}.',
    'Un e-mail falsifié au nom de {domain} reçoit en réalité la politique {policy}.',
  ),
  MAIL_DMARC_MISSING: words(
    'Voor {domain} is geen DMARC-beleid te vinden.',
    'No DMARC policy is found for {domain}.',
    'Aucune politique DMARC n’est trouvée pour {domain}.',
  ),
  MAIL_LINK_FOUND: words(
    'Een proefbericht had een afmeldlink in de kop en een in de tekst.',
    'A sampled message had a link to unsubscribe in its header and one in its text.',
    'Un message d’essai avait un lien de désabonnement dans l’en-tête et un dans le texte.',
  ),
  MAIL_LINK_MISSING: words(
    'Een proefbericht had geen afmeldlink.',
    'A sampled message had no link to unsubscribe.',
    'Un message d’essai n’avait pas de lien de désabonnement.',
  ),
  MAIL_LINK_HIDDEN: words(
    'De afmeldlink stond niet in de tekst van een proefbericht.',
    'The link to unsubscribe was not in the text of a sampled message.',
    'Le lien de désabonnement ne figurait pas dans le texte d’un message d’essai.',
  ),
  MAIL_ONE_CLICK_MISSING: words(
    'Een proefbericht liet zich niet met één klik afmelden.',
    'A sampled message offered no one-click unsubscription.',
    'Un message d’essai n’offrait pas de désabonnement en un clic.',
  ),
  MAIL_GET_HARMLESS: words(
    'De link enkel openen, zoals een virusscanner doet, meldde niemand af.',
    'Only opening the link, as a virus scanner does, unsubscribed nobody.',
    'Ouvrir seulement le lien, comme un antivirus, n’a désabonné personne.',
  ),
  MAIL_GET_UNSUBSCRIBED: words(
    'De link enkel openen meldde de ontvanger al af.',
    'Only opening the link already unsubscribed the reader.',
    'La simple ouverture du lien a déjà désabonné le destinataire.',
  ),
  MAIL_CLICK_WORKS: words(
    'Na één klik kwam er geen bericht meer aan.',
    'After one click no further message arrived.',
    'Après un clic, plus aucun message n’est arrivé.',
  ),
  MAIL_CLICK_REFUSED: words(
    'De afmelding met één klik kreeg antwoord {status}.',
    'The one-click unsubscription was answered {status}.',
    'Le désabonnement en un clic a reçu la réponse {status}.',
  ),
  MAIL_CLICK_IGNORED: words(
    'Na de afmelding kwam er toch nog een bericht aan.',
    'After unsubscribing a message still arrived.',
    'Après le désabonnement, un message est encore arrivé.',
  ),
  MAIL_LIMIT_HELD: words(
    'Van {attempts} berichten aan één adres in allerlei schrijfwijzen kwamen er {received} aan; ' +
      'de grens is {limit} per uur.',
    'Of {attempts} messages to one address in many spellings {received} arrived; the limit is ' +
      '{limit} an hour.',
    'Sur {attempts} messages à une adresse écrite de diverses façons, {received} sont arrivés ; ' +
      'la limite est de {limit} par heure.',
  ),
  MAIL_LIMIT_EXCEEDED: words(
    'Van {attempts} berichten aan één adres kwamen er {received} aan, bij een grens van {limit}.',
    'Of {attempts} messages to one address {received} arrived, with a limit of {limit}.',
    'Sur {attempts} messages à une adresse, {received} sont arrivés, pour une limite de {limit}.',
  ),
  MAIL_LIMIT_HIGH: words(
    'De ingestelde grens van {limit} berichten per uur beschermt niemand.',
    'The configured limit of {limit} messages an hour protects nobody.',
    'La limite configurée de {limit} messages par heure ne protège personne.',
  ),
}

/** The sentence of a finding. A code this version does not know is shown as it stands. */
export function describeFinding(finding: Finding, language: Language): string {
  const template = findingTexts[finding.code]?.[language]
  if (template === undefined) return finding.code
  return template.replace(/\{([a-zA-Z]+)\}/g, (_, name: string) =>
    String(finding.values[name] ?? '?'),
  )
}

/**
 * Claims of the sections "e-mail", "internal practices", "availability" and "updates".
 *
 * @module
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, words, type Claim } from './claim.ts'

export const practiceClaims: readonly Claim[] = [
  {
    id: 'mail.spf',
    section: 'mail',
    sentence: words(
      'Alleen onze eigen mailservers mogen e-mail in onze naam versturen (SPF).',
      'Only our own mail servers may send e-mail in our name (SPF).',
      'Seuls nos propres serveurs peuvent envoyer des e-mails en notre nom (SPF).',
    ),
    control: words(
      'Een openbare lijst van onze mailservers in het DNS.',
      'A public list of our mail servers in the DNS.',
      'Une liste publique de nos serveurs de messagerie dans le DNS.',
    ),
    falsifiedBy: words(
      'Een vreemde controleur keurt een van onze berichten af.',
      'A foreign verifier rejects one of our messages.',
      'Un vérificateur étranger rejette l’un de nos messages.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'mail.dkim',
    section: 'mail',
    sentence: words(
      'Onze e-mail draagt een handtekening die vervalsing verraadt (DKIM).',
      'Our e-mail carries a signature that betrays forgery (DKIM).',
      'Nos e-mails portent une signature qui révèle la falsification (DKIM).',
    ),
    control: words(
      'De mailpoort ondertekent elk bericht.',
      'The mail gateway signs every message.',
      'La passerelle de messagerie signe chaque message.',
    ),
    falsifiedBy: words(
      'Een vreemde controleur keurt de handtekening van een bericht af.',
      'A foreign verifier rejects the signature of a message.',
      'Un vérificateur étranger rejette la signature d’un message.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'mail.dmarc',
    section: 'mail',
    sentence: words(
      'Wij vragen elke ontvanger om valse e-mail in onze naam apart te zetten (DMARC).',
      'We ask every receiver to quarantine false e-mail in our name (DMARC).',
      'Nous demandons à chaque destinataire d’isoler les faux e-mails envoyés en notre nom ' +
        '(DMARC).',
    ),
    control: words(
      'Een DMARC-beleid van ten minste quarantaine in het DNS.',
      'A DMARC policy of at least quarantine in the DNS.',
      'Une politique DMARC d’au moins « quarantine » dans le DNS.',
    ),
    falsifiedBy: words(
      'Het beleid dat werkelijk geldt, is zwakker dan quarantaine.',
      'The policy in real effect is weaker than quarantine.',
      'La politique réellement appliquée est plus faible que la quarantaine.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'mail.unsubscribe',
    section: 'mail',
    sentence: words(
      'In elke e-mail staat hoe u zich afmeldt, en afmelden werkt.',
      'Every e-mail says how to unsubscribe, and unsubscribing works.',
      'Chaque e-mail indique comment se désabonner, et le désabonnement fonctionne.',
    ),
    control: words(
      'De mailpoort voegt de afmeldlink toe en houdt afgemelde adressen tegen.',
      'The mail gateway adds the link and holds back unsubscribed addresses.',
      'La passerelle de messagerie ajoute le lien et retient les adresses désabonnées.',
    ),
    falsifiedBy: words(
      'Een bericht zonder link, of een afmelding die de post niet stopt.',
      'A message without the link, or an unsubscription that does not stop mail.',
      'Un message sans lien, ou un désabonnement qui n’arrête pas les envois.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'mail.ratelimit',
    section: 'mail',
    sentence: words(
      'Niemand kan via ons een mailbox overspoelen.',
      'Nobody can flood a mailbox through us.',
      'Personne ne peut inonder une boîte aux lettres par notre intermédiaire.',
    ),
    control: words(
      'De mailpoort begrenst hoeveel berichten één adres krijgt, over alle formulieren heen.',
      'The mail gateway limits how many messages one address gets, across all forms.',
      'La passerelle limite le nombre de messages par adresse, tous formulaires confondus.',
    ),
    falsifiedBy: words(
      'Een adres krijgt meer berichten dan de grens.',
      'An address gets more messages than the limit.',
      'Une adresse reçoit plus de messages que la limite.',
    ),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'staff.leastprivilege',
    section: 'internal',
    sentence: words(
      'Onze medewerkers zien alleen wat zij nodig hebben, en alleen zolang zij het nodig hebben.',
      'Our staff see only what they need, and only for as long as they need it.',
      'Nos collaborateurs ne voient que ce dont ils ont besoin, et seulement le temps ' +
        'nécessaire.',
    ),
    control: words(
      'Toegang wordt per keer aangevraagd, goedgekeurd en na korte tijd weer ingetrokken.',
      'Access is requested each time, approved, and withdrawn after a short while.',
      'L’accès est demandé chaque fois, approuvé, puis retiré après peu de temps.',
    ),
    falsifiedBy: words(
      'Een medewerker heeft een blijvend wachtwoord voor de databank, of toegang na de ' +
        'afgesproken tijd.',
      'A staff member has a standing database password, or access past its end.',
      'Un collaborateur a un mot de passe permanent pour la base, ou un accès au-delà de sa fin.',
    ),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'staff.isolation',
    section: 'internal',
    sentence: words(
      'Onze ontwikkel- en testsystemen zijn van buiten niet bereikbaar.',
      'Our development and test systems cannot be reached from outside.',
      'Nos systèmes de développement et de test ne sont pas accessibles de l’extérieur.',
    ),
    control: words(
      'Een opgegeven lijst van interne systemen wordt van buiten af geprobeerd.',
      'A declared list of internal systems is tried from outside.',
      'Une liste déclarée de systèmes internes est essayée de l’extérieur.',
    ),
    falsifiedBy: words('Eén ervan antwoordt.', 'One of them answers.', 'L’un d’eux répond.'),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'staff.nosecrets',
    section: 'internal',
    sentence: words(
      'In onze broncode staan geen sleutels of wachtwoorden.',
      'Our source code contains no keys or passwords.',
      'Notre code source ne contient ni clés ni mots de passe.',
    ),
    control: words(
      'Alle opgegeven broncode wordt doorzocht, ook de geschiedenis.',
      'All declared source code is searched, its history too.',
      'Tout le code source déclaré est examiné, historique compris.',
    ),
    falsifiedBy: words('Een vondst.', 'A finding.', 'Une trouvaille.'),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'credentials.rotated',
    section: 'internal',
    sentence: words(
      'De wachtwoorden en sleutels van onze systemen worden ten minste elke zestig dagen ' +
        'vernieuwd.',
      'The passwords and keys of our systems are renewed at least every sixty days.',
      'Les mots de passe et clés de nos systèmes sont renouvelés au moins tous les ' +
        'soixante jours.',
    ),
    control: words(
      'Vernieuwen gebeurt vanzelf, zonder onderbreking.',
      'Renewal happens by itself, without interruption.',
      'Le renouvellement se fait tout seul, sans interruption.',
    ),
    falsifiedBy: words(
      'Het oudste wachtwoord of de oudste sleutel is ouder dan zestig dagen.',
      'The oldest password or key is older than sixty days.',
      'Le plus ancien mot de passe ou clé a plus de soixante jours.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
    outdated: words(
      'Mensen dwingen hun wachtwoord geregeld te wijzigen wordt afgeraden (NIST SP ' +
        '800-63B): zij kiezen dan zwakkere. Wij vernieuwen de sleutels van systemen, en ' +
        'wachtwoorden van mensen alleen bij een vermoeden van misbruik.',
      'Forcing people to change passwords regularly is advised against (NIST SP 800-63B): ' +
        'they then choose weaker ones. We renew the keys of systems, and people’s passwords ' +
        'only on suspicion of misuse.',
      'Forcer les gens à changer régulièrement de mot de passe est déconseillé (NIST SP ' +
        '800-63B) : ils en choisissent de plus faibles. Nous renouvelons les clés des ' +
        'systèmes, et les mots de passe des personnes en cas de soupçon seulement.',
    ),
  },
  {
    id: 'credentials.twofactor',
    section: 'internal',
    sentence: words(
      'Onze medewerkers melden zich aan met twee bewijzen van wie zij zijn.',
      'Our staff sign in with two proofs of who they are.',
      'Nos collaborateurs se connectent avec deux preuves d’identité.',
    ),
    control: words(
      'Zonder tweede bewijs komt niemand ons beheer binnen.',
      'Without a second proof nobody enters our administration.',
      'Sans seconde preuve, personne n’entre dans notre administration.',
    ),
    falsifiedBy: words(
      'Een medewerker zonder, of een weg die de stap overslaat.',
      'A staff member without one, or a path that skips the step.',
      'Un collaborateur sans elle, ou un chemin qui saute l’étape.',
    ),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'status.public',
    section: 'availability',
    sentence: words(
      'Of onze dienst werkt, kan iedereen op elk moment zien.',
      'Anyone can see at any time whether our service works.',
      'Chacun peut voir à tout moment si notre service fonctionne.',
    ),
    control: words(
      'Een openbare statuspagina, gevoed door eigen metingen.',
      'A public status page, fed by measurements of its own.',
      'Une page d’état publique, alimentée par ses propres mesures.',
    ),
    falsifiedBy: words(
      'De pagina is verouderd, of een bekende storing staat er niet op.',
      'The page is out of date, or a known outage is not on it.',
      'La page n’est pas à jour, ou une panne connue n’y figure pas.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
  },
  {
    id: 'updates.patched',
    section: 'updates',
    sentence: words(
      'Onze systemen draaien met de laatste beveiligingsupdates.',
      'Our systems run with the latest security updates.',
      'Nos systèmes fonctionnent avec les dernières mises à jour de sécurité.',
    ),
    control: words(
      'Een inventaris van alle onderdelen wordt naast de bekende kwetsbaarheden gelegd.',
      'An inventory of all components is laid beside the known vulnerabilities.',
      'Un inventaire de tous les composants est comparé aux vulnérabilités connues.',
    ),
    falsifiedBy: words(
      'Een onderdeel met een bekende kwetsbaarheid is over zijn termijn.',
      'A component with a known vulnerability is past its deadline.',
      'Un composant à vulnérabilité connue a dépassé son délai.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
]

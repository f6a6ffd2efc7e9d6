/**
 * Claims of the sections "audit and threat detection", "attacks and cookies" and "payments".
 *
 * @module
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, words, type Claim } from './claim.ts'

export const detectionClaims: readonly Claim[] = [
  {
    id: 'audit.complete',
    section: 'audit',
    sentence: words(
      'Alles wat in de databank gebeurt, wordt opgetekend, en niemand kan dat ongemerkt ' +
        'veranderen.',
      'Everything that happens in the database is recorded, and nobody can alter the ' +
        'record unseen.',
      'Tout ce qui se passe dans la base est consigné, et personne ne peut modifier ce ' +
        'registre sans que cela se voie.',
    ),
    control: words(
      'Elke opdracht wordt opgeschreven vóór hij de databank bereikt, in een logboek ' +
        'waarin elke regel de vorige verzegelt.',
      'Every command is written down before it reaches the database, in a log where each ' +
        'record seals the one before.',
      'Chaque commande est inscrite avant d’atteindre la base, dans un registre où chaque ' +
        'ligne scelle la précédente.',
    ),
    falsifiedBy: words(
      'Een proefopdracht ontbreekt in het logboek, of de keten van verzegelingen is verbroken.',
      'A test command is missing from the log, or the chain of seals is broken.',
      'Une commande d’essai manque dans le registre, ou la chaîne des sceaux est rompue.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
  },
  {
    id: 'threat.detected',
    section: 'audit',
    sentence: words(
      'Vreemde verbindingen, SQL-injectie, gegevensdiefstal en misbruik van rechten worden ' +
        'opgemerkt terwijl ze gebeuren.',
      'Abnormal connections, SQL injection, data theft and abuse of rights are noticed as ' +
        'they happen.',
      'Les connexions anormales, l’injection SQL, le vol de données et l’abus de droits ' +
        'sont détectés pendant qu’ils se produisent.',
    ),
    control: words(
      'Een detectiedienst leest het logboek doorlopend mee.',
      'A detection service reads along with the log continuously.',
      'Un service de détection lit le registre en continu.',
    ),
    falsifiedBy: words(
      'Een nagebootste aanval geeft geen alarm.',
      'A simulated attack raises no alarm.',
      'Une attaque simulée ne déclenche aucune alerte.',
    ),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'threat.alerted',
    section: 'audit',
    sentence: words(
      'Bij gevaar wordt ons team meteen gewaarschuwd.',
      'In case of danger our team is alerted at once.',
      'En cas de danger, notre équipe est alertée immédiatement.',
    ),
    control: words(
      'Een alarm gaat langs verschillende wegen naar wie dienst heeft.',
      'An alarm travels by several ways to whoever is on duty.',
      'Une alerte parvient par plusieurs voies à la personne de garde.',
    ),
    falsifiedBy: words(
      'Een proefalarm komt niet of te laat aan.',
      'A test alarm arrives late or not at all.',
      'Une alerte d’essai n’arrive pas ou arrive trop tard.',
    ),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'breach.notice',
    section: 'audit',
    sentence: words(
      'Een datalek melden wij binnen de wettelijke termijn.',
      'We notify a data breach within the legal time limit.',
      'Nous notifions une violation de données dans le délai légal.',
    ),
    control: words(
      'Elk voorval heeft een klok die niet stil te zetten is.',
      'Every incident has a clock that cannot be stopped quietly.',
      'Chaque incident a une horloge qui ne peut être arrêtée en silence.',
    ),
    falsifiedBy: words(
      'Een open voorval is over zijn termijn.',
      'An open incident is past its time limit.',
      'Un incident ouvert a dépassé son délai.',
    ),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'login.lockout',
    section: 'attacks',
    sentence: words(
      'Na herhaalde foute wachtwoorden gaat een account op slot, zonder dat een aanvaller ' +
        'de eigenaar kan buitensluiten.',
      'Repeated wrong passwords lock an account, without letting an attacker lock out its owner.',
      'Des mots de passe erronés répétés verrouillent le compte, sans qu’un attaquant ' +
        'puisse en exclure le propriétaire.',
    ),
    control: words(
      'De webpoort telt foute pogingen per account en kent de eigen toestellen van de eigenaar.',
      'The web gateway counts wrong attempts per account and knows the owner’s own devices.',
      'La passerelle web compte les échecs par compte et connaît les appareils du propriétaire.',
    ),
    falsifiedBy: words(
      'Pogingen boven de grens worden nog beoordeeld, of een bekend toestel wordt ' +
        'buitengesloten.',
      'Attempts beyond the limit are still evaluated, or a known device is locked out.',
      'Des tentatives au-delà de la limite sont encore évaluées, ou un appareil connu est exclu.',
    ),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'cookies.secure',
    section: 'attacks',
    sentence: words(
      'Aanmeldcookies zijn onleesbaar voor scripts en reizen alleen versleuteld, naar de ' +
        'juiste plek.',
      'Sign-in cookies cannot be read by scripts and travel only encrypted, to the right place.',
      'Les cookies de connexion sont illisibles pour les scripts et ne voyagent que ' +
        'chiffrés, vers le bon endroit.',
    ),
    control: words(
      'De webpoort geeft elke aanmeldcookie de kenmerken HttpOnly, Secure en SameSite, en ' +
        'beperkt domein en pad.',
      'The web gateway gives each sign-in cookie the attributes HttpOnly, Secure and ' +
        'SameSite, and confines domain and path.',
      'La passerelle web donne à chaque cookie de connexion les attributs HttpOnly, Secure ' +
        'et SameSite, et limite domaine et chemin.',
    ),
    falsifiedBy: words(
      'Een cookie verlaat ons zonder een van die kenmerken, of geldt voor een ander domein.',
      'A cookie leaves us without one of those attributes, or is valid for another domain.',
      'Un cookie nous quitte sans l’un de ces attributs, ou vaut pour un autre domaine.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
  },
  {
    id: 'payments.redirect',
    section: 'payments',
    sentence: words(
      'Betalen doet u geheel bij de betaaldienst die uw club heeft gekozen.',
      'You pay wholly at the payment service that your club has chosen.',
      'Vous payez entièrement auprès du service de paiement choisi par votre club.',
    ),
    control: words(
      'Wij sturen u door, en geloven alleen wat de betaaldienst zelf bevestigt.',
      'We send you there, and believe only what the payment service itself confirms.',
      'Nous vous y dirigeons, et ne croyons que ce que le service de paiement confirme lui-même.',
    ),
    falsifiedBy: words(
      'Een betaalpagina van onszelf, of een betaalde bestelling zonder het woord van de ' +
        'betaaldienst.',
      'A payment page of our own, or a paid order without the payment service’s word.',
      'Une page de paiement à nous, ou une commande payée sans la parole du service de paiement.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'payments.nocard',
    section: 'payments',
    sentence: words(
      'Kaartgegevens komen nooit in onze systemen.',
      'Card data never touch our systems.',
      'Les données de carte n’entrent jamais dans nos systèmes.',
    ),
    control: words(
      'Alle poorten zoeken naar kaartnummers in verkeer, databank, e-mail en logboeken.',
      'All gateways look for card numbers in traffic, database, e-mail and logs.',
      'Toutes les passerelles cherchent des numéros de carte dans le trafic, la base, les ' +
        'e-mails et les journaux.',
    ),
    falsifiedBy: words(
      'Een geplant proefnummer komt er ongezien door.',
      'A planted test number passes unseen.',
      'Un numéro d’essai semé passe inaperçu.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
]

/**
 * Claims of the sections "database and access" and "backups and recovery".
 *
 * @module
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, words, type Claim } from './claim.ts'

export const databaseClaims: readonly Claim[] = [
  {
    id: 'access.network',
    section: 'database',
    sentence: words(
      'De databank is alleen bereikbaar vanuit onze applicatie en vanaf vaste, bekende adressen.',
      'The database can be reached only from our application and from fixed, known addresses.',
      'La base de données n’est accessible que depuis notre application et des adresses ' +
        'fixes connues.',
    ),
    control: words(
      'Een poort voor de databank laat alleen adressen van een vaste lijst toe; de ' +
        'databank zelf luistert op geen enkele netwerkpoort.',
      'A gateway in front of the database admits only addresses on a fixed list; the ' +
        'database itself listens on no network port.',
      'Une passerelle devant la base n’admet que les adresses d’une liste fixe ; la base ' +
        'elle-même n’écoute sur aucun port réseau.',
    ),
    falsifiedBy: words(
      'Een verbinding vanaf een adres buiten de lijst krijgt ook maar één byte antwoord, ' +
        'of de databank blijkt zelf een netwerkpoort open te hebben.',
      'A connection from an address off the list receives even one byte in answer, or the ' +
        'database is found to have a network port of its own.',
      'Une connexion depuis une adresse hors liste reçoit ne fût-ce qu’un octet, ou la ' +
        'base ouvre elle-même un port réseau.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
  },
  {
    id: 'access.auth',
    section: 'database',
    sentence: words(
      'Wie de databank gebruikt, moet altijd bewijzen wie hij is, over een versleutelde ' +
        'verbinding.',
      'Everyone who uses the database must prove who they are, over an encrypted connection.',
      'Quiconque utilise la base de données doit prouver son identité, sur une connexion ' +
        'chiffrée.',
    ),
    control: words(
      'Aanmelden gaat met SCRAM-SHA-256 over TLS; een onversleutelde verbinding wordt geweigerd.',
      'Signing in uses SCRAM-SHA-256 over TLS; an unencrypted connection is refused.',
      'La connexion se fait par SCRAM-SHA-256 sur TLS ; une connexion non chiffrée est refusée.',
    ),
    falsifiedBy: words(
      'Een fout wachtwoord, een ontbrekend wachtwoord of een onversleutelde verbinding ' +
        'wordt binnengelaten.',
      'A wrong password, a missing password or an unencrypted connection is let in.',
      'Un mot de passe erroné ou absent, ou une connexion non chiffrée, est accepté.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
  },
  {
    id: 'access.roles',
    section: 'database',
    sentence: words(
      'Elke gebruiker van de databank heeft alleen de rechten die zijn rol nodig heeft.',
      'Each user of the database has only the rights that its role needs.',
      'Chaque utilisateur de la base n’a que les droits nécessaires à son rôle.',
    ),
    control: words(
      'De rechten worden per rol nagelopen en de poort laat geen opdrachten door die ' +
        'buiten de rol vallen.',
      'Rights are audited role by role, and the gateway passes no command outside the role.',
      'Les droits sont vérifiés rôle par rôle et la passerelle ne laisse passer aucune ' +
        'commande hors du rôle.',
    ),
    falsifiedBy: words(
      'De rol van de applicatie kan tabellen wijzigen, een ander schema lezen of de ' +
        'rijbeveiliging omzeilen.',
      'The application’s role can alter tables, read another schema or bypass row security.',
      'Le rôle de l’application peut modifier des tables, lire un autre schéma ou ' +
        'contourner la sécurité par ligne.',
    ),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'backup.schedule',
    section: 'backups',
    sentence: words(
      'Om de paar uur maken wij een volledige reservekopie, elk uur de verschillen, en ' +
        'elke wijziging wordt doorlopend meegeschreven.',
      'We make a full backup every few hours, the differences every hour, and write away ' +
        'every change continuously.',
      'Nous faisons une sauvegarde complète toutes les quelques heures, les différences ' +
        'chaque heure, et chaque modification est copiée en continu.',
    ),
    control: words(
      'De reservekopiedienst werkt volgens een vast schema en ontvangt het ' +
        'transactielogboek rechtstreeks van de databank.',
      'The backup service keeps a fixed schedule and receives the transaction log straight ' +
        'from the database.',
      'Le service de sauvegarde suit un horaire fixe et reçoit le journal des transactions ' +
        'directement de la base.',
    ),
    falsifiedBy: words(
      'De jongste volledige kopie of die van de verschillen is te oud, of een regio loopt meer ' +
        'dan vijftien minuten achter met het logboek.',
      'The newest full backup or that of the differences is too old, or a region is more than ' +
        'fifteen minutes behind with the log.',
      'La dernière sauvegarde complète ou différentielle est trop ancienne, ou une région a ' +
        'plus de quinze minutes de retard sur le journal.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
  },
  {
    id: 'backup.encrypted',
    section: 'backups',
    sentence: words(
      'Elke reservekopie is versleuteld met AES-256.',
      'Every backup is encrypted with AES-256.',
      'Chaque sauvegarde est chiffrée avec AES-256.',
    ),
    control: words(
      'Alles wordt versleuteld en verzegeld voordat het onze machine verlaat; elke ' +
        'veranderde byte valt bij het openen op.',
      'Everything is encrypted and sealed before it leaves our machine; any altered byte ' +
        'is noticed on opening.',
      'Tout est chiffré et scellé avant de quitter notre machine ; tout octet modifié est ' +
        'détecté à l’ouverture.',
    ),
    falsifiedBy: words(
      'Een willekeurig gekozen bestand bevat leesbare gegevens, opent zonder de sleutel, ' +
        'of opent nog nadat één bit is omgedraaid.',
      'A file chosen at random holds readable data, opens without the key, or still opens ' +
        'after one bit was flipped.',
      'Un fichier choisi au hasard contient des données lisibles, s’ouvre sans la clé, ou ' +
        's’ouvre encore après l’inversion d’un bit.',
    ),
    boundMs: HOUR_MS,
    probe: 'live',
  },
  {
    id: 'backup.georedundant',
    section: 'backups',
    sentence: words(
      'Van elke reservekopie liggen exemplaren in meerdere regio’s.',
      'Copies of every backup are kept in several regions.',
      'Des exemplaires de chaque sauvegarde sont conservés dans plusieurs régions.',
    ),
    control: words(
      'De databank mag pas vergeten wat alle vereiste regio’s veilig hebben opgeslagen.',
      'The database may forget only what all required regions have stored safely.',
      'La base ne peut oublier que ce que toutes les régions requises ont enregistré en sûreté.',
    ),
    falsifiedBy: words(
      'Een regio mist een bestand dat een andere regio al langer heeft.',
      'A region lacks a file that another region has had for some time.',
      'Il manque à une région un fichier qu’une autre possède depuis un moment.',
    ),
    boundMs: 15 * MINUTE_MS,
    probe: 'live',
  },
  {
    id: 'backup.pitr',
    section: 'backups',
    sentence: words(
      'Wij kunnen uw gegevens terugzetten naar elk gekozen moment.',
      'We can restore your data to any chosen moment.',
      'Nous pouvons restaurer vos données à tout instant choisi.',
    ),
    control: words(
      'Reservekopieën en het doorlopende logboek samen; elke dag wordt een herstel naar ' +
        'een willekeurig moment echt uitgevoerd.',
      'Backups together with the continuous log; every day a restore to a random moment is ' +
        'really carried out.',
      'Les sauvegardes et le journal continu ; chaque jour, une restauration à un instant ' +
        'aléatoire est réellement exécutée.',
    ),
    falsifiedBy: words(
      'De laatste hersteloefening mislukte, of is ouder dan een dag.',
      'The last restore drill failed, or is older than a day.',
      'Le dernier exercice de restauration a échoué ou date de plus d’un jour.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'backup.verified',
    section: 'backups',
    sentence: words(
      'Wij controleren regelmatig of elke reservekopie nog ongeschonden is.',
      'We check regularly that every backup is still intact.',
      'Nous vérifions régulièrement que chaque sauvegarde est toujours intacte.',
    ),
    control: words(
      'Elke kopie wordt in elke regio volledig nagelezen en binnen een dag echt teruggezet; van ' +
        'beide komt een ondertekend ontvangstbewijs.',
      'Every backup is read back whole in every region and really restored within a day; each ' +
        'leaves a signed receipt.',
      'Chaque sauvegarde est relue en entier dans chaque région et réellement restaurée dans la ' +
        'journée ; chaque fois avec un reçu signé.',
    ),
    falsifiedBy: words(
      'Een kopie van meer dan een dag oud is nooit proefgedraaid, of bij het nalezen van alle ' +
        'bestanden in alle regio’s is schade gevonden.',
      'A backup more than a day old was never restored as a trial, or reading back all files ' +
        'in all regions found damage.',
      'Une sauvegarde de plus d’un jour n’a jamais été restaurée à l’essai, ou la relecture de ' +
        'tous les fichiers de toutes les régions a révélé des dommages.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
  {
    id: 'backup.retention',
    section: 'backups',
    sentence: words(
      'Wij bewaren reservekopieën negentig dagen en vernietigen ze daarna.',
      'We keep backups for ninety days and then destroy them.',
      'Nous conservons les sauvegardes quatre-vingt-dix jours, puis nous les détruisons.',
    ),
    control: words(
      'Na negentig dagen wordt de sleutel vernietigd, zodat geen enkel exemplaar ooit nog ' +
        'te openen is.',
      'After ninety days the key is destroyed, so that no copy can ever be opened again.',
      'Après quatre-vingt-dix jours la clé est détruite, de sorte qu’aucun exemplaire ne ' +
        'peut plus être ouvert.',
    ),
    falsifiedBy: words(
      'Een ouder bestand opent nog, een bewijs van vernietiging ontbreekt, of een moment ' +
        'binnen de negentig dagen is niet te herstellen.',
      'An older file still opens, a receipt of destruction is missing, or a moment within ' +
        'the ninety days cannot be restored.',
      'Un fichier plus ancien s’ouvre encore, un reçu de destruction manque, ou un instant ' +
        'des quatre-vingt-dix jours n’est pas restaurable.',
    ),
    boundMs: DAY_MS,
    probe: 'live',
  },
]

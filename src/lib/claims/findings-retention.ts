/**
 * What the probes of retention and of regions can have measured.
 *
 * @module
 */
import { words, type Words } from './claim.ts'

export const retentionFindingTexts: Readonly<Record<string, Words>> = {
  BACKUP_REGION_SILENT: words(
    'De extra regio {region} antwoordde niet en is niet meegeteld.',
    'The additional region {region} did not answer and was not counted.',
    'La région supplémentaire {region} n’a pas répondu et n’a pas été comptée.',
  ),
  RETENTION_KEPT: words(
    'Elk moment sinds {from} is te herstellen, uit {backups} kopieën en een logboek zonder gaten.',
    'Every moment since {from} can be restored, from {backups} backups and a log without holes.',
    'Tout instant depuis {from} est restaurable, à partir de {backups} copies et d’un journal ' +
      'sans lacune.',
  ),
  RETENTION_DESTROYED: words(
    'Van {receipts} vernietigingen is er een ondertekend bewijs; geen van hun sleutels bestaat ' +
      'nog.',
    'There is a signed receipt of {receipts} destructions; none of their keys exists any more.',
    'Il existe un reçu signé de {receipts} destructions ; aucune de leurs clés n’existe encore.',
  ),
  RETENTION_BASE: words(
    'Om het eerste moment te herstellen is nog een bestand nodig dat {minutes} minuten ouder is ' +
      'dan dat moment; het had al vernietigd moeten zijn.',
    'To restore the first moment a file is still needed that is {minutes} minutes older than ' +
      'that moment; it should have been destroyed.',
    'Pour restaurer le premier instant il faut encore un fichier de {minutes} minutes plus ' +
      'ancien que lui ; il aurait dû être détruit.',
  ),
  RETENTION_HELD: words(
    'Op bevel wordt niets vernietigd dat sinds {from} nodig is.',
    'By order nothing is destroyed that is needed since {from}.',
    'Par ordre, rien de ce qui est nécessaire depuis {from} n’est détruit.',
  ),
  RETENTION_OTHER: words(
    'Er is een bewaartijd van {days} dagen ingesteld.',
    'Retention is set to {days} days.',
    'La conservation est réglée à {days} jours.',
  ),
  RETENTION_GAP: words(
    'Vanaf {from} is {minutes} minuten lang geen moment te herstellen: {why} (in totaal {count}).',
    'From {from} on, no moment of {minutes} minutes can be restored: {why} ({count} in all).',
    'À partir de {from}, aucun instant de {minutes} minutes n’est restaurable : {why} ({count} ' +
      'au total).',
  ),
  RETENTION_READABLE: words(
    'In regio {region} bestaat sleutel {key} van {born} nog, hoewel niets hem nodig heeft.',
    'In region {region} the key {key} of {born} still exists, although nothing needs it.',
    'Dans la région {region}, la clé {key} du {born} existe encore bien que rien ne la requière.',
  ),
  RETENTION_UNDEAD: words(
    'In regio {region} bestaan {count} opgegeven sleutels nog, waaronder {key}.',
    'In region {region} {count} keys that were given up still exist, among them {key}.',
    'Dans la région {region}, {count} clés abandonnées existent encore, dont {key}.',
  ),
  RETENTION_RECEIPT_MISSING: words(
    'Van {count} vernietigingen ontbreekt het bewijs.',
    'The receipt of {count} destructions is missing.',
    'Le reçu de {count} destructions manque.',
  ),
}

/**
 * The sentences of connections: doors, keys, addresses that are told of bookings.
 *
 * @module
 */

export const connectionWords = {
  'links.title': ['Koppelingen', 'Connexions', 'Connections'],
  'links.lead': [
    'Toegangsdeuren en andere programma’s van de club. Wat ze krijgen bevat geen namen.',
    'Portes et autres programmes du club. Rien de ce qu’ils reçoivent ne contient de nom.',
    'Doors and other programs of the club. Nothing they receive holds a name.',
  ],
  'doors.title': ['Deurcodes', 'Codes de porte', 'Door codes'],
  'doors.lead': [
    'Elke boeking krijgt een code van zes cijfers, die enkel opent van even vooraf tot het einde.',
    'Chaque réservation reçoit un code à six chiffres, valable de peu avant jusqu’à la fin.',
    'Each booking gets a code of six digits that opens only from shortly before until its end.',
  ],
  'doors.minutes': [
    'Opent vooraf (minuten, 0 = geen codes)',
    'Ouvre avant (minutes, 0 = pas de codes)',
    'Opens before (minutes, 0 = no codes)',
  ],
  'doors.save': ['Bewaar', 'Enregistrer', 'Save'],
  'doors.saved': ['Bewaard.', 'Enregistré.', 'Saved.'],
  'doors.code': ['Deurcode', 'Code de porte', 'Door code'],
  'doors.hint': [
    'Opent vanaf {n} minuten voor het begin, tot het einde.',
    'Ouvre {n} minutes avant le début et jusqu’à la fin.',
    'Opens from {n} minutes before the start until the end.',
  ],
  'keys.title': ['Sleutels van deursystemen', 'Clés des portes', 'Keys of door systems'],
  'keys.lead': [
    'Met een sleutel haalt een deur de codes van de komende dag op:',
    'Avec une clé, une porte lit les codes du jour à venir :',
    'With a key a door fetches the codes of the day ahead:',
  ],
  'keys.name': ['Naam van de deur', 'Nom de la porte', 'Name of the door'],
  'keys.make': ['Maak een sleutel', 'Créer une clé', 'Make a key'],
  'keys.once': [
    'Deze sleutel tonen we één keer:',
    'Cette clé ne s’affiche qu’une fois :',
    'This key is shown once:',
  ],
  'keys.used': ['laatst gebruikt {when}', 'utilisée {when}', 'last used {when}'],
  'keys.unused': ['nog niet gebruikt', 'pas encore utilisée', 'not used yet'],
  'keys.drop': ['Intrekken', 'Révoquer', 'Revoke'],
  'keys.dropped': [
    'De sleutel opent niets meer.',
    'La clé n’ouvre plus rien.',
    'The key opens nothing any more.',
  ],
  'links.many': [
    'Dat zijn er genoeg. Trek er eerst één in.',
    'C’est assez. Révoquez-en une d’abord.',
    'These are enough. Revoke one first.',
  ],
  'hooks.title': ['Meldingen aan programma’s', 'Avis aux programmes', 'Messages to programs'],
  'hooks.lead': [
    'Bij elke boeking, verplaatsing en annulatie sturen we een ondertekend bericht (Standard Webhooks) naar dit adres.',
    'À chaque réservation, déplacement ou annulation, un message signé (Standard Webhooks) part vers cette adresse.',
    'At each booking, move and cancellation a signed message (Standard Webhooks) goes to this address.',
  ],
  'hooks.url': ['Adres (https)', 'Adresse (https)', 'Address (https)'],
  'hooks.add': ['Voeg toe', 'Ajouter', 'Add'],
  'hooks.bad': [
    'Dat is geen adres dat we kunnen gebruiken: https, en zonder wachtwoord erin.',
    'Cette adresse ne convient pas : https, et sans mot de passe dedans.',
    'That is no address we can use: https, and without a password in it.',
  ],
  'hooks.secret': [
    'Geheim om ze te controleren',
    'Secret pour les vérifier',
    'Secret to check them',
  ],
  'hooks.test': ['Stuur een proef', 'Envoyer un essai', 'Send a test'],
  'hooks.tested': [
    'De proef vertrekt. Ververs deze pagina voor het antwoord.',
    'L’essai part. Rechargez cette page pour voir la réponse.',
    'The test is on its way. Load this page again for the answer.',
  ],
  'hooks.fine': ['aangekomen {when}', 'reçu {when}', 'taken {when}'],
  'hooks.new': ['nog niets verstuurd', 'rien envoyé encore', 'nothing sent yet'],
  'hooks.failing': [
    'mislukt sinds {when} ({problem}); {n|1 bericht wacht|{n} berichten wachten}',
    'échoue depuis {when} ({problem}) ; {n|1 message attend|{n} messages attendent}',
    'failing since {when} ({problem}); {n|1 message waits|{n} messages wait}',
  ],
  'hooks.stopped': [
    'gestopt na drie dagen zonder antwoord ({problem}); een proef begint opnieuw',
    'arrêté après trois jours sans réponse ({problem}) ; un essai le relance',
    'stopped after three days without an answer ({problem}); a test begins again',
  ],
  'alert.link': [
    '{by} gaf een ander programma toegang tot de boekingen, {when}.',
    '{by} a donné à un autre programme accès aux réservations, {when}.',
    '{by} let another program follow the bookings, {when}.',
  ],
  'alert.webhook': [
    'Een programma dat de boekingen volgt, antwoordt al drie dagen niet; het krijgt niets meer ({when}).',
    'Un programme qui suit les réservations ne répond plus depuis trois jours ; il ne reçoit plus rien ({when}).',
    'A program that follows the bookings has not answered for three days; it is told no more ({when}).',
  ],
} as const

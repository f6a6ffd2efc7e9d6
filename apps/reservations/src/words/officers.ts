/**
 * The sentences about members' data: proof of presence, lists, imports, joining.
 *
 * @module
 */

export const officerWords = {
  'family.title': ['Mijn gezin', 'Ma famille', 'My family'],
  'family.lead': [
    'U boekt, wijzigt en annuleert ook voor hen, en leest wat de club hun meldt.',
    'Vous réservez, modifiez et annulez aussi pour eux, et lisez ce que le club leur annonce.',
    'You book, change and cancel for them too, and read what the club tells them.',
  ],
  'family.per': ['Telt de boekingen van', 'Compte les réservations', 'Counts the bookings of'],
  'family.per.member': ['het lid', 'du membre', 'the member'],
  'family.per.family': ['het hele gezin', 'de toute la famille', 'the whole family'],
  'family.has': ['Ouder: {name}', 'Parent : {name}', 'Parent: {name}'],
  'family.none': ['Geen ouder', 'Aucun parent', 'No parent'],
  'family.set': [
    'E-mailadres van het volwassen lid dat voor {name} boekt; leeg: niemand',
    'Adresse e-mail du membre adulte qui réserve pour {name} ; vide : personne',
    'E-mail address of the adult member who books for {name}; empty: nobody',
  ],
  'family.unknown': [
    'Er is geen lid met dat e-mailadres.',
    'Aucun membre n’a cette adresse e-mail.',
    'No member has that e-mail address.',
  ],
  'family.young': [
    'Wie voor een ander boekt, moet volwassen zijn.',
    'Qui réserve pour un autre doit être majeur.',
    'Who books for another must be an adult.',
  ],
  'family.chain': [
    'Wie zelf een ouder heeft, kan niet voor een ander boeken; en omgekeerd.',
    'Qui a lui-même un parent ne peut pas réserver pour un autre, et inversement.',
    'Who has a parent himself cannot book for another, nor the other way round.',
  ],
  'prove.title': ['Bent u het?', 'C’est bien vous ?', 'Is it you?'],
  'prove.lead': [
    'Ledengegevens openen enkel na uw wachtwoord. Zo haalt niemand de ledenlijst met een gestolen toestel.',
    'Les données des membres ne s’ouvrent qu’avec votre mot de passe. Ainsi personne n’emporte la liste avec un appareil volé.',
    'Members’ data open only with your password. So nobody takes the list with a stolen device.',
  ],
  'prove.submit': ['Verder', 'Continuer', 'Go on'],
  'prove.wrong': [
    'Dat is niet uw wachtwoord.',
    'Ce n’est pas votre mot de passe.',
    'That is not your password.',
  ],
  'prove.hidden': [
    'Namen die niet met iedereen gedeeld worden, ziet u na uw wachtwoord.',
    'Les noms non partagés s’affichent après votre mot de passe.',
    'Names not shared with everybody show after your password.',
  ],
  'prove.show': ['Toon alle namen', 'Afficher tous les noms', 'Show all names'],
  'members.title': ['Leden', 'Membres', 'Members'],
  'members.count': [
    '{n|{n} lid|{n} leden}',
    '{n|{n} membre|{n} membres}',
    '{n|{n} member|{n} members}',
  ],
  'members.search': [
    'Zoek op naam of e-mail',
    'Chercher un nom ou un e-mail',
    'Search name or e-mail',
  ],
  'members.find': ['Zoek', 'Chercher', 'Search'],
  'members.more': [
    'Verfijn uw zoekopdracht om er meer te zien.',
    'Précisez pour en voir d’autres.',
    'Refine your search to see others.',
  ],
  'members.export': [
    'Ledenlijst downloaden (CSV)',
    'Télécharger la liste (CSV)',
    'Download the list (CSV)',
  ],
  'members.exportHint': [
    'Hoogstens drie keer per dag. Elke andere secretaris krijgt meteen bericht.',
    'Trois fois par jour au plus. Chaque autre secrétaire est prévenu aussitôt.',
    'Three times a day at most. Every other officer is told at once.',
  ],
  'members.exportLimit': [
    'Regel “Ledenlijst”: drie keer per dag, en dat is al gebeurd. Morgen lukt het weer.',
    'Règle « Liste des membres » : trois fois par jour, et c’est déjà fait. Ce sera possible demain.',
    'Rule “Member list”: three times a day, and that was done. It works again tomorrow.',
  ],
  'members.born': ['° {year}', 'né(e) en {year}', 'born {year}'],
  'members.inactive': ['inactief', 'inactif', 'inactive'],
  'alerts.title': ['Voor het bestuur', 'Pour le comité', 'For the committee'],
  'alert.export': [
    '{by} haalde de ledenlijst op ({count}), {when}.',
    '{by} a téléchargé la liste des membres ({count}), {when}.',
    '{by} took the member list ({count}), {when}.',
  ],
  'alert.list': [
    '{by} opende de ledengegevens, {when}.',
    '{by} a ouvert les données des membres, {when}.',
    '{by} opened the members’ data, {when}.',
  ],
  'alert.canary': [
    'Iemand gebruikte het lokadres uit de ledenlijst, {when}. De lijst is gelekt.',
    'Quelqu’un a utilisé l’adresse leurre de la liste, {when}. La liste a fuité.',
    'Somebody used the decoy address of the member list, {when}. The list has leaked.',
  ],
  'alert.import': [
    '{by} bracht {count} leden in, {when}.',
    '{by} a importé {count} membres, {when}.',
    '{by} brought in {count} members, {when}.',
  ],
  'alerts.read': ['Dat klopt', 'C’est normal', 'That is right'],
  'alerts.cut': [
    'Dit klopt niet: log {by} overal uit',
    'Ce n’est pas normal : déconnecter {by} partout',
    'This is wrong: log {by} out everywhere',
  ],
  'alerts.done': [
    '{n|{n} sessie beëindigd.|{n} sessies beëindigd.}',
    '{n|{n} session fermée.|{n} sessions fermées.}',
    '{n|{n} session ended.|{n} sessions ended.}',
  ],
  'me.everywhere': ['Overal uitloggen', 'Se déconnecter partout', 'Log out everywhere'],
  'import.title': ['Leden inlezen', 'Importer des membres', 'Bring in members'],
  'import.lead': [
    'Een CSV-bestand van uw federatie of rekenblad. Eerst ziet u per lid wat er gebeurt; tot dan verandert er niets.',
    'Un fichier CSV de votre fédération ou tableur. Vous voyez d’abord ce qu’il advient de chaque membre ; rien ne change avant.',
    'A CSV file of your federation or spreadsheet. You first see what becomes of each member; nothing changes until then.',
  ],
  'import.columns': [
    'Kolommen: voornaam, naam, e-mail, geboortejaar; indien gewenst abonnement, licentie en e-mail van de ouder. Van een geboortedatum wordt enkel het jaar bewaard.',
    'Colonnes : prénom, nom, e-mail, année de naissance ; au besoin abonnement, licence et e-mail du parent. D’une date de naissance seule l’année est gardée.',
    'Columns: first name, last name, e-mail, birth year; subscription, licence and e-mail of the parent if you wish. Of a birth date only the year is kept.',
  ],
  'import.file': ['CSV-bestand', 'Fichier CSV', 'CSV file'],
  'import.look': ['Bekijk wat er gebeurt', 'Voir ce qui se passera', 'See what would happen'],
  'import.new': ['{n} nieuw', '{n} nouveaux', '{n} new'],
  'import.changed': ['{n} gewijzigd', '{n} modifiés', '{n} changed'],
  'import.same': ['{n} ongewijzigd', '{n} inchangés', '{n} unchanged'],
  'import.refused': ['{n} geweigerd', '{n} refusés', '{n} refused'],
  'import.row': ['rij {n}', 'ligne {n}', 'row {n}'],
  'import.do': [
    'Breng in en stuur de nieuwe leden een uitnodiging',
    'Importer et inviter les nouveaux membres',
    'Bring them in and invite the new ones',
  ],
  'import.done': [
    '{added} nieuw, {changed} gewijzigd. Ongedaan maken kan in het logboek.',
    '{added} nouveaux, {changed} modifiés. Le journal permet d’annuler.',
    '{added} new, {changed} changed. The journal can undo it.',
  ],
  'import.nothing': ['Er is niets te doen.', 'Il n’y a rien à faire.', 'There is nothing to do.'],
  'import.moved': [
    'De ledenlijst veranderde intussen. Lees het bestand opnieuw in.',
    'La liste a changé entre-temps. Reprenez le fichier.',
    'The members changed meanwhile. Please start again with the file.',
  ],
  'import.empty': ['Het bestand is leeg.', 'Le fichier est vide.', 'The file is empty.'],
  'import.notText': [
    'Dit is geen CSV-bestand.',
    'Ce n’est pas un fichier CSV.',
    'This is no CSV file.',
  ],
  'import.tooMany': [
    'Een bestand telt hoogstens 5.000 leden. Splits het en breng de delen na elkaar in.',
    'Un fichier compte au plus 5 000 membres. Scindez-le et importez les parties une à une.',
    'A file holds at most 5,000 members. Split it and bring the parts in one by one.',
  ],
  'import.noColumns': [
    'De eerste rij moet de kolommen noemen: voornaam, naam, e-mail en geboortejaar.',
    'La première ligne doit nommer les colonnes : prénom, nom, e-mail et année de naissance.',
    'The first row must name the columns: first name, last name, e-mail and birth year.',
  ],
  'import.noName': [
    'voornaam of naam ontbreekt',
    'prénom ou nom manquant',
    'first or last name is missing',
  ],
  'import.badEmail': [
    'geen geldig e-mailadres',
    'adresse e-mail non valable',
    'no valid e-mail address',
  ],
  'import.badYear': [
    'geen geldig geboortejaar',
    'année de naissance non valable',
    'no valid birth year',
  ],
  'import.formula': ['lijkt op een formule', 'ressemble à une formule', 'looks like a formula'],
  'import.tooLong': ['een naam is te lang', 'un nom est trop long', 'a name is too long'],
  'import.twice': [
    'dit e-mailadres staat er tweemaal in',
    'cette adresse figure deux fois',
    'this address is there twice',
  ],
  'import.noSubscription': ['abonnement onbekend', 'abonnement inconnu', 'subscription unknown'],
  'import.noGuardian': [
    'ouder niet gevonden, ook niet in dit bestand',
    'parent introuvable, aussi dans ce fichier',
    'parent not found, nor in this file',
  ],
  'import.youngGuardian': [
    'de ouder is minderjarig',
    'le parent est mineur',
    'the parent is a minor',
  ],
  'import.chain': [
    'wie een ouder heeft, is zelf niemands ouder',
    'qui a un parent n’est le parent de personne',
    'who has a parent is nobody’s parent',
  ],
  'import.officer': [
    'een bestuurslid wijzigt u niet zo',
    'un officier ne se modifie pas ainsi',
    'an officer is not changed this way',
  ],
  'join.title': ['Welkom bij {club}', 'Bienvenue à {club}', 'Welcome to {club}'],
  'join.lead': [
    'Dag {name}. Kies een wachtwoord van minstens 10 tekens; daarna kunt u boeken.',
    'Bonjour {name}. Choisissez un mot de passe d’au moins 10 caractères ; ensuite vous réservez.',
    'Hello {name}. Choose a password of at least 10 characters; then you can book.',
  ],
  'join.password': ['Nieuw wachtwoord', 'Nouveau mot de passe', 'New password'],
  'join.submit': ['Begin', 'Commencer', 'Begin'],
  'join.short': [
    'Kies een wachtwoord van minstens 10 tekens.',
    'Choisissez un mot de passe d’au moins 10 caractères.',
    'Choose a password of at least 10 characters.',
  ],
  'join.gone': [
    'Deze uitnodiging is gebruikt of verlopen. Vraag uw club een nieuwe.',
    'Cette invitation a servi ou expiré. Demandez-en une autre à votre club.',
    'This invitation was used or has expired. Ask your club for another.',
  ],
  'act.import': ['Leden ingelezen', 'Membres importés', 'Members brought in'],
} as const

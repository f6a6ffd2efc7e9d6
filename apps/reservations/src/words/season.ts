/**
 * The sentences of the season: waiting, calendars, numbers.
 *
 * @module
 */

export const seasonWords = {
  'cell.hold': ['Vrijgehouden', 'Réservé un instant', 'Held'],
  'wait.title': ['Wachtlijst', 'Liste d’attente', 'Waiting list'],
  'wait.link': [
    'Niets dat past? Wachtlijst',
    'Rien ne convient ? Liste d’attente',
    'Nothing suits? Waiting list',
  ],
  'wait.lead': [
    'Komt een bezet uur vrij, dan houden we het een kwartier voor de eerste die wacht.',
    'Si une heure prise se libère, nous la gardons un quart d’heure pour le premier qui attend.',
    'If a taken time comes free, we hold it a quarter of an hour for the first who waits.',
  ],
  'wait.mine': ['U wacht op', 'Vous attendez', 'You are waiting for'],
  'wait.held': [
    'Voor u vrijgehouden tot {time}',
    'Gardé pour vous jusqu’à {time}',
    'Held for you until {time}',
  ],
  'wait.book': ['Boek nu', 'Réserver', 'Book now'],
  'wait.stop': ['Niet meer wachten', 'Ne plus attendre', 'Stop waiting'],
  'wait.taken': ['Bezet op {date}', 'Occupé le {date}', 'Taken on {date}'],
  'wait.none': [
    'Die dag is er geen bezet uur om op te wachten.',
    'Rien à attendre ce jour-là.',
    'There is nothing to wait for that day.',
  ],
  'wait.ask': ['Verwittig mij', 'Prévenez-moi', 'Tell me'],
  'wait.added': [
    'U staat op de wachtlijst.',
    'Vous êtes sur la liste d’attente.',
    'You are on the waiting list.',
  ],
  'wait.stopped': [
    'U staat niet meer op de wachtlijst.',
    'Vous n’êtes plus sur la liste.',
    'You are off the waiting list.',
  ],
  'wait.tooManyMine': [
    'U wacht al op 10 uren. Stop er eerst met één.',
    'Vous attendez déjà 10 heures. Retirez-en une d’abord.',
    'You are waiting for 10 times already. Stop with one first.',
  ],
  'wait.tooManyHere': [
    'Voor dit uur wachten er al 25 leden.',
    '25 membres attendent déjà cette heure.',
    '25 members are already waiting for this time.',
  ],
  'feed.title': ['Mijn agenda', 'Mon agenda', 'My calendar'],
  'feed.lead': [
    'Een geheim adres waarmee uw agenda uw boekingen volgt. Er staan geen namen van anderen in.',
    'Une adresse secrète avec laquelle votre agenda suit vos réservations. Aucun nom d’autrui n’y figure.',
    'A secret address with which your calendar follows your bookings. It holds no names of others.',
  ],
  'feed.open': ['Maak een adres', 'Créer une adresse', 'Make an address'],
  'feed.once': [
    'Dit adres tonen we één keer. Neem het over in uw agenda:',
    'Cette adresse ne s’affiche qu’une fois. Copiez-la dans votre agenda :',
    'This address is shown once. Copy it into your calendar:',
  ],
  'feed.made': ['Adres van {when}', 'Adresse du {when}', 'Address of {when}'],
  'feed.close': ['Intrekken', 'Révoquer', 'Revoke'],
  'feed.closed': [
    'Het adres antwoordt niet meer.',
    'L’adresse ne répond plus.',
    'The address answers no more.',
  ],
  'feed.tooMany': [
    'U hebt al vijf adressen. Trek er eerst één in.',
    'Vous avez déjà cinq adresses. Révoquez-en une d’abord.',
    'You have five addresses already. Revoke one first.',
  ],
  'kiosk.title': ['Aanmelden', 'Arrivée', 'Check in'],
  'kiosk.lead': [
    'Tik het nummer van uw boeking in, van een kwartier vooraf tot {n} minuten na het begin.',
    'Tapez le numéro de votre réservation, d’un quart d’heure avant à {n} minutes après le début.',
    'Type the number of your booking, from a quarter of an hour before until {n} minutes after the start.',
  ],
  'kiosk.pin': ['Nummer om aan te melden', 'Numéro d’arrivée', 'Check-in number'],
  'kiosk.pinHint': [
    'Aan het scherm in het clubhuis. Wie {n} minuten na het begin niet aangemeld is, verliest het terrein.',
    'À l’écran du club-house. Sans arrivée {n} minutes après le début, le terrain est libéré.',
    'At the screen in the clubhouse. Without it, {n} minutes after the start the court is given free.',
  ],
  'kiosk.checkIn': ['Aanmelden', 'Je suis là', 'Check in'],
  'kiosk.welcome': [
    'Welkom op {court}. Veel plezier!',
    'Bienvenue sur {court}. Bon jeu !',
    'Welcome to {court}. Enjoy your game!',
  ],
  'kiosk.wrong': [
    'Dit nummer hoort nu bij geen enkele boeking.',
    'Ce numéro ne correspond à aucune réservation en ce moment.',
    'This number belongs to no booking just now.',
  ],
  'kiosk.here': ['aangemeld', 'arrivés', 'here'],
  'kiosk.awaited': ['verwacht', 'attendus', 'awaited'],
  'kiosk.none': [
    'Er begint nu geen partij.',
    'Aucune partie ne commence maintenant.',
    'No game begins just now.',
  ],
  'kiosk.rule': [
    'Vrij zonder aanmelding na (minuten, 0 = nooit)',
    'Libéré sans arrivée après (minutes, 0 = jamais)',
    'Freed without check-in after (minutes, 0 = never)',
  ],
  'kiosk.device': ['Scherm in het clubhuis', 'Écran du club-house', 'Screen in the clubhouse'],
  'kiosk.deviceHint': [
    'Dit toestel toont wie verwacht wordt, zonder namen, en u wordt hier uitgelogd.',
    'Cet appareil montre qui est attendu, sans noms, et vous y serez déconnecté.',
    'This device shows what is awaited, without names, and you are logged out here.',
  ],
  'kiosk.make': [
    'Maak van dit toestel het scherm',
    'Faire de cet appareil l’écran',
    'Make this device the screen',
  ],
  'kiosk.closeAll': ['Alle schermen intrekken', 'Révoquer tous les écrans', 'Revoke all screens'],
  'numbers.missed': [
    '{n|{n} partij waarvoor niemand kwam|{n} partijen waarvoor niemand kwam}',
    '{n|{n} partie sans personne|{n} parties sans personne}',
    '{n|{n} game nobody came for|{n} games nobody came for}',
  ],
  'leave.title': ['De club verlaten', 'Quitter le club', 'Leave the club'],
  'leave.lead': [
    'Uw naam, e-mailadres, licentie en agenda-adressen worden gewist, ook uit het logboek. Komende boekingen vervallen. Dit kan niet ongedaan gemaakt worden.',
    'Votre nom, adresse, licence et agendas sont effacés, aussi du journal. Vos réservations à venir sont annulées. C’est irrévocable.',
    'Your name, address, licence and calendars are erased, from the journal too. Coming bookings are cancelled. This cannot be undone.',
  ],
  'leave.export': [
    'Eerst mijn gegevens downloaden',
    'D’abord télécharger mes données',
    'Download my data first',
  ],
  'leave.do': ['Wis mijn gegevens', 'Effacer mes données', 'Erase my data'],
  'leave.officer': [
    'U bent secretaris. Draag die taak eerst over.',
    'Vous êtes secrétaire. Transmettez d’abord cette fonction.',
    'You are an officer. Hand that over first.',
  ],
  'leave.gone': ['Uw gegevens zijn gewist', 'Vos données sont effacées', 'Your data are erased'],
  'leave.goneLead': [
    'Dank u voor de tijd bij de club. Wordt een reservekopie teruggezet, dan wissen we u opnieuw.',
    'Merci pour le temps passé au club. Si une sauvegarde est restaurée, nous vous effaçons à nouveau.',
    'Thank you for your time with the club. If a backup is restored, you are erased again.',
  ],
  'leave.receipt': ['Bewijs:', 'Reçu :', 'Receipt:'],
  'me.data': ['Mijn gegevens', 'Mes données', 'My data'],
  'me.kept': [
    'Namen bij wedstrijden bewaren we 13 maanden, het logboek 12. Horen we 24 maanden niets van u, dan wissen we uw gegevens.',
    'Les noms des parties sont gardés 13 mois, le journal 12. Sans nouvelles de vous pendant 24 mois, vos données sont effacées.',
    'Names in games are kept 13 months, the journal 12. If nothing is heard of you for 24 months, your data are erased.',
  ],
  'me.dataLead': [
    'Alles wat de club van u weet, als bestand; en hoe u vertrekt.',
    'Tout ce que le club sait de vous, en fichier ; et comment partir.',
    'All the club knows of you, as a file; and how to leave.',
  ],
  'me.download': ['Download (JSON)', 'Télécharger (JSON)', 'Download (JSON)'],
  'numbers.title': ['Cijfers', 'Chiffres', 'Numbers'],
  'numbers.lead': [
    'Bezetting van de terreinen, voor het bestuur en de gemeente. Er staat niemand in.',
    'Occupation des terrains, pour le comité et la commune. Personne n’y figure.',
    'How the courts are used, for the committee and the town hall. Nobody is in it.',
  ],
  'numbers.show': ['Toon', 'Afficher', 'Show'],
  'numbers.court': ['Terrein', 'Terrain', 'Court'],
  'numbers.open': ['Open', 'Ouvert', 'Open'],
  'numbers.play': ['Gespeeld', 'Joué', 'Played'],
  'numbers.course': ['Les, wedstrijd', 'Cours, match', 'Course, match'],
  'numbers.closed': ['Gesloten', 'Fermé', 'Closed'],
  'numbers.share': ['Bezetting', 'Occupation', 'Use'],
  'numbers.hours': ['{n} u', '{n} h', '{n} h'],
  'numbers.byHour': ['Bezetting per uur', 'Occupation par heure', 'Use by the hour'],
  'numbers.download': ['Als CSV', 'En CSV', 'As CSV'],
  'numbers.bad': [
    'Kies een periode van hoogstens een jaar, het begin eerst.',
    'Choisissez une période d’un an au plus, le début d’abord.',
    'Choose a period of a year at most, the start first.',
  ],
} as const

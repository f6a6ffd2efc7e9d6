/**
 * Every sentence of the application, in Dutch, French and English, in that order.
 *
 * `{name}` is replaced; `{n|one|other}` chooses by the plural rules of the language. A sentence
 * missing in one language does not type-check.
 *
 * @module
 */
import { connectionWords } from './connections.ts'
import { courtWords } from './courts.ts'
import { lookWords } from './look.ts'
import { officeRooms } from './office.ts'
import { officerWords } from './officers.ts'
import { payerWords } from './payers.ts'
import { seasonWords } from './season.ts'
import { staffWords } from './staff.ts'
import { ticketWords } from './tickets.ts'

type Sentence = readonly [nl: string, fr: string, en: string]

const general = {
  'nav.label': ['Hoofdmenu', 'Menu principal', 'Main menu'],
  'nav.day': ['Terreinen', 'Terrains', 'Courts'],
  'nav.mine': ['Mijn boekingen', 'Mes réservations', 'My bookings'],
  'nav.mine.short': ['Boekingen', 'Réservations', 'Bookings'],
  'nav.office': ['Secretariaat', 'Secrétariat', 'Office'],
  'nav.me': ['Mijn profiel', 'Mon profil', 'My profile'],
  'nav.me.short': ['Profiel', 'Profil', 'Profile'],
  'nav.login': ['Inloggen', 'Se connecter', 'Log in'],
  'nav.logout': ['Uitloggen', 'Se déconnecter', 'Log out'],
  'nav.skip': ['Naar de inhoud', 'Aller au contenu', 'Skip to content'],
  'nav.language': ['Taal', 'Langue', 'Language'],
  'nav.clubs': ['Alle clubs', 'Tous les clubs', 'All clubs'],
  'clubs.title': ['Kies uw club', 'Choisissez votre club', 'Choose your club'],
  'clubs.lead': [
    'Bekijk welke terreinen vrij zijn en boek in enkele tikken.',
    'Voyez quels terrains sont libres et réservez en quelques gestes.',
    'See which courts are free and book in a few taps.',
  ],
  'clubs.enter': ['Terreinen bekijken', 'Voir les terrains', 'See the courts'],
  'sport.tennis': ['Tennis', 'Tennis', 'Tennis'],
  'sport.padel': ['Padel', 'Padel', 'Padel'],
  'sport.squash': ['Squash', 'Squash', 'Squash'],
  'sport.all': ['Alles', 'Tous', 'All'],
  'sport.choose': ['Sport', 'Sport', 'Sport'],
  'surface.clay': ['gravel', 'terre battue', 'clay'],
  'surface.hard': ['hardcourt', 'dur', 'hard'],
  'surface.artificial': ['kunstgras', 'gazon synthétique', 'artificial grass'],
  'surface.carpet': ['tapijt', 'moquette', 'carpet'],
  'surface.glass': ['glas', 'vitré', 'glass'],
  'court.indoor': ['indoor', 'couvert', 'indoor'],
  'court.outdoor': ['outdoor', 'extérieur', 'outdoor'],
  back: ['Terug', 'Retour', 'Back'],
  save: ['Bewaren', 'Enregistrer', 'Save'],
  saved: ['Bewaard.', 'Enregistré.', 'Saved.'],
  minutes: ['{n} min', '{n} min', '{n} min'],
  you: ['U', 'Vous', 'You'],
} as const

const day = {
  'day.title': ['Terreinen op {date}', 'Terrains le {date}', 'Courts on {date}'],
  'day.today': ['Vandaag', 'Aujourd’hui', 'Today'],
  'day.tomorrow': ['Morgen', 'Demain', 'Tomorrow'],
  'day.previous': ['Vorige dag', 'Jour précédent', 'Previous day'],
  'day.next': ['Volgende dag', 'Jour suivant', 'Next day'],
  'day.choose': ['Kies een dag', 'Choisir un jour', 'Choose a day'],
  'day.go': ['Toon', 'Afficher', 'Show'],
  'day.time': ['Uur', 'Heure', 'Time'],
  'day.now': ['Nu {time}', 'Maintenant {time}', 'Now {time}'],
  'day.earlier': ['Toon vroegere uren', 'Afficher les heures passées', 'Show earlier hours'],
  'day.print': ['Afdrukken', 'Imprimer', 'Print'],
  'day.keys': [
    'G: naar het rooster · cijfers: naar een uur (18) · pijltjes: bewegen · Enter: boeken · PgUp/PgDn: vorige of volgende dag · T: vandaag',
    'G : aller à la grille · chiffres : aller à une heure (18) · flèches : se déplacer · Entrée : réserver · PgHaut/PgBas : jour précédent ou suivant · T : aujourd’hui',
    'G: to the grid · digits: to an hour (18) · arrows: move · Enter: book · PgUp/PgDn: previous or next day · T: today',
  ],
  'day.legend': ['Legende', 'Légende', 'Legend'],
  'day.freeCourts': [
    '{n|Nog {n} terrein vrij|Nog {n} terreinen vrij}',
    '{n|{n} terrain libre|{n} terrains libres}',
    '{n|{n} court free|{n} courts free}',
  ],
  'day.nothingFree': [
    'Er is die dag niets meer vrij. Kijk op een andere dag.',
    'Plus rien de libre ce jour-là. Essayez un autre jour.',
    'Nothing is free that day any more. Try another day.',
  ],
  'day.over': ['Deze dag is voorbij.', 'Ce jour est passé.', 'This day is over.'],
  'day.listTitle': ['Vrij per uur', 'Libre par heure', 'Free by time'],
  'day.morning': ['Ochtend', 'Matin', 'Morning'],
  'day.afternoon': ['Middag', 'Après-midi', 'Afternoon'],
  'day.evening': ['Avond', 'Soir', 'Evening'],
  'day.yours': ['Uw boekingen vandaag', 'Vos réservations ce jour', 'Your bookings this day'],
  'day.busy': ['Alles bezet', 'Tout est pris', 'All taken'],
  'day.opensOn': [
    'U kunt deze dag boeken vanaf {when}.',
    'Vous pourrez réserver ce jour à partir de {when}.',
    'You can book this day from {when}.',
  ],
  'day.logInToBook': ['Log in om te boeken.', 'Connectez-vous pour réserver.', 'Log in to book.'],
  'cell.free': ['Vrij', 'Libre', 'Free'],
  'cell.mine': ['Van u', 'À vous', 'Yours'],
  'cell.taken': ['Bezet', 'Occupé', 'Taken'],
  'cell.course': ['Les', 'Cours', 'Course'],
  'cell.match': ['Wedstrijd', 'Match', 'Match'],
  'cell.closure': ['Gesloten', 'Fermé', 'Closed'],
  'cell.past': ['Voorbij', 'Passé', 'Past'],
  'cell.later': ['Nog niet open', 'Pas encore ouvert', 'Not open yet'],
  'cell.short': ['Te kort om te boeken', 'Trop court pour réserver', 'Too short to book'],
  'cell.bookLabel': [
    'Vrij, {time}, {court}: boeken',
    'Libre, {time}, {court} : réserver',
    'Free, {time}, {court}: book',
  ],
  'cell.members': [
    '{n|{n} clublid|{n} clubleden}',
    '{n|{n} membre|{n} membres}',
    '{n|{n} member|{n} members}',
  ],
  'cell.member': ['Clublid', 'Membre', 'Member'],
} as const

const booking = {
  'book.title': ['Boek {court}', 'Réserver {court}', 'Book {court}'],
  'book.start': ['Begin', 'Début', 'Start'],
  'book.court': ['Terrein', 'Terrain', 'Court'],
  'book.courtFree': ['Vrij op dit uur', 'Libre à cette heure', 'Free at this time'],
  'book.length': ['Duur', 'Durée', 'Length'],
  'book.until': ['tot {time}', 'jusqu’à {time}', 'until {time}'],
  'book.partner': ['Medespeler', 'Partenaire', 'Partner'],
  'book.partnerNth': ['Medespeler {n}', 'Partenaire {n}', 'Partner {n}'],
  'book.optional': ['(niet verplicht)', '(facultatif)', '(optional)'],
  'book.partnerNone': ['Kies een lid', 'Choisir un membre', 'Choose a member'],
  'book.partnerBusy': ['{name} (speelt dan al)', '{name} (joue déjà)', '{name} (already playing)'],
  'book.partnerFilter': ['Zoek een naam', 'Chercher un nom', 'Search a name'],
  'book.for': ['Boeken voor', 'Réserver pour', 'Book for'],
  'book.reason': [
    'Reden om van de regels af te wijken',
    'Motif pour déroger aux règles',
    'Reason to break the rules',
  ],
  'book.reasonHint': [
    'Alleen nodig als een regel het weigert. Dubbel boeken kan nooit.',
    'Nécessaire seulement si une règle refuse. Une double réservation reste impossible.',
    'Only needed when a rule refuses. Double booking is never possible.',
  ],
  'book.quota': [
    'Wat dit van uw abonnement gebruikt',
    'Ce que cela utilise de votre abonnement',
    'What this uses of your subscription',
  ],
  'book.quotaLine': [
    '{used} van {max} na deze boeking',
    '{used} sur {max} après cette réservation',
    '{used} of {max} after this booking',
  ],
  'book.quotaFull': [
    '{used} van {max} gebruikt',
    '{used} sur {max} utilisés',
    '{used} of {max} used',
  ],
  'book.noQuota': [
    'Geen limiet voor dit uur.',
    'Pas de limite pour cette heure.',
    'No limit for this time.',
  ],
  'book.free': [
    'Inbegrepen in uw abonnement',
    'Inclus dans votre abonnement',
    'Included in your subscription',
  ],
  'book.submit': ['Boek', 'Réserver', 'Book'],
  'book.notFree': [
    'Dit uur is niet meer vrij.',
    'Cette heure n’est plus libre.',
    'This time is no longer free.',
  ],
  'book.elsewhere': [
    'Zelfde uur, ander terrein',
    'Même heure, autre terrain',
    'Same time, other court',
  ],
  'book.otherTimes': [
    'Ander uur, zelfde terrein',
    'Autre heure, même terrain',
    'Other time, same court',
  ],
  'book.cancelRule': [
    '{n|Gratis te annuleren tot {n} uur vooraf.|Gratis te annuleren tot {n} uur vooraf.}',
    '{n|Annulation libre jusqu’à {n} heure avant.|Annulation libre jusqu’à {n} heures avant.}',
    '{n|Cancel freely until {n} hour before.|Cancel freely until {n} hours before.}',
  ],
  'booked.title': ['Geboekt', 'Réservé', 'Booked'],
  'booked.lead': [
    'Tot dan! Uw medespelers zien het bij hun volgende bezoek.',
    'À bientôt ! Vos partenaires le verront à leur prochaine visite.',
    'See you there! Your partners will see it at their next visit.',
  ],
  'mine.title': ['Mijn boekingen', 'Mes réservations', 'My bookings'],
  'mine.coming': ['Komende', 'À venir', 'Coming'],
  'mine.past': ['Afgelopen weken', 'Dernières semaines', 'Recent weeks'],
  'mine.none': [
    'U hebt nog niets geboekt. Kies een vrij uur op een van de terreinen.',
    'Vous n’avez encore rien réservé. Choisissez une heure libre sur un terrain.',
    'You have nothing booked yet. Choose a free time on one of the courts.',
  ],
  'mine.book': ['Boek een terrein', 'Réserver un terrain', 'Book a court'],
  'mine.with': ['met {names}', 'avec {names}', 'with {names}'],
  'mine.by': ['geboekt door {name}', 'réservé par {name}', 'booked by {name}'],
  'mine.cancelled': ['Geannuleerd', 'Annulé', 'Cancelled'],
  'mine.alone': ['nog geen medespeler', 'sans partenaire', 'no partner yet'],
  'one.title': ['Boeking', 'Réservation', 'Booking'],
  'one.change': ['Wijzigen', 'Modifier', 'Change'],
  'one.players': ['Spelers', 'Joueurs', 'Players'],
  'one.responsible': ['verantwoordelijk', 'responsable', 'responsible'],
  'one.save': ['Wijziging bewaren', 'Enregistrer la modification', 'Save the change'],
  'one.cancel': ['Boeking annuleren', 'Annuler la réservation', 'Cancel the booking'],
  'one.cancelHint': [
    'Het terrein komt meteen vrij. Uw medespelers worden verwittigd.',
    'Le terrain se libère aussitôt. Vos partenaires sont prévenus.',
    'The court becomes free at once. Your partners are told.',
  ],
  'one.tooLate': [
    'Annuleren kon tot {when}. Bel het secretariaat.',
    'L’annulation était possible jusqu’au {when}. Appelez le secrétariat.',
    'Cancelling was possible until {when}. Please call the office.',
  ],
  'due.title': ['Betaling', 'Paiement', 'Payment'],
  'due.amount': ['Te betalen: {amount}', 'À payer : {amount}', 'To pay: {amount}'],
  'due.pay': ['Betalen', 'Payer', 'Pay'],
  'due.paid': ['Betaald: {amount}.', 'Payé : {amount}.', 'Paid: {amount}.'],
  'due.pending': [
    'De betaaldienst denkt er nog over na. U hoeft niets te doen.',
    'Le service de paiement n’a pas encore décidé. Vous n’avez rien à faire.',
    'The payment service is still deciding. You need not do anything.',
  ],
  'due.refused': [
    'De betaling is niet gelukt. Er is niets afgeschreven; u kunt opnieuw betalen.',
    'Le paiement n’a pas abouti. Rien n’a été débité ; vous pouvez payer à nouveau.',
    'The payment did not succeed. Nothing was charged; you can pay again.',
  ],
  'due.review': [
    'De club kijkt de betaling na. Betaal niet opnieuw.',
    'Le club vérifie le paiement. Ne payez pas à nouveau.',
    'The club is checking the payment. Do not pay again.',
  ],
  'due.away': [
    'Betalen kan nu even niet. Uw boeking staat vast; probeer het later.',
    'Le paiement est momentanément impossible. Votre réservation tient ; réessayez plus tard.',
    'Paying is not possible just now. Your booking stands; please try later.',
  ],
  'due.going': [
    'U gaat naar de betaaldienst van uw club.',
    'Vous allez au service de paiement de votre club.',
    'You are going to your club’s payment service.',
  ],
  'due.go': ['Verder naar de betaling', 'Continuer vers le paiement', 'Continue to the payment'],
  'one.cancelled': [
    'Geannuleerd. Het terrein is weer vrij.',
    'Annulé. Le terrain est de nouveau libre.',
    'Cancelled. The court is free again.',
  ],
  'one.changed': ['Gewijzigd.', 'Modifié.', 'Changed.'],
  'one.override': ['Afwijking: {reason}', 'Dérogation : {reason}', 'Exception: {reason}'],
} as const

const refusals = {
  'refuse.title': ['Dit lukt niet', 'Ce n’est pas possible', 'This cannot be booked'],
  'refuse.past': [
    'Dit uur is al voorbij.',
    'Cette heure est déjà passée.',
    'This time has already passed.',
  ],
  'refuse.hours': [
    'De club is dan niet open: {from}–{to}.',
    'Le club n’est pas ouvert à ce moment : {from}–{to}.',
    'The club is not open then: {from}–{to}.',
  ],
  'refuse.length': [
    'Duur: op dit terrein boekt u {min} tot {max} minuten.',
    'Durée : sur ce terrain on réserve de {min} à {max} minutes.',
    'Length: this court is booked for {min} to {max} minutes.',
  ],
  'refuse.ahead': [
    '{n|Regel “{rule}”: u boekt tot {n} dag vooraf. Dit uur gaat voor u open op {when}.|Regel “{rule}”: u boekt tot {n} dagen vooraf. Dit uur gaat voor u open op {when}.}',
    '{n|Règle « {rule} » : vous réservez jusqu’à {n} jour à l’avance. Cette heure s’ouvre pour vous le {when}.|Règle « {rule} » : vous réservez jusqu’à {n} jours à l’avance. Cette heure s’ouvre pour vous le {when}.}',
    '{n|Rule “{rule}”: you book up to {n} day ahead. This time opens to you on {when}.|Rule “{rule}”: you book up to {n} days ahead. This time opens to you on {when}.}',
  ],
  'refuse.partner': [
    '{n|Kies minstens {n} medespeler.|Kies minstens {n} medespelers.}',
    '{n|Choisissez au moins {n} partenaire.|Choisissez au moins {n} partenaires.}',
    '{n|Choose at least {n} partner.|Choose at least {n} partners.}',
  ],
  'refuse.partnerUnknown': [
    'Deze medespeler kan niet gekozen worden. Kies een naam uit de lijst.',
    'Ce partenaire ne peut pas être choisi. Prenez un nom de la liste.',
    'This partner cannot be chosen. Take a name from the list.',
  ],
  'refuse.partnerBusy': [
    'Uw medespeler speelt dan al elders.',
    'Votre partenaire joue déjà ailleurs à ce moment.',
    'Your partner is already playing elsewhere then.',
  ],
  'refuse.twice': [
    'U speelt dan al: {court}, {from}–{to}.',
    'Vous jouez déjà à ce moment : {court}, {from}–{to}.',
    'You are already playing then: {court}, {from}–{to}.',
  ],
  'refuse.quotaDay': [
    'Regel “{rule}”: {n|{n} boeking|{n} boekingen} per dag, en die hebt u al.',
    'Règle « {rule} » : {n|{n} réservation|{n} réservations} par jour, et vous y êtes déjà.',
    'Rule “{rule}”: {n|{n} booking|{n} bookings} a day, and you already have that.',
  ],
  'refuse.quotaWeek': [
    'Regel “{rule}”: {n|{n} boeking|{n} boekingen} per week, en die hebt u al.',
    'Règle « {rule} » : {n|{n} réservation|{n} réservations} par semaine, et vous y êtes déjà.',
    'Rule “{rule}”: {n|{n} booking|{n} bookings} a week, and you already have that.',
  ],
  'refuse.quotaUpcoming': [
    'Regel “{rule}”: {n|{n} komende boeking|{n} komende boekingen} tegelijk, en die hebt u al.',
    'Règle « {rule} » : {n|{n} réservation à venir|{n} réservations à venir} à la fois, et vous y êtes déjà.',
    'Rule “{rule}”: {n|{n} coming booking|{n} coming bookings} at a time, and you already have that.',
  ],
  'refuse.passesFor': [
    'Het lukt weer voor {when}.',
    'Ce sera de nouveau possible pour le {when}.',
    'It works again for {when}.',
  ],
  'refuse.passesAfter': [
    'Het lukt weer na {when}.',
    'Ce sera de nouveau possible après le {when}.',
    'It works again after {when}.',
  ],
  'refuse.taken': [
    'Iemand was net iets sneller: dit terrein is bezet.',
    'Quelqu’un a été plus rapide : ce terrain vient d’être pris.',
    'Somebody was just a little faster: this court is taken.',
  ],
  'refuse.busy': [
    'Het is even heel druk. Probeer het zo nog eens.',
    'Il y a foule en ce moment. Réessayez dans un instant.',
    'It is very busy just now. Please try again in a moment.',
  ],
} as const

const people = {
  'login.title': ['Inloggen bij {club}', 'Se connecter à {club}', 'Log in to {club}'],
  'login.email': ['E-mailadres', 'Adresse e-mail', 'E-mail address'],
  'login.password': ['Wachtwoord', 'Mot de passe', 'Password'],
  'login.submit': ['Inloggen', 'Se connecter', 'Log in'],
  'login.wrong': [
    'Dit e-mailadres en wachtwoord horen niet bij elkaar. Probeer het nog eens.',
    'Cette adresse et ce mot de passe ne vont pas ensemble. Réessayez.',
    'This address and password do not belong together. Please try again.',
  ],
  'login.wait': [
    'Te veel pogingen. Wacht een kwartier en probeer het opnieuw.',
    'Trop de tentatives. Attendez un quart d’heure et réessayez.',
    'Too many attempts. Wait a quarter of an hour and try again.',
  ],
  'login.demo': ['Demonstratie', 'Démonstration', 'Demonstration'],
  'login.demoLead': [
    'Deze club is verzonnen. Kies een rol:',
    'Ce club est fictif. Choisissez un rôle :',
    'This club is made up. Choose a role:',
  ],
  'login.demoMember': ['Als lid', 'Comme membre', 'As a member'],
  'login.demoSecretary': ['Als secretaris', 'Comme secrétaire', 'As the secretary'],
  'login.demoPassword': ['wachtwoord {password}', 'mot de passe {password}', 'password {password}'],
  'login.first': [
    'Log in om verder te gaan.',
    'Connectez-vous pour continuer.',
    'Log in to go on.',
  ],
  'me.title': ['Mijn profiel', 'Mon profil', 'My profile'],
  'me.language': ['Taal van de pagina’s', 'Langue des pages', 'Language of the pages'],
  'me.share': [
    'Toon mijn naam aan andere leden',
    'Montrer mon nom aux autres membres',
    'Show my name to other members',
  ],
  'me.shareHint': [
    'Wie zijn naam deelt, ziet de namen van anderen en kan als medespeler gekozen worden. Namen van jeugdleden blijven altijd verborgen.',
    'Qui partage son nom voit celui des autres et peut être choisi comme partenaire. Les noms des jeunes restent toujours cachés.',
    'Those who share their name see the names of others and can be chosen as partner. Names of juniors always stay hidden.',
  ],
  'me.subscription': ['Abonnement', 'Abonnement', 'Subscription'],
  'me.rules': ['Mijn regels', 'Mes règles', 'My rules'],
  'me.session': ['Aangemeld als {email}', 'Connecté comme {email}', 'Logged in as {email}'],
  'rule.ahead': [
    '{n|Boeken tot {n} dag vooraf|Boeken tot {n} dagen vooraf}',
    '{n|Réserver jusqu’à {n} jour à l’avance|Réserver jusqu’à {n} jours à l’avance}',
    '{n|Book up to {n} day ahead|Book up to {n} days ahead}',
  ],
  'rule.aheadAt': ['nieuwe dag om {time}', 'nouveau jour à {time}', 'new day at {time}'],
  'rule.day': ['{n} per dag', '{n} par jour', '{n} a day'],
  'rule.week': ['{n} per week', '{n} par semaine', '{n} a week'],
  'rule.upcoming': ['{n} tegelijk', '{n} à la fois', '{n} at a time'],
  'notice.title': ['Nieuw voor u', 'Du nouveau pour vous', 'News for you'],
  'notice.read': ['Gelezen', 'C’est lu', 'Got it'],
  'notice.closed': [
    '{court} op {when} is gesloten: {reason}. Uw boeking is vervallen.',
    '{court} le {when} est fermé : {reason}. Votre réservation est annulée.',
    '{court} on {when} is closed: {reason}. Your booking is cancelled.',
  ],
  'notice.cancelled': [
    'Uw partij van {when} op {court} is geannuleerd.',
    'Votre partie du {when} sur {court} est annulée.',
    'Your game of {when} on {court} was cancelled.',
  ],
  'notice.invited': [
    'U speelt mee op {when}, {court}.',
    'Vous êtes de la partie le {when}, {court}.',
    'You are in for {when}, {court}.',
  ],
  'notice.removed': [
    'U staat niet meer bij de partij van {when} op {court}.',
    'Vous n’êtes plus de la partie du {when} sur {court}.',
    'You are no longer in the game of {when} on {court}.',
  ],
  'notice.moved': [
    'Uw partij is verplaatst: {when}, {court}.',
    'Votre partie est déplacée : {when}, {court}.',
    'Your game was moved: {when}, {court}.',
  ],
  'notice.restored': [
    'Uw partij van {when} op {court} gaat weer door.',
    'Votre partie du {when} sur {court} est rétablie.',
    'Your game of {when} on {court} stands again.',
  ],
  'notice.freed': [
    'Er kwam een plaats vrij: {court}, {when}. U hebt een kwartier om te boeken.',
    'Une place s’est libérée : {court}, {when}. Vous avez un quart d’heure pour réserver.',
    'A place came free: {court}, {when}. You have a quarter of an hour to book it.',
  ],
  'notice.missed': [
    'U meldde zich niet aan voor {when} op {court}. Het terrein is vrijgegeven.',
    'Vous ne vous êtes pas présenté le {when} sur {court}. Le terrain a été libéré.',
    'You did not check in for {when} on {court}. The court was given free.',
  ],
  'notice.refunded': [
    'Voor uw partij van {when} op {court} kreeg u {reason} terug.',
    'Pour votre partie du {when} sur {court}, {reason} vous ont été remboursés.',
    'For your game of {when} on {court} you got {reason} back.',
  ],
  'notice.booked': [
    'Het secretariaat boekte voor u: {when}, {court}.',
    'Le secrétariat a réservé pour vous : {when}, {court}.',
    'The office booked for you: {when}, {court}.',
  ],
} as const

const office = {
  'office.title': ['Secretariaat', 'Secrétariat', 'Office'],
  'office.close': ['Terreinen sluiten', 'Fermer des terrains', 'Close courts'],
  'office.closeLead': [
    'Regen, werken of een wedstrijd: kies terreinen en tijd. U ziet eerst wie het treft.',
    'Pluie, travaux ou match : choisissez terrains et horaire. Vous voyez d’abord qui est touché.',
    'Rain, works or a match: choose courts and time. You first see who is affected.',
  ],
  'office.courts': ['Terreinen', 'Terrains', 'Courts'],
  'office.from': ['Van', 'De', 'From'],
  'office.to': ['Tot', 'À', 'To'],
  'office.date': ['Datum', 'Date', 'Date'],
  'office.time': ['Uur', 'Heure', 'Time'],
  'office.reason': [
    'Reden, zichtbaar voor leden',
    'Motif, visible pour les membres',
    'Reason, shown to members',
  ],
  'office.reasonExample': ['Regen', 'Pluie', 'Rain'],
  'office.preview': ['Bekijk wie het treft', 'Voir qui est touché', 'See who is affected'],
  'office.affected': [
    '{n|{n} boeking vervalt|{n} boekingen vervallen}',
    '{n|{n} réservation sera annulée|{n} réservations seront annulées}',
    '{n|{n} booking will be cancelled|{n} bookings will be cancelled}',
  ],
  'office.affectedPeople': [
    '{n|{n} lid wordt verwittigd|{n} leden worden verwittigd}',
    '{n|{n} membre sera prévenu|{n} membres seront prévenus}',
    '{n|{n} member will be told|{n} members will be told}',
  ],
  'office.nobody': [
    'Niemand heeft dan geboekt.',
    'Personne n’a réservé à ce moment.',
    'Nobody has booked then.',
  ],
  'office.barred': [
    'Op {court} geldt dan al een sluiting: {title}. Kies een andere tijd.',
    '{court} est déjà fermé à ce moment : {title}. Choisissez un autre horaire.',
    '{court} is already closed then: {title}. Choose another time.',
  ],
  'office.do': ['Sluit en verwittig', 'Fermer et prévenir', 'Close and tell them'],
  'office.edit': ['Aanpassen', 'Modifier', 'Adjust'],
  'office.closed': [
    '{n|Gesloten. {n} boeking is vervallen.|Gesloten. {n} boekingen zijn vervallen.}',
    '{n|Fermé. {n} réservation est annulée.|Fermé. {n} réservations sont annulées.}',
    '{n|Closed. {n} booking was cancelled.|Closed. {n} bookings were cancelled.}',
  ],
  'office.listChanged': [
    'Intussen is er iets geboekt. Kijk de lijst nog eens na.',
    'Entre-temps une réservation a été faite. Revoyez la liste.',
    'Meanwhile something was booked. Please look at the list again.',
  ],
  'office.badRange': [
    'Kies minstens één terrein, een reden, en een einde na het begin (ten hoogste 31 dagen).',
    'Choisissez au moins un terrain, un motif, et une fin après le début (31 jours au plus).',
    'Choose at least one court, a reason, and an end after the start (at most 31 days).',
  ],
  'office.closures': ['Komende sluitingen', 'Fermetures à venir', 'Coming closures'],
  'office.noClosures': [
    'Alle terreinen zijn open.',
    'Tous les terrains sont ouverts.',
    'All courts are open.',
  ],
  'office.reopen': ['Weer openen', 'Rouvrir', 'Reopen'],
  'office.reopened': ['Weer open.', 'Rouvert.', 'Open again.'],
  'office.rules': ['Regels van de club', 'Règles du club', 'Club rules'],
  'office.rulesLead': [
    'Eén keer instellen. Elke weigering noemt de regel bij deze naam.',
    'À régler une fois. Chaque refus cite la règle par ce nom.',
    'Set once. Every refusal names the rule by this name.',
  ],
  'office.opens': ['Open van', 'Ouvert de', 'Open from'],
  'office.closes': ['tot', 'à', 'to'],
  'office.release': [
    'Een nieuwe dag gaat open om',
    'Un nouveau jour s’ouvre à',
    'A new day opens at',
  ],
  'office.cancelHours': [
    'Annuleren tot (uren vooraf)',
    'Annuler jusqu’à (heures avant)',
    'Cancel until (hours before)',
  ],
  'office.daysAhead': ['Dagen vooraf', 'Jours à l’avance', 'Days ahead'],
  'office.partnersMin': ['Medespelers minstens', 'Partenaires au moins', 'Partners at least'],
  'office.max': ['Hoogstens', 'Au plus', 'At most'],
  'office.bookFor': ['Boeken voor een lid', 'Réserver pour un membre', 'Book for a member'],
  'office.bookForLead': [
    'Kies op de terreinen een vrij uur; daar kiest u het lid.',
    'Choisissez une heure libre ; vous y choisirez le membre.',
    'Choose a free time on the courts; you choose the member there.',
  ],
} as const

const faults = {
  'fault.missing': ['Niet gevonden', 'Introuvable', 'Not found'],
  'fault.missingLead': [
    'Deze pagina bestaat niet, of is niet voor u.',
    'Cette page n’existe pas, ou n’est pas pour vous.',
    'This page does not exist, or is not yours to see.',
  ],
  'fault.away': ['Even geduld', 'Un instant', 'Just a moment'],
  'fault.awayLead': [
    'De boekingen zijn even niet bereikbaar. Er is niets verloren; probeer het over een minuut opnieuw.',
    'Les réservations sont momentanément inaccessibles. Rien n’est perdu ; réessayez dans une minute.',
    'The bookings cannot be reached for a moment. Nothing is lost; please try again in a minute.',
  ],
  'fault.origin': ['Niet aanvaard', 'Refusé', 'Not accepted'],
  'fault.originLead': [
    'Dit formulier kwam van een andere website. Open de pagina hier en probeer het opnieuw.',
    'Ce formulaire venait d’un autre site. Ouvrez la page ici et réessayez.',
    'This form came from another website. Open the page here and try again.',
  ],
  'fault.form': ['Niet begrepen', 'Pas compris', 'Not understood'],
  'fault.formLead': [
    'Er ontbrak iets in het formulier. Ga terug en vul het opnieuw in.',
    'Il manquait quelque chose au formulaire. Revenez et remplissez-le à nouveau.',
    'Something was missing from the form. Go back and fill it in again.',
  ],
  'fault.broken': ['Er ging iets mis', 'Une erreur est survenue', 'Something went wrong'],
  'fault.brokenLead': [
    'Dat is onze fout, niet de uwe. Er is niets half gedaan.',
    'C’est notre faute, pas la vôtre. Rien n’est fait à moitié.',
    'That is our fault, not yours. Nothing was half done.',
  ],
  'fault.retry': ['Opnieuw proberen', 'Réessayer', 'Try again'],
} as const

export const sentences: Readonly<Record<WordKey, Sentence>> = {
  ...general,
  ...day,
  ...booking,
  ...refusals,
  ...people,
  ...office,
  ...officeRooms,
  ...connectionWords,
  ...courtWords,
  ...lookWords,
  ...officerWords,
  ...seasonWords,
  ...staffWords,
  ...ticketWords,
  ...payerWords,
  ...faults,
}

export type WordKey =
  | keyof typeof general
  | keyof typeof day
  | keyof typeof booking
  | keyof typeof refusals
  | keyof typeof people
  | keyof typeof office
  | keyof typeof officeRooms
  | keyof typeof connectionWords
  | keyof typeof courtWords
  | keyof typeof lookWords
  | keyof typeof officerWords
  | keyof typeof seasonWords
  | keyof typeof staffWords
  | keyof typeof ticketWords
  | keyof typeof payerWords
  | keyof typeof faults

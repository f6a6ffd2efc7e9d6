/**
 * The sentences of guests, tickets and money that goes back.
 *
 * @module
 */

export const ticketWords = {
  'guests.title': ['Gasten', 'Invités', 'Guests'],
  'guests.none': ['Geen gasten', 'Aucun invité', 'No guests'],
  'guests.n': ['{n|{n} gast|{n} gasten}', '{n|{n} invité|{n} invités}', '{n|{n} guest|{n} guests}'],
  'guests.left': [
    'Dit seizoen: {used} van {max} gasten. Een gast kost {n|{n} ticket|{n} tickets}; u hebt er {balance}.',
    'Cette saison : {used} invités sur {max}. Un invité coûte {n|{n} ticket|{n} tickets} ; vous en avez {balance}.',
    'This season: {used} of {max} guests. A guest uses {n|{n} ticket|{n} tickets}; you have {balance}.',
  ],
  'guests.free': [
    'Dit seizoen: {used} van {max} gasten.',
    'Cette saison : {used} invités sur {max}.',
    'This season: {used} of {max} guests.',
  ],
  'guests.office': [
    'Een lid zonder tickets kan met een reden; het staat dan in het krijt.',
    'Sans tickets, un membre peut jouer avec un motif ; il en sera débiteur.',
    'A member without tickets may play with a reason, and then owes them.',
  ],
  'guests.used': [
    '{guests|{guests} gast|{guests} gasten} · {n|{n} ticket|{n} tickets}',
    '{guests|{guests} invité|{guests} invités} · {n|{n} ticket|{n} tickets}',
    '{guests|{guests} guest|{guests} guests} · {n|{n} ticket|{n} tickets}',
  ],
  'refuse.suspended': [
    'U kwam de voorbije maand {n|{n} keer|{n} keer} niet opdagen. U kunt weer boeken vanaf {when}.',
    'Vous ne vous êtes pas présenté {n|{n} fois|{n} fois} ce dernier mois. Vous pourrez réserver à partir de {when}.',
    'You did not come {n|{n} time|{n} times} in the last month. You can book again from {when}.',
  ],
  'kiosk.suspendMisses': [
    'Gemiste partijen tot schorsing (0 = nooit)',
    'Absences avant suspension (0 = jamais)',
    'Missed games until suspension (0 = never)',
  ],
  'kiosk.suspendDays': ['Dagen schorsing', 'Jours de suspension', 'Days of suspension'],
  'refuse.seats': [
    'Op een terrein spelen er hoogstens {n}, gasten meegerekend.',
    'On joue à {n} au plus sur un terrain, invités compris.',
    'At most {n} play on a court, guests included.',
  ],
  'refuse.guests': [
    'Uw abonnement laat {n|{n} gast|{n} gasten} per seizoen toe; u bracht er al {used} mee.',
    'Votre abonnement permet {n|{n} invité|{n} invités} par saison ; vous en avez déjà amené {used}.',
    'Your subscription allows {n|{n} guest|{n} guests} a season; you brought {used} already.',
  ],
  'refuse.tickets': [
    'Daarvoor zijn {n|{n} ticket|{n} tickets} nodig; u hebt er {balance}. Koop er bij op uw profiel of aan de balie.',
    'Il faut {n|{n} ticket|{n} tickets} ; vous en avez {balance}. Achetez-en sur votre profil ou au secrétariat.',
    'That takes {n|{n} ticket|{n} tickets}; you have {balance}. Buy more on your profile page or at the desk.',
  ],
  'tickets.title': ['Tickets', 'Tickets', 'Tickets'],
  'tickets.balance': [
    'U hebt {n|{n} ticket|{n} tickets}.',
    'Vous avez {n|{n} ticket|{n} tickets}.',
    'You have {n|{n} ticket|{n} tickets}.',
  ],
  'tickets.short': [
    '{n|{n} ticket|{n} tickets}',
    '{n|{n} ticket|{n} tickets}',
    '{n|{n} ticket|{n} tickets}',
  ],
  'tickets.ledger': ['Wat ermee gebeurde', 'Ce qu’ils sont devenus', 'Where they went'],
  'tickets.sold': ['Gekocht aan de balie', 'Achetés au secrétariat', 'Bought at the desk'],
  'tickets.bought': ['Online gekocht', 'Achetés en ligne', 'Bought online'],
  'tickets.corrected': ['Verbeterd door de club', 'Corrigé par le club', 'Corrected by the club'],
  'tickets.used': ['Gebruikt voor gasten', 'Utilisés pour des invités', 'Used for guests'],
  'tickets.returned': ['Teruggekregen', 'Rendus', 'Given back'],
  'tickets.buy': ['Tickets kopen', 'Acheter des tickets', 'Buy tickets'],
  'tickets.count': ['Aantal', 'Nombre', 'How many'],
  'tickets.each': ['{amount} per ticket', '{amount} le ticket', '{amount} a ticket'],
  'tickets.away': [
    'Betalen kan nu even niet. Er is niets gekocht; probeer het later.',
    'Le paiement est momentanément impossible. Rien n’a été acheté ; réessayez plus tard.',
    'Paying is not possible just now. Nothing was bought; please try later.',
  ],
  'tickets.coming': [
    'Zodra de betaling bevestigd is, staan de tickets hier.',
    'Dès que le paiement est confirmé, les tickets apparaissent ici.',
    'As soon as the payment is confirmed, the tickets are here.',
  ],
  'tickets.sell': ['Verkopen', 'Vendre', 'Sell'],
  'tickets.sellTo': [
    'Tickets verkopen aan {name}; een negatief getal neemt ze terug',
    'Vendre des tickets à {name} ; un nombre négatif les reprend',
    'Sell tickets to {name}; a negative number takes them back',
  ],
  'tickets.tooFew': [
    'Er zijn er niet zoveel om terug te nemen.',
    'Il n’y en a pas autant à reprendre.',
    'There are not so many to take back.',
  ],
  'tickets.rules': ['Gasten en tickets', 'Invités et tickets', 'Guests and tickets'],
  'tickets.perGuest': ['Tickets per gast', 'Tickets par invité', 'Tickets a guest'],
  'tickets.price': [
    'Ticket online (0: enkel aan de balie)',
    'Ticket en ligne (0 : au secrétariat seulement)',
    'Ticket online (0: at the desk only)',
  ],
  'tickets.season': ['Seizoen begint in', 'La saison commence en', 'Season begins in'],
  'tickets.guestsSeason': ['Gasten per seizoen', 'Invités par saison', 'Guests a season'],
  'refund.title': ['Uw geld terug', 'Remboursement', 'Your money back'],
  'refund.asked': [
    'Het bedrag is onderweg naar de rekening of kaart waarmee u betaalde. U hoeft niets te doen.',
    'Le montant est en route vers le compte ou la carte du paiement. Vous n’avez rien à faire.',
    'The amount is on its way to the account or card you paid with. You need not do anything.',
  ],
  'refund.done': [
    '{amount} is terugbetaald. Uw bank kan enkele dagen nodig hebben om het te tonen.',
    '{amount} ont été remboursés. Votre banque peut mettre quelques jours à l’afficher.',
    '{amount} was paid back. Your bank may take some days to show it.',
  ],
  'refund.club': [
    'Automatisch terugbetalen lukte niet. De club bekijkt het en betaalt u zelf terug.',
    'Le remboursement automatique n’a pas abouti. Le club s’en occupe et vous remboursera lui-même.',
    'It could not be paid back by itself. The club is looking at it and will pay you back.',
  ],
  'money.title': ['Geld terug', 'Remboursements', 'Money back'],
  'money.lead': [
    'Betaalde boekingen die niet doorgaan. Het geld gaat vanzelf terug; enkel wat rood is vraagt een mens.',
    'Réservations payées qui n’ont pas lieu. L’argent est rendu tout seul ; seul ce qui est en rouge demande quelqu’un.',
    'Paid bookings that do not take place. The money goes back by itself; only what is red needs a person.',
  ],
  'money.none': [
    'Er is niets terug te betalen.',
    'Rien à rembourser.',
    'There is nothing to pay back.',
  ],
  'money.asked': ['onderweg', 'en route', 'on its way'],
  'money.done': ['terugbetaald', 'remboursé', 'paid back'],
  'money.club': [
    'Betaal zelf terug: de betaaldienst kon het niet',
    'À rembourser vous-même : le service de paiement n’a pas pu',
    'Pay it back yourself: the payment service could not',
  ],
} as const

/**
 * The sentences about courts and what they cost.
 *
 * @module
 */

export const courtWords = {
  'courts.title': ['Terreinen', 'Terrains', 'Courts'],
  'courts.lead': [
    'Naam, sport, speelduur en prijs. De volgorde is die van het dagoverzicht.',
    'Nom, sport, durées et prix. L’ordre est celui de la page du jour.',
    'Name, sport, lengths and price. The order is that of the day page.',
  ],
  'courts.none': [
    'Er zijn nog geen terreinen. Voeg het eerste toe; daarna kan er geboekt worden.',
    'Pas encore de terrains. Ajoutez le premier ; ensuite on pourra réserver.',
    'There are no courts yet. Add the first; then people can book.',
  ],
  'courts.add': ['Terrein toevoegen', 'Ajouter un terrain', 'Add a court'],
  'courts.edit': ['Aanpassen', 'Modifier', 'Edit'],
  'courts.up': ['Eerder tonen', 'Montrer plus tôt', 'Show earlier'],
  'courts.name': ['Naam', 'Nom', 'Name'],
  'courts.sport': ['Sport', 'Sport', 'Sport'],
  'courts.surface': ['Ondergrond', 'Surface', 'Surface'],
  'courts.indoor': ['Overdekt', 'Couvert', 'Indoor'],
  'courts.lengthMin': ['Kortste partij', 'Partie la plus courte', 'Shortest game'],
  'courts.lengthUsual': ['Gewone partij', 'Partie habituelle', 'Usual game'],
  'courts.lengthMax': ['Langste partij', 'Partie la plus longue', 'Longest game'],
  'courts.price': ['Prijs per uur', 'Prix par heure', 'Price an hour'],
  'courts.free': ['gratis', 'gratuit', 'free'],
  'courts.priceHour': ['{amount} per uur', '{amount} l’heure', '{amount} an hour'],
  'courts.lengths': ['{min} tot {max} minuten', '{min} à {max} minutes', '{min} to {max} minutes'],
  'courts.stands': [
    'Wat al geboekt is, blijft zoals het is.',
    'Ce qui est déjà réservé reste tel quel.',
    'What is booked already stays as it is.',
  ],
  'courts.retire': ['Buiten gebruik nemen', 'Mettre hors service', 'Take out of use'],
  'courts.retireHint': [
    'Het terrein verdwijnt van het dagoverzicht. Gespeelde partijen blijven bewaard.',
    'Le terrain disparaît de la page du jour. Les parties jouées restent.',
    'The court leaves the day page. Games that were played stay.',
  ],
  'courts.retired': ['Buiten gebruik', 'Hors service', 'Out of use'],
  'courts.return': ['Weer in gebruik nemen', 'Remettre en service', 'Take into use again'],
  'courts.inUse': [
    'Op dit terrein staat nog iets gepland. Verplaats of annuleer dat eerst.',
    'Quelque chose est encore prévu sur ce terrain. Déplacez-le ou annulez-le d’abord.',
    'Something is still to come on this court. Move or cancel it first.',
  ],
  'courts.badLengths': [
    'De gewone partij ligt tussen de kortste en de langste.',
    'La partie habituelle se situe entre la plus courte et la plus longue.',
    'The usual game lies between the shortest and the longest.',
  ],
  'book.paidMove': [
    'U betaalde {amount}. Bij een andere prijs komt dat terug en betaalt u de nieuwe.',
    'Vous avez payé {amount}. À un autre prix, cela vous revient et vous payez le nouveau.',
    'You paid {amount}. At another price, that comes back and you pay the new one.',
  ],
  'table.courts': ['Terreinen', 'Terrains', 'Courts'],
  'act.court-added': ['Terrein toegevoegd', 'Terrain ajouté', 'Court added'],
  'act.court-changed': ['Terrein gewijzigd', 'Terrain modifié', 'Court changed'],
  'act.court-order': ['Volgorde van terreinen', 'Ordre des terrains', 'Order of courts'],
  'act.court-retired': ['Terrein buiten gebruik', 'Terrain hors service', 'Court out of use'],
  'act.court-returned': [
    'Terrein weer in gebruik',
    'Terrain remis en service',
    'Court in use again',
  ],
} as const

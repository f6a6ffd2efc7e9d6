/**
 * The sentences about the club itself: its name, its colour, its logo.
 *
 * @module
 */

export const lookWords = {
  'club.title': ['De club', 'Le club', 'The club'],
  'club.lead': [
    'Naam, kleur en logo, zoals leden ze op elke pagina en in elke brief zien.',
    'Nom, couleur et logo, tels que les membres les voient sur chaque page et dans chaque lettre.',
    'Name, colour and logo, as members see them on every page and in every letter.',
  ],
  'club.name': ['Naam van de club', 'Nom du club', 'Name of the club'],
  'club.town': ['Gemeente', 'Commune', 'Town'],
  'club.language': ['Taal van de club', 'Langue du club', 'Language of the club'],
  'club.languageHint': [
    'Van brieven en van wie zelf geen taal koos.',
    'Des lettres, et de qui n’en a pas choisi.',
    'Of letters, and of whoever chose none.',
  ],
  'club.zone': [
    'De klok van de club is die van {zone}; ze ligt vast, want lessen en boekingen hangen eraan.',
    'L’horloge du club est celle de {zone} ; elle est fixe, car cours et réservations en dépendent.',
    'The club’s clock is that of {zone}; it is fixed, for courses and bookings hang on it.',
  ],
  'club.colour': ['Kleur', 'Couleur', 'Colour'],
  'club.readable': [
    'Tekst in deze kleur en witte tekst erop zijn goed te lezen: contrast {light}, minstens 4,5 is nodig. In het donker wordt ze lichter getoond ({shade}): contrast {dark}.',
    'Un texte de cette couleur, ou blanc sur elle, se lit bien : contraste {light}, il faut au moins 4,5. En mode sombre, elle s’affiche plus claire ({shade}) : contraste {dark}.',
    'Text in this colour, and white text on it, can be read: contrast {light}, at least 4.5 is needed. In the dark it is shown lighter ({shade}): contrast {dark}.',
  ],
  'club.unreadable': [
    'Tekst in {colour}, of witte tekst erop, is niet goed te lezen: contrast {light}, minstens 4,5 is nodig. De dichtste kleur die het wel haalt is {nearest}.',
    'Un texte en {colour}, ou blanc sur cette couleur, se lit mal : contraste {light}, il faut au moins 4,5. La couleur la plus proche qui convient est {nearest}.',
    'Text in {colour}, or white text on it, is hard to read: contrast {light}, at least 4.5 is needed. The nearest colour that has it is {nearest}.',
  ],
  'club.takeNearest': ['Neem {nearest}', 'Prendre {nearest}', 'Take {nearest}'],
  'club.preview': ['Toon een voorbeeld', 'Voir un aperçu', 'Show a preview'],
  'club.shots': ['Zo ziet het eruit', 'Voici l’aspect', 'This is how it looks'],
  'club.shotsHint': ['Nog niet bewaard.', 'Pas encore enregistré.', 'Not saved yet.'],
  'club.light': ['Licht', 'Clair', 'Light'],
  'club.dark': ['Donker', 'Sombre', 'Dark'],
  'club.sampleLink': ['Mijn boekingen', 'Mes réservations', 'My bookings'],
  'club.sampleButton': ['Boeken', 'Réserver', 'Book'],
  'club.incomplete': [
    'Geef de club een naam van hoogstens 80 tekens en een kleur.',
    'Donnez au club un nom de 80 signes au plus et une couleur.',
    'Give the club a name of at most 80 characters and a colour.',
  ],
  'club.stale': [
    'Iemand anders wijzigde dit intussen. Hieronder staat wat nu geldt; vul opnieuw in wat u wilde.',
    'Quelqu’un d’autre a modifié ceci entre-temps. Voici ce qui vaut maintenant ; refaites vos changements.',
    'Somebody else changed this meanwhile. Below is what holds now; fill in again what you wanted.',
  ],
  'logo.title': ['Logo', 'Logo', 'Logo'],
  'logo.drawn': ['Getekend voor de club.', 'Dessiné pour le club.', 'Drawn for the club.'],
  'logo.own': ['Een beeld van de club zelf.', 'Une image du club.', 'An image of the club’s own.'],
  'logo.file': ['Nieuw logo (PNG)', 'Nouveau logo (PNG)', 'New logo (PNG)'],
  'logo.hint': [
    'Hoogstens 64 kB en 512 × 512 beeldpunten. Wat er naast het beeld in het bestand zit, bewaren we niet.',
    'Au plus 64 ko et 512 × 512 pixels. Ce que le fichier contient hors de l’image n’est pas gardé.',
    'At most 64 kB and 512 × 512 pixels. What the file holds besides the picture is not kept.',
  ],
  'logo.save': ['Gebruik dit logo', 'Utiliser ce logo', 'Use this logo'],
  'logo.drop': [
    'Terug naar het getekende logo',
    'Revenir au logo dessiné',
    'Back to the drawn logo',
  ],
  'logo.none': [
    'Kies eerst een bestand.',
    'Choisissez d’abord un fichier.',
    'Choose a file first.',
  ],
  'logo.tooBig': [
    'Dit bestand is groter dan 64 kB. Bewaar het kleiner en probeer opnieuw.',
    'Ce fichier dépasse 64 ko. Enregistrez-le plus petit et réessayez.',
    'This file is larger than 64 kB. Save it smaller and try again.',
  ],
  'logo.notPng': [
    'Dit is geen PNG-beeld. Bewaar het als PNG en probeer opnieuw.',
    'Ce n’est pas une image PNG. Enregistrez-la en PNG et réessayez.',
    'This is no PNG image. Save it as PNG and try again.',
  ],
  'logo.tooWide': [
    'Dit beeld is groter dan 512 × 512 beeldpunten. Maak het kleiner en probeer opnieuw.',
    'Cette image dépasse 512 × 512 pixels. Réduisez-la et réessayez.',
    'This picture is larger than 512 × 512 pixels. Make it smaller and try again.',
  ],
  'logo.broken': [
    'Dit PNG-bestand is beschadigd. Bewaar het opnieuw en probeer nog eens.',
    'Ce fichier PNG est abîmé. Enregistrez-le à nouveau et réessayez.',
    'This PNG file is damaged. Save it again and try once more.',
  ],
  'logo.many': [
    'Er zijn deze maand al veel logo’s geprobeerd. Wacht enkele dagen, of kies een vorig in het logboek.',
    'Beaucoup de logos ont été essayés ce mois-ci. Attendez quelques jours, ou reprenez-en un dans le journal.',
    'Many logos were tried this month. Wait a few days, or take one back in the journal.',
  ],
  'act.look': [
    'Naam en kleur van de club',
    'Nom et couleur du club',
    'Name and colour of the club',
  ],
  'act.logo': ['Nieuw logo', 'Nouveau logo', 'New logo'],
  'act.logo-dropped': [
    'Terug naar het getekende logo',
    'Retour au logo dessiné',
    'Back to the drawn logo',
  ],
  'act.founded': ['Club opgericht', 'Club fondé', 'Club founded'],
} as const

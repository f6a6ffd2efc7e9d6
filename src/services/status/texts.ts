/**
 * The status page's words, in every language.
 *
 * @module
 */
import { words, type Words } from '#lib/claims/claim.ts'
import type { Seen } from '#lib/availability/time.ts'
import type { DayState } from '#lib/availability/days.ts'
import type { UpdateKind } from './incidents/incident.ts'
import type { Overall } from './snapshot.ts'

/** Names of the page's own words. */
export type UiText =
  | 'title'
  | 'statusPage'
  | 'skip'
  | 'intro'
  | 'made'
  | 'components'
  | 'now'
  | 'planned'
  | 'past'
  | 'noPast'
  | 'pastAway'
  | 'away'
  | 'ago'
  | 'today'
  | 'available'
  | 'between'
  | 'details'
  | 'answered'
  | 'checked'
  | 'certificate'
  | 'watched'
  | 'reason'
  | 'tookDay'
  | 'tookRange'
  | 'badDays'
  | 'day'
  | 'down'
  | 'unknown'
  | 'from'
  | 'until'
  | 'automatic'
  | 'lasted'
  | 'ongoing'
  | 'how'
  | 'howRule'
  | 'howLimit'
  | 'howOne'
  | 'howMany'
  | 'rehearsal'
  | 'budget'
  | 'budgetLeft'
  | 'budgetGone'
  | 'follow'
  | 'feed'
  | 'asJson'
  | 'notFound'

export const ui: Readonly<Record<UiText, Words>> = {
  title: words('Werkt het?', 'Is it working?', 'Est-ce que ça marche ?'),
  statusPage: words('Statuspagina', 'Status page', 'Page d’état'),
  skip: words('Naar de onderdelen', 'Skip to the components', 'Aller aux composants'),
  intro: words(
    'Hier ziet u of onze dienst werkt: niet wat wij zeggen, maar wat een apart programma ' +
      'meet. Het ' +
      'gebruikt elk onderdeel om de {seconds} seconden, zoals u dat zou doen.',
    'Here you see whether our service works: not what we say, but what a separate program ' +
      'measures. ' +
      'It uses each component every {seconds} seconds, as you would.',
    'Vous voyez ici si notre service fonctionne : non ce que nous disons, mais ce que mesure un ' +
      'programme distinct, qui utilise chaque composant toutes les {seconds} secondes, comme vous.',
  ),
  made: words(
    'Gemaakt op {time}. Laad de pagina opnieuw voor de nieuwste stand.',
    'Made at {time}. Load the page again for the newest state.',
    'Établie le {time}. Rechargez la page pour l’état le plus récent.',
  ),
  components: words('Onderdelen', 'Components', 'Composants'),
  now: words('Wat er nu speelt', 'What is going on', 'En ce moment'),
  planned: words('Gepland onderhoud', 'Planned maintenance', 'Maintenance prévue'),
  past: words('Eerdere storingen', 'Past incidents', 'Incidents passés'),
  noPast: words(
    'Sinds wij meten is er geen storing geweest.',
    'There has been no incident since we began to measure.',
    'Aucun incident depuis le début de nos mesures.',
  ),
  pastAway: words(
    'De lijst kan nu niet worden opgehaald.',
    'The list cannot be fetched now.',
    'La liste ne peut être consultée pour le moment.',
  ),
  away: words(
    'De databank met onze geschiedenis is niet bereikbaar. De toestand van nu klopt; alles over ' +
      'vroeger is wat wij het laatst wisten.',
    'The database with our history cannot be reached. The state of now is right; all about ' +
      'the past ' +
      'is what we last knew.',
    'La base de notre historique est injoignable. L’état actuel est exact ; le passé est le ' +
      'dernier connu.',
  ),
  ago: words('90 dagen geleden', '90 days ago', 'il y a 90 jours'),
  today: words('vandaag', 'today', 'aujourd’hui'),
  available: words('{percent} % bereikbaar', '{percent} % available', '{percent} % disponible'),
  between: words(
    'tussen {lowest} % en {highest} % bereikbaar',
    'between {lowest} % and {highest} % available',
    'entre {lowest} % et {highest} % disponible',
  ),
  details: words('Meer over', 'More about', 'En savoir plus sur'),
  answered: words('Antwoordde in', 'Answered in', 'A répondu en'),
  checked: words('Laatst bekeken', 'Last looked at', 'Dernier contrôle'),
  certificate: words(
    'Certificaat geldig tot',
    'Certificate valid until',
    'Certificat valable jusqu’au',
  ),
  watched: words('Gemeten sinds', 'Measured since', 'Mesuré depuis'),
  reason: words('Wat de meting zag', 'What the measurement saw', 'Ce que la mesure a vu'),
  tookDay: words(
    'Antwoordtijd, laatste 24 uur',
    'Answering time, last 24 hours',
    'Temps de réponse, dernières 24 heures',
  ),
  tookRange: words(
    'van {least} tot {most} milliseconden',
    'from {least} to {most} milliseconds',
    'de {least} à {most} millisecondes',
  ),
  budget: words('Ons doel', 'Our objective', 'Notre objectif'),
  budgetLeft: words(
    '{percent} % in {days} dagen: nog {left} storing over van {allowed}',
    '{percent} % over {days} days: {left} of outage left of {allowed}',
    '{percent} % sur {days} jours : encore {left} de panne sur {allowed}',
  ),
  budgetGone: words(
    '{percent} % in {days} dagen: niet gehaald, {left} storing te veel',
    '{percent} % over {days} days: missed, by {left} of outage',
    '{percent} % sur {days} jours : manqué de {left} de panne',
  ),
  badDays: words(
    'Dagen die niet helemaal goed waren',
    'Days that were not wholly good',
    'Jours imparfaits',
  ),
  day: words('Dag', 'Day', 'Jour'),
  down: words('Storing', 'Down', 'En panne'),
  unknown: words('Onbekend', 'Unknown', 'Inconnu'),
  from: words('Van', 'From', 'Du'),
  until: words('tot', 'until', 'au'),
  automatic: words('vanzelf gemeld', 'reported by itself', 'signalé automatiquement'),
  lasted: words('duurde {duration}', 'lasted {duration}', 'a duré {duration}'),
  ongoing: words('sinds {time}', 'since {time}', 'depuis {time}'),
  how: words('Hoe wij meten', 'How we measure', 'Comment nous mesurons'),
  howRule: words(
    'Een onderdeel heet pas gestoord na {down} mislukte metingen op rij, en pas hersteld na {up} ' +
      'gelukte. Tijd telt als bereikbaar wanneer de meting ervoor én erna lukte. Tijd ' +
      'waarvan wij ' +
      'het niet weten, telt als onbekend: nooit als goed. Daarom staan er soms twee percentages: ' +
      'als al het onbekende slecht was, en als het goed was.',
    'A component is called down only after {down} failed measurements in a row, and up again ' +
      'only ' +
      'after {up} good ones. Time counts as available when the measurement before it and ' +
      'after it ' +
      'succeeded. Time of which we do not know counts as unknown, never as good. Therefore you ' +
      'sometimes see two percentages: had all unknown time been bad, and had it been good.',
    'Un composant n’est dit en panne qu’après {down} mesures manquées de suite, et rétabli après ' +
      '{up} réussies. Le temps compte comme disponible quand la mesure d’avant et celle ' +
      'd’après ont ' +
      'réussi. Le temps que nous ignorons compte comme inconnu, jamais comme bon. D’où ' +
      'parfois deux ' +
      'pourcentages : si tout l’inconnu était mauvais, et s’il était bon.',
  ),
  howLimit: words(
    'Wat wij niet zien: een storing die korter duurt dan de tijd tussen twee metingen, en ' +
      'een storing tussen u en ons.',
    'What we do not see: an outage shorter than the time between two measurements, and one ' +
      'between you and us.',
    'Ce que nous ne voyons pas : une panne plus courte que l’intervalle entre deux mesures, ' +
      'ou une panne entre vous et nous.',
  ),
  howOne: words(
    'Wij meten van één plaats uit. Valt die hele plaats uit, dan valt ook deze pagina uit.',
    'We measure from one place. If that whole place fails, this page fails too.',
    'Nous mesurons d’un seul endroit. S’il tombe entièrement, cette page tombe aussi.',
  ),
  howMany: words(
    'Wij meten van {places} plaatsen uit; de meerderheid beslist. Nu kijken er {looking} mee. ' +
      'Wie zelf is afgesneden, zegt niets.',
    'We measure from {places} places; the majority decides. {looking} are looking now. A place ' +
      'that is cut off itself says nothing.',
    'Nous mesurons de {places} endroits ; la majorité décide. {looking} regardent en ce moment. ' +
      'Un endroit lui-même coupé ne dit rien.',
  ),
  rehearsal: words(
    'Toont deze pagina storingen echt? Daarvoor schakelt een ander programma telkens weer een ' +
      'proefonderdeel uit en kijkt of het hier verschijnt. Het proefonderdeel is nu:',
    'Does this page really show outages? To check that, another program switches a test ' +
      'component ' +
      'off again and again, and looks whether it appears here. The test component is now:',
    'Cette page montre-t-elle vraiment les pannes ? Pour le vérifier, un autre programme ' +
      'éteint sans ' +
      'cesse un composant d’essai et regarde s’il apparaît ici. Le composant d’essai est :',
  ),
  follow: words('Op de hoogte blijven', 'Stay informed', 'Rester informé'),
  feed: words('Storingen volgen (Atom)', 'Follow incidents (Atom)', 'Suivre les incidents (Atom)'),
  asJson: words('Alles als JSON', 'Everything as JSON', 'Tout en JSON'),
  notFound: words(
    'Deze pagina bestaat niet.',
    'There is no such page.',
    'Cette page n’existe pas.',
  ),
}

export const stateNames: Readonly<Record<Seen, Words>> = {
  up: words('Werkt', 'Working', 'Fonctionne'),
  down: words('Storing', 'Down', 'En panne'),
  unknown: words('Onbekend', 'Unknown', 'Inconnu'),
}

export const overallTexts: Readonly<Record<Overall, Words>> = {
  'all-down': words(
    'Niets werkt op dit moment.',
    'Nothing works right now.',
    'Rien ne fonctionne.',
  ),
  'some-down': words('Niet alles werkt.', 'Not everything works.', 'Tout ne fonctionne pas.'),
  unknown: words(
    'Dat kunnen wij nu niet helemaal zien.',
    'We cannot fully see that now.',
    'Nous ne pouvons pas tout voir.',
  ),
  incident: words(
    'Het werkt, maar er speelt iets.',
    'It works, but something is going on.',
    'Ça marche, mais il se passe quelque chose.',
  ),
  up: words('Alles werkt.', 'Everything works.', 'Tout fonctionne.'),
}

/** The count behind it. */
export const overallCount: Words = words(
  '{up} van de {total} onderdelen antwoorden. Laatst gemeten {age}.',
  '{up} of {total} components answer. Last measured {age}.',
  '{up} composants sur {total} répondent. Dernière mesure {age}.',
)

export const overallNone: Words = words(
  'Er is nog niets gemeten.',
  'Nothing has been measured yet.',
  'Rien n’a encore été mesuré.',
)

/** {up} {partly} {down} {unknown} {none}: numbers of days. */
export const barsText: Words = words(
  'De laatste 90 dagen: {up} goed, {partly} met een korte storing, {down} met een lange storing, ' +
    '{unknown} deels onbekend, {none} nog niet gemeten.',
  'The last 90 days: {up} good, {partly} with a short outage, {down} with a long outage, ' +
    '{unknown} ' +
    'partly unknown, {none} not measured yet.',
  'Les 90 derniers jours : {up} bons, {partly} avec une brève panne, {down} avec une longue ' +
    'panne, ' +
    '{unknown} en partie inconnus, {none} pas encore mesurés.',
)

export const dayNames: Readonly<Record<DayState, Words>> = {
  none: words('nog niet gemeten', 'not measured yet', 'pas encore mesuré'),
  up: words('goed', 'good', 'bon'),
  unknown: words('deels onbekend', 'partly unknown', 'en partie inconnu'),
  partly: words('korte storing', 'short outage', 'brève panne'),
  down: words('lange storing', 'long outage', 'longue panne'),
}

export const updateNames: Readonly<Record<UpdateKind, Words>> = {
  investigating: words('Wij zoeken het uit', 'Investigating', 'En cours d’examen'),
  identified: words('Oorzaak gevonden', 'Cause found', 'Cause trouvée'),
  monitoring: words('Hersteld, wij kijken toe', 'Mended, watching', 'Rétabli, sous surveillance'),
  resolved: words('Opgelost', 'Resolved', 'Résolu'),
}

/** What a measurement can have seen; another reason is shown by its code. */
export const reasonTexts: Readonly<Record<string, Words>> = {
  TIMED_OUT: words('geen antwoord binnen de tijd', 'no answer in time', 'pas de réponse à temps'),
  REFUSED: words('verbinding geweigerd', 'connection refused', 'connexion refusée'),
  RESET: words('verbinding verbroken', 'connection broken', 'connexion rompue'),
  CLOSED: words('verbinding gesloten', 'connection closed', 'connexion fermée'),
  TLS_FAILED: words('certificaat deugt niet', 'certificate not valid', 'certificat non valable'),
  CERTIFICATE_ENDS: words(
    'certificaat loopt binnenkort af',
    'certificate ends soon',
    'certificat bientôt périmé',
  ),
  NO_STARTTLS: words('versleutelt niet', 'does not encrypt', 'ne chiffre pas'),
  NAME_UNKNOWN: words('naam onbekend', 'name unknown', 'nom inconnu'),
  SILENT: words('meldt zich niet meer', 'gives no sign any more', 'ne donne plus signe'),
  WRONG_ANSWER: words('een ander antwoord', 'another answer', 'une autre réponse'),
}

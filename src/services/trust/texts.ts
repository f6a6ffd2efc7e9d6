/**
 * The trust page's own words, in every language. What claims say is in `#lib/claims/`.
 *
 * @module
 */
import { words, type Words } from '#lib/claims/claim.ts'
import type { ClaimState } from '#lib/claims/state.ts'
import type { Shape } from '#lib/page/icons.tsx'

/** The sign of each state. */
export const stateShapes: Readonly<Record<ClaimState, Shape>> = {
  proven: 'check',
  failing: 'cross',
  stale: 'clock',
  unproven: 'ring',
  excepted: 'bang',
}

/** Names of the page's own words. */
export type UiText =
  | 'title'
  | 'trustPage'
  | 'skip'
  | 'intro'
  | 'made'
  | 'legend'
  | 'contents'
  | 'overview'
  | 'control'
  | 'measured'
  | 'falsifiedBy'
  | 'outdated'
  | 'evidence'
  | 'check'
  | 'checkText'
  | 'entry'
  | 'hash'
  | 'key'
  | 'keysBefore'
  | 'until'
  | 'when'
  | 'runs'
  | 'bound'
  | 'name'
  | 'nothingMeasured'
  | 'history'
  | 'historyText'
  | 'historyJson'
  | 'exception'
  | 'exceptionMeasured'
  | 'notClaimed'
  | 'verify'
  | 'verifyText'
  | 'download'
  | 'asJson'
  | 'register'
  | 'entries'
  | 'root'
  | 'contact'
  | 'contactText'
  | 'brokenLog'
  | 'subprocessors'
  | 'subprocessorsText'
  | 'noSubprocessors'
  | 'subprocessor'
  | 'purpose'
  | 'where'
  | 'documents'
  | 'badge'
  | 'badgeText'
  | 'oscal'
  | 'notFound'

export const ui: Readonly<Record<UiText, Words>> = {
  title: words(
    'Zijn uw gegevens veilig?',
    'Are your data safe?',
    'Vos données sont-elles en sécurité ?',
  ),
  trustPage: words('Vertrouwenspagina', 'Trust page', 'Page de confiance'),
  skip: words('Naar de beloften', 'Skip to the promises', 'Aller aux promesses'),
  intro: words(
    'Dit zijn onze beloften. Achter elke belofte staat geen vinkje dat iemand heeft gezet, ' +
      'maar een meting die een programma van buitenaf doet, ondertekent en bewaart in een ' +
      'register waaruit niets kan verdwijnen.',
    'These are our promises. Behind each stands no tick that somebody set, but a ' +
      'measurement that a program makes from outside, signs, and keeps in a register from ' +
      'which nothing can vanish.',
    'Voici nos promesses. Derrière chacune, pas de case cochée par quelqu’un, mais une ' +
      'mesure qu’un programme effectue de l’extérieur, signe et conserve dans un registre ' +
      'd’où rien ne peut disparaître.',
  ),
  made: words(
    'Deze pagina is gemaakt op {time}.',
    'This page was made at {time}.',
    'Cette page a été établie le {time}.',
  ),
  legend: words('Wat de tekens betekenen', 'What the signs mean', 'Ce que signifient les signes'),
  contents: words('Onderwerpen', 'Topics', 'Sujets'),
  overview: words(
    'Alle beloften in één oogopslag',
    'All promises at a glance',
    'Toutes les promesses en un coup d’œil',
  ),
  control: words('Hoe wij het waarmaken', 'How we keep it', 'Comment nous la tenons'),
  measured: words('Wat er gemeten is', 'What was measured', 'Ce qui a été mesuré'),
  falsifiedBy: words(
    'Wat het zou weerleggen',
    'What would prove it false',
    'Ce qui la démentirait',
  ),
  outdated: words(
    'Wat er verouderd is aan deze belofte',
    'What is out of date in this promise',
    'Ce qui est dépassé dans cette promesse',
  ),
  evidence: words('Bewijs', 'Evidence', 'Preuve'),
  check: words('Zelf nagaan', 'Check it yourself', 'Vérifiez vous-même'),
  checkText: words(
    'Haal het bewijsbestand op en laat het op uw eigen computer nagaan; daarvoor hoeft u ' +
      'ons niet te geloven.',
    'Download the evidence file and have it checked on your own computer; you need not ' +
      'believe us for that.',
    'Téléchargez le fichier de preuves et faites-le vérifier sur votre ordinateur, sans ' +
      'avoir à nous croire.',
  ),
  entry: words('Nummer in het register', 'Number in the register', 'Numéro dans le registre'),
  hash: words('Vingerafdruk (SHA-256)', 'Fingerprint (SHA-256)', 'Empreinte (SHA-256)'),
  key: words('Ondertekend door sleutel', 'Signed by key', 'Signé par la clé'),
  keysBefore: words('Sleutels daarvoor', 'Keys before it', 'Clés précédentes'),
  until: words('tot {time}', 'until {time}', 'jusqu’au {time}'),
  when: words('Gemeten op', 'Measured at', 'Mesuré le'),
  runs: words(
    '{count} metingen met dezelfde uitkomst sinds {time}',
    '{count} measurements with the same outcome since {time}',
    '{count} mesures de même résultat depuis le {time}',
  ),
  bound: words('Telt als bewijs gedurende', 'Counts as proof for', 'Vaut preuve pendant'),
  name: words('Naam van de belofte', 'Name of the promise', 'Nom de la promesse'),
  nothingMeasured: words(
    'Voor deze belofte bestaat nog geen meting. Wij noemen haar daarom niet bewezen.',
    'There is no measurement for this promise yet. Therefore we do not call it proven.',
    'Il n’existe pas encore de mesure pour cette promesse. Nous ne la disons donc pas prouvée.',
  ),
  history: words('Het afgelopen jaar', 'The past year', 'L’année écoulée'),
  historyText: words(
    '{share} van de gevolgde tijd bewezen, over {days} dagen.',
    'Proven for {share} of the time watched, over {days} days.',
    'Prouvée {share} du temps suivi, sur {days} jours.',
  ),
  historyJson: words('Het jaar als JSON', 'The year as JSON', 'L’année en JSON'),
  exception: words(
    'Uitzondering tot {time}: {reason}',
    'Exception until {time}: {reason}',
    'Exception jusqu’au {time} : {reason}',
  ),
  exceptionMeasured: words(
    'De meting zegt intussen: {state}.',
    'The measurement meanwhile says: {state}.',
    'La mesure dit entre-temps : {state}.',
  ),
  notClaimed: words(
    'Wat wij niet beloven',
    'What we do not claim',
    'Ce que nous ne promettons pas',
  ),
  verify: words(
    'Geloof ons niet: controleer',
    'Do not believe us: check',
    'Ne nous croyez pas : vérifiez',
  ),
  verifyText: words(
    'Alle metingen staan in een register dat alleen kan groeien. Wie er een wijzigt, ' +
      'weglaat of verplaatst, verraadt zich: de handtekening klopt dan niet meer. Met dit ' +
      'bestand en één opdracht gaat u dat na, zonder internet en zonder ons.',
    'All measurements stand in a register that can only grow. Whoever alters, drops or ' +
      'moves one is betrayed: the signature no longer fits. With this file and one command ' +
      'you check that, without the internet and without us.',
    'Toutes les mesures figurent dans un registre qui ne peut que croître. Quiconque en ' +
      'modifie, supprime ou déplace une se trahit : la signature ne correspond plus. Ce ' +
      'fichier et une commande suffisent pour le vérifier, sans internet et sans nous.',
  ),
  download: words('Bewijs ophalen', 'Download the evidence', 'Télécharger les preuves'),
  asJson: words('Alles als JSON', 'Everything as JSON', 'Tout en JSON'),
  register: words('Het register', 'The register', 'Le registre'),
  entries: words('metingen ondertekend', 'measurements signed', 'mesures signées'),
  root: words('Wortel', 'Root', 'Racine'),
  contact: words('Iets gevonden?', 'Found something?', 'Une faille ?'),
  contactText: words(
    'Wie een zwakke plek vindt, doet ons een dienst. Schrijf naar',
    'Whoever finds a weakness does us a service. Write to',
    'Signaler une faiblesse, c’est nous rendre service. Écrivez à',
  ),
  subprocessors: words(
    'Wie uw gegevens nog meer verwerkt',
    'Who else processes your data',
    'Qui d’autre traite vos données',
  ),
  subprocessorsText: words(
    'Deze bedrijven werken voor ons. Dit is wat wij opgeven, geen meting.',
    'These companies work for us. This is what we declare, not a measurement.',
    'Ces entreprises travaillent pour nous. C’est ce que nous déclarons, non une mesure.',
  ),
  noSubprocessors: words(
    'Wij geven geen ander bedrijf op dat uw gegevens verwerkt.',
    'We declare no other company that processes your data.',
    'Nous ne déclarons aucune autre entreprise qui traite vos données.',
  ),
  subprocessor: words('Bedrijf', 'Company', 'Entreprise'),
  purpose: words('Waarvoor', 'What for', 'Pour quoi'),
  where: words('Waar', 'Where', 'Où'),
  documents: words('Onze afspraken', 'Our policies', 'Nos engagements'),
  badge: words(
    'Dit teken op uw eigen site',
    'This badge on your own site',
    'Ce badge sur votre site',
  ),
  badgeText: words(
    'Het teken toont altijd de stand van nu, en draagt de handtekening van het register in zich.',
    'The badge always shows the state of now, and bears the register’s signature within.',
    'Le badge montre toujours l’état du moment et porte en lui la signature du registre.',
  ),
  oscal: words('Voor auditors (OSCAL)', 'For auditors (OSCAL)', 'Pour les auditeurs (OSCAL)'),
  brokenLog: words(
    'Het register met metingen klopt niet ({code}). Daarom noemen wij op dit moment geen ' +
      'enkele belofte bewezen.',
    'The register of measurements does not add up ({code}). Therefore we call no promise ' +
      'proven at this moment.',
    'Le registre des mesures est incohérent ({code}). Nous ne disons donc aucune promesse ' +
      'prouvée pour le moment.',
  ),
  notFound: words(
    'Deze pagina bestaat niet.',
    'There is no such page.',
    'Cette page n’existe pas.',
  ),
}

/** A state as a word, and what it means in one line. */
export const stateTexts: Readonly<
  Record<ClaimState, { readonly name: Words; readonly means: Words }>
> = {
  proven: {
    name: words('Bewezen', 'Proven', 'Prouvé'),
    means: words('gemeten, en waar', 'measured, and true', 'mesuré, et vrai'),
  },
  failing: {
    name: words('Niet waar', 'Not true', 'Faux'),
    means: words(
      'gemeten, en nu niet waar',
      'measured, and not true now',
      'mesuré, et faux en ce moment',
    ),
  },
  stale: {
    name: words('Verouderd', 'Out of date', 'Périmé'),
    means: words(
      'eerder bewezen, maar de laatste meting is te oud of mislukte',
      'proven before, but the last measurement is too old or did not succeed',
      'prouvé auparavant, mais la dernière mesure est trop ancienne ou n’a pas abouti',
    ),
  },
  unproven: {
    name: words('Niet bewezen', 'Not proven', 'Non prouvé'),
    means: words(
      'beloofd, maar (nog) niet gemeten',
      'promised, but not measured (yet)',
      'promis, mais pas (encore) mesuré',
    ),
  },
  excepted: {
    name: words('Uitzondering', 'Exception', 'Exception'),
    means: words(
      'bewust even niet nagekomen, met de reden erbij',
      'knowingly not kept for a while, with the reason',
      'non tenu sciemment pour un temps, avec la raison',
    ),
  },
}

/** One line under the sentence. {age} is in human words, {since} too. */
export const statusLines: Readonly<Record<string, Words>> = {
  proven: words(
    'gemeten {age}, houdt stand sinds {since}',
    'measured {age}, has held since {since}',
    'mesuré {age}, tient depuis {since}',
  ),
  failing: words(
    'gemeten {age}, niet waar sinds {since}',
    'measured {age}, not true since {since}',
    'mesuré {age}, faux depuis {since}',
  ),
  'too-old': words(
    'voor het laatst gemeten {age}',
    'last measured {age}',
    'mesuré pour la dernière fois {age}',
  ),
  'not-measurable': words(
    'de meting van {age} kwam niet tot een oordeel',
    'the measurement {age} came to no verdict',
    'la mesure {age} n’a pas abouti',
  ),
  'no-evidence': words(
    'nog geen meting ontvangen',
    'no measurement received yet',
    'aucune mesure reçue pour l’instant',
  ),
  'no-probe': words('wordt nog niet gemeten', 'not measured yet', 'pas encore mesuré'),
  'from-the-future': words(
    'de meting draagt een tijd die nog moet komen; de klok klopt niet',
    'the measurement bears a time yet to come; a clock is wrong',
    'la mesure porte une heure à venir ; une horloge est fausse',
  ),
  'broken-log': words(
    'het register klopt niet',
    'the register does not add up',
    'le registre est incohérent',
  ),
}

/** The honest limits of all this. */
export const notClaimed: readonly Words[] = [
  words(
    'Dat er nooit iets misgaat. Wij beloven dat u het hier ziet zodra wij het zelf meten.',
    'That nothing ever goes wrong. We promise that you see it here as soon as we measure ' +
      'it ourselves.',
    'Que rien n’ira jamais mal. Nous promettons que vous le verrez ici dès que nous le mesurons.',
  ),
  words(
    'Dat een meting alles ziet. Zij ziet wat erbij staat, op dat moment, en niet meer.',
    'That a measurement sees everything. It sees what it says, at that moment, and no more.',
    'Qu’une mesure voie tout. Elle voit ce qu’elle dit, à ce moment, et rien de plus.',
  ),
  words(
    'Dat een ander ons heeft gekeurd. De metingen zijn van onszelf; hun handtekening ' +
      'bewijst dat ze nadien niet zijn veranderd, niet dat ze eerlijk zijn gedaan.',
    'That somebody else has examined us. The measurements are our own; their signature ' +
      'proves that they were not altered afterwards, not that they were honestly made.',
    'Qu’un tiers nous ait examinés. Les mesures sont les nôtres ; leur signature prouve ' +
      'qu’elles n’ont pas été modifiées après coup, non qu’elles ont été faites honnêtement.',
  ),
  words(
    'Dat wat “niet bewezen” heet, niet waar is. Wij kunnen het alleen nog niet laten zien.',
    'That what is called “not proven” is untrue. We just cannot show it yet.',
    'Que ce qui est dit « non prouvé » soit faux. Nous ne pouvons simplement pas encore le ' +
      'montrer.',
  ),
]

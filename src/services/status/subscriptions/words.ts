/**
 * What people who follow the page are told, on it and by mail.
 *
 * @module
 */
import { words, type Words } from '#lib/claims/claim.ts'

type SubscribeText =
  | 'mail'
  | 'mailText'
  | 'address'
  | 'send'
  | 'hook'
  | 'hookText'
  | 'hookAddress'
  | 'hookSend'
  | 'asked'
  | 'askedText'
  | 'sure'
  | 'sureText'
  | 'yes'
  | 'done'
  | 'doneText'
  | 'hookDone'
  | 'hookDoneText'
  | 'stop'
  | 'stopYes'
  | 'stopped'
  | 'stoppedText'
  | 'old'
  | 'oldText'
  | 'wrong'
  | 'wrongText'
  | 'silent'
  | 'full'
  | 'fullText'
  | 'away'
  | 'awayText'
  | 'back'

type MailText = 'confirmSubject' | 'confirmText' | 'see' | 'leave'

export const planned: Words = words(
  'Gepland onderhoud',
  'Planned maintenance',
  'Maintenance prévue',
)

export const subscribe: Readonly<Record<SubscribeText, Words>> = {
  mail: words(
    'Krijg een e-mail bij een storing',
    'Get an e-mail when something is wrong',
    'Recevoir un e-mail en cas de panne',
  ),
  mailText: words(
    'U krijgt bericht als er een storing begint, als wij meer weten en als zij voorbij is. Eerst ' +
      'vragen wij u per e-mail of u dit zelf was; uitschrijven kan met één klik. Uw adres dient ' +
      'nergens anders voor.',
    'You are told when an outage begins, when we know more, and when it is over. First we ask ' +
      'you by e-mail whether it was you; one click ends it. Your address serves nothing else.',
    'Vous êtes averti quand une panne commence, quand nous en savons plus et quand elle est ' +
      'finie. Nous vous demandons d’abord par e-mail si c’était bien vous ; un clic y met fin. ' +
      'Votre adresse ne sert à rien d’autre.',
  ),
  address: words('Uw e-mailadres', 'Your e-mail address', 'Votre adresse e-mail'),
  send: words('Houd mij op de hoogte', 'Keep me informed', 'Tenez-moi au courant'),
  hook: words(
    'Voor programma’s: webhook',
    'For programs: webhook',
    'Pour les programmes : webhook',
  ),
  hookText: words(
    'Wij sturen elk bericht ondertekend naar uw https-adres. Het moet onze eerste vraag ' +
      'beantwoorden door de waarde van "challenge" terug te geven.',
    'We send each notice, signed, to your https address. It must answer our first question by ' +
      'giving back the value of "challenge".',
    'Nous envoyons chaque avis, signé, à votre adresse https. Elle doit répondre à notre ' +
      'première question en renvoyant la valeur de « challenge ».',
  ),
  hookAddress: words('https-adres', 'https address', 'Adresse https'),
  hookSend: words('Aanmelden', 'Subscribe', 'S’abonner'),
  asked: words('Kijk in uw mailbox', 'Look in your mailbox', 'Consultez votre boîte'),
  askedText: words(
    'Als dit adres mail kan ontvangen en ons nog niet volgt, is er nu een bericht onderweg met ' +
      'een link. Zonder die link te volgen gebeurt er niets.',
    'If this address can receive mail and does not follow us yet, a message with a link is on ' +
      'its way. Nothing happens unless that link is followed.',
    'Si cette adresse peut recevoir du courrier et ne nous suit pas encore, un message avec un ' +
      'lien est en route. Rien ne se passe sans suivre ce lien.',
  ),
  sure: words(
    'Wilt u bericht krijgen bij een storing?',
    'Do you want to be told when something is wrong?',
    'Voulez-vous être averti en cas de panne ?',
  ),
  sureText: words(
    'De berichten gaan naar {place}.',
    'Notices go to {place}.',
    'Les avis vont à {place}.',
  ),
  yes: words('Ja, graag', 'Yes, please', 'Oui, volontiers'),
  done: words('Wij houden u op de hoogte', 'We keep you informed', 'Nous vous tenons au courant'),
  doneText: words(
    'Elk bericht heeft onderaan een link waarmee u het beëindigt.',
    'Each message has a link at its end by which you stop it.',
    'Chaque message a au bas un lien pour y mettre fin.',
  ),
  hookDone: words('Uw webhook is aangemeld', 'Your webhook is subscribed', 'Webhook abonné'),
  hookDoneText: words(
    'Bewaar deze sleutel, wij tonen hem maar één keer. Elk bericht draagt in "veilig-signature" ' +
      't=SECONDEN,v1=HMAC-SHA256 over SECONDEN.INHOUD.',
    'Keep this key, we show it once. Each notice bears in "veilig-signature" ' +
      't=SECONDS,v1=HMAC-SHA256 over SECONDS.BODY.',
    'Gardez cette clé, nous ne la montrons qu’une fois. Chaque avis porte dans ' +
      '« veilig-signature » t=SECONDES,v1=HMAC-SHA256 sur SECONDES.CORPS.',
  ),
  stop: words('Geen berichten meer?', 'No more notices?', 'Plus d’avis ?'),
  stopYes: words('Stop ermee', 'Stop them', 'Arrêter'),
  stopped: words(
    'U krijgt geen berichten meer',
    'You get no more notices',
    'Vous n’en recevrez plus',
  ),
  stoppedText: words(
    'Wij hebben uw adres gewist.',
    'We have erased your address.',
    'Nous avons effacé votre adresse.',
  ),
  old: words(
    'Deze link werkt niet meer',
    'This link no longer works',
    'Ce lien ne fonctionne plus',
  ),
  oldText: words(
    'Hij is gebruikt, of ouder dan een dag. Vraag op de statuspagina gerust een nieuwe.',
    'It was used, or is older than a day. You are welcome to ask for another on the status page.',
    'Il a été utilisé, ou date de plus d’un jour. Demandez-en un autre sur la page d’état.',
  ),
  wrong: words('Dat lukt zo niet', 'That does not work', 'Cela ne va pas'),
  wrongText: words(
    'Wij hebben nodig: {wanted}.',
    'What we need: {wanted}.',
    'Il nous faut : {wanted}.',
  ),
  silent: words(
    'Het adres gaf de waarde van "challenge" niet terug.',
    'The address did not give back the value of "challenge".',
    'L’adresse n’a pas renvoyé la valeur de « challenge ».',
  ),
  full: words(
    'Wij kunnen nu niemand meer aanmelden',
    'We cannot take anybody more just now',
    'Nous ne pouvons plus inscrire personne',
  ),
  fullText: words(
    'Zoveel mensen volgen deze pagina als zij aankan. De Atom-feed kent geen grens en zegt ' +
      'hetzelfde.',
    'As many people follow this page as it can serve. The Atom feed has no limit and says the ' +
      'same.',
    'Autant de personnes suivent cette page qu’elle peut en servir. Le flux Atom n’a pas de ' +
      'limite et dit la même chose.',
  ),
  away: words('Dat lukt nu even niet', 'Not just now', 'Pas pour le moment'),
  awayText: words(
    'Onze databank is even niet bereikbaar. Probeer het over een paar minuten opnieuw.',
    'Our database cannot be reached for the moment. Please try again in a few minutes.',
    'Notre base de données est momentanément injoignable. Réessayez dans quelques minutes.',
  ),
  back: words('Naar de statuspagina', 'To the status page', 'Vers la page d’état'),
}

export const mail: Readonly<Record<MailText, Words>> = {
  confirmSubject: words(
    'Wilt u berichten over storingen?',
    'Do you want notices of outages?',
    'Voulez-vous des avis de panne ?',
  ),
  confirmText: words(
    'Iemand, waarschijnlijk u, vroeg om berichten over storingen bij {operator}. Klopt dat? Volg ' +
      'dan deze link:\n\n{link}\n\nWas u het niet? Doe dan niets; u krijgt niets meer van ons.',
    'Somebody, probably you, asked for notices of outages at {operator}. Is that right? Then ' +
      'follow this link:\n\n{link}\n\nWas it not you? Then do nothing; you get nothing more.',
    'Quelqu’un, sans doute vous, a demandé des avis de panne chez {operator}. Est-ce exact ? ' +
      'Suivez alors ce lien :\n\n{link}\n\nCe n’était pas vous ? Ne faites rien ; vous ne ' +
      'recevrez plus rien.',
  ),
  see: words('Alles staat op {link}', 'It is all on {link}', 'Tout figure sur {link}'),
  leave: words('Geen berichten meer? {link}', 'No more notices? {link}', 'Plus d’avis ? {link}'),
}

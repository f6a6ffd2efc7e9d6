/**
 * The words of a customer's own page.
 *
 * @module
 */
import { words, type Words } from '#lib/claims/claim.ts'

type CustomerText = 'title' | 'intro' | 'all' | 'download' | 'check' | 'unknown' | 'unknownText'

export const customerTexts: Readonly<Record<CustomerText, Words>> = {
  title: words('Uw eigen gegevens', 'Your own data', 'Vos propres données'),
  intro: words(
    'Deze beloften hebben wij ook voor u apart gemeten. Alleen wie dit adres heeft, ziet dit; ' +
      'wat hier staat, is samen met de openbare meting ondertekend.',
    'We measured these promises for you apart, too. Only who has this address sees this; what ' +
      'stands here was signed together with the public measurement.',
    'Nous avons aussi mesuré ces promesses pour vous à part. Seul qui a cette adresse voit ' +
      'ceci ; ce qui figure ici a été signé avec la mesure publique.',
  ),
  all: words(
    'Alle beloften aan iedereen',
    'All promises to everybody',
    'Toutes les promesses faites à tous',
  ),
  download: words('Uw bewijs ophalen', 'Download your evidence', 'Télécharger vos preuves'),
  check: words(
    'Zo gaat u zelf na dat wat hierboven staat, ondertekend is en van u is.',
    'This is how you check for yourself that what stands above was signed, and is yours.',
    'Vous vérifiez ainsi vous-même que ce qui précède a été signé, et est à vous.',
  ),
  unknown: words(
    'Hier is niets te zien.',
    'There is nothing to see here.',
    'Il n’y a rien à voir ici.',
  ),
  unknownText: words(
    'Dit adres is van niemand, of wij hebben voor u nog niets apart gemeten. Wat wij aan ' +
      'iedereen beloven, staat op de openbare pagina.',
    'This address is nobody’s, or we have measured nothing for you apart yet. What we ' +
      'promise to everybody stands on the public page.',
    'Cette adresse n’est à personne, ou nous n’avons encore rien mesuré pour vous à part. ' +
      'Ce que nous promettons à tous figure sur la page publique.',
  ),
}

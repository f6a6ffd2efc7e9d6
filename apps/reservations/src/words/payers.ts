/**
 * The sentences of who pays, and how.
 *
 * @module
 */

export const payerWords = {
  'payer.title': ['Hoe u betaalt', 'Comment vous payez', 'How you pay'],
  'payer.asked': [
    'Uw bank wil weten wie er betaalt. Vul dit één keer in; daarna gaat betalen zonder.',
    'Votre banque veut savoir qui paie. Remplissez ceci une fois ; ensuite, ce sera sans.',
    'Your bank wants to know who pays. Fill this in once; after that you pay without.',
  ],
  'payer.lead': [
    'Alleen uw bank krijgt dit te zien, wanneer u betaalt. Een kaartnummer vragen wij nooit.',
    'Seule votre banque le voit, quand vous payez. Nous ne demandons jamais de numéro de carte.',
    'Only your bank sees this, when you pay. We never ask for a card number.',
  ],
  'payer.address': [
    'Naam en adres voor uw bank',
    'Nom et adresse pour votre banque',
    'Name and address for your bank',
  ],
  'payer.first': ['Voornaam', 'Prénom', 'First name'],
  'payer.last': ['Naam', 'Nom', 'Last name'],
  'payer.street': ['Straat en nummer', 'Rue et numéro', 'Street and number'],
  'payer.zip': ['Postcode', 'Code postal', 'Postal code'],
  'payer.city': ['Gemeente', 'Localité', 'Town'],
  'payer.country': ['Land', 'Pays', 'Country'],
  'payer.back': ['Terug naar betalen', 'Retour au paiement', 'Back to paying'],
  'payer.kept': [
    'Bewaard. U kunt nu betalen.',
    'Enregistré. Vous pouvez payer.',
    'Saved. You can pay now.',
  ],
  'payer.forgetAddress': ['Adres wissen', 'Effacer l’adresse', 'Erase the address'],
  'payer.ways': ['Onthouden manieren', 'Moyens retenus', 'Remembered ways'],
  'payer.waysLead': [
    'Hiermee betaalt u met één druk. De betaaldienst bewaart ze, niet wij.',
    'Pour payer d’un seul geste. C’est le service de paiement qui les garde, pas nous.',
    'With these you pay in one press. The payment service keeps them, not we.',
  ],
  'payer.noWays': [
    'Geen. Vink bij het betalen „Onthoud hoe ik betaal” aan.',
    'Aucun. En payant, cochez « Retenir ce moyen de paiement ».',
    'None. Tick “Remember how I pay” when you pay.',
  ],
  'payer.paypal': ['Uw PayPal', 'Votre PayPal', 'Your PayPal'],
  'payer.paybox': ['Uw kaart bij Paybox', 'Votre carte chez Paybox', 'Your card at Paybox'],
  'payer.until': ['tot {month}', 'jusqu’en {month}', 'until {month}'],
  'payer.forget': ['Vergeten', 'Oublier', 'Forget'],
  'payer.forgotten': ['Vergeten.', 'Oublié.', 'Forgotten.'],
  'payer.away': [
    'De betaaldienst is even niet te bereiken; probeer het straks.',
    'Le service de paiement est momentanément injoignable ; réessayez plus tard.',
    'The payment service cannot be reached just now; try again in a while.',
  ],
  'due.remember': ['Onthoud hoe ik betaal', 'Retenir ce moyen de paiement', 'Remember how I pay'],
  'due.with.paypal': ['Betaal met uw PayPal', 'Payer avec votre PayPal', 'Pay with your PayPal'],
  'due.with.paybox': [
    'Betaal met uw onthouden kaart',
    'Payer avec votre carte retenue',
    'Pay with your remembered card',
  ],
  'due.other': ['Anders betalen', 'Payer autrement', 'Pay another way'],
} as const

/**
 * Where the prober writes its test number, to see that a card number is noticed: an address that no
 * application has, so that no page of anybody's sends a number there.
 *
 * @module
 */

export const CARD_DRILL_PATH = '/veilig-probe'

/**
 * The name by which the console finds the mail gateway.
 *
 * @module
 */

/** The socket of its desk. */
export const MAIL_DESK = 'mail-desk'

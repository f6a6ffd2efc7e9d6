/**
 * The name by which others find detection.
 *
 * @module
 */

/** The socket on which the console asks for alerts. */
export const ALERT_DESK = 'alerts'

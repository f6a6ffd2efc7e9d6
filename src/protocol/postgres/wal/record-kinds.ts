/**
 * Kinds of records of the write-ahead log that more than one reader looks for.
 *
 * Source: PostgreSQL 15 to 18, access/rmgrlist.h (resource managers), access/xact.h.
 *
 * @module
 */

export const RM_XLOG = 0
export const RM_XACT = 1
/** Commit, abort, and both of a prepared transaction. */
export const ENDS_TRANSACTION: ReadonlySet<number> = new Set([0x00, 0x20, 0x30, 0x40])

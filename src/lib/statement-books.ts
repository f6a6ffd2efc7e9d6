/**
 * The books in which statements stand: one for each process of the SQL gateway.
 *
 * @module
 */

const NAME = 'sql-gateway'

/** @param number Of the process: 0 for the first one. */
export function statementBook(number: number): string {
  return number === 0 ? NAME : `${NAME}-${number}`
}

/** The books of a gateway of so many processes. */
export function statementBooks(processes: number): readonly string[] {
  return Array.from({ length: processes }, (_, number) => statementBook(number))
}

/** Whether statements stand in a book. */
export function isStatementBook(book: string): boolean {
  return book === NAME || /^sql-gateway-[1-9]\d*$/.test(book)
}

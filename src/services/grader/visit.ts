/**
 * What a visit to a site showed: enough to judge its headers, cookies and redirects by any rules.
 *
 * @module
 */

/** Field names in lower case; fields sent twice are joined by a comma, as a browser joins them. */
export type Fields = Readonly<Record<string, string>>

export type PageAnswer = {
  readonly url: URL
  readonly status: number
  readonly fields: Fields
  /** Every Set-Cookie line of the whole way there. */
  readonly cookies: readonly string[]
  /** The page, cut off beyond a limit. */
  readonly body: string
}

export type Visit = {
  /** The name that was asked for. */
  readonly hostName: string
  /** The last answer over HTTPS, redirects followed. */
  readonly page: PageAnswer
  /** Whether the certificate leads to a trusted authority and bears the name. */
  readonly trusted: boolean
  /** Addresses in the order visited, beginning with plain HTTP; undefined when nothing answers. */
  readonly plainRoute: readonly URL[] | undefined
  /** The answer to a question of another site's script. */
  readonly cors: { readonly origin: string; readonly fields: Fields } | undefined
}

/**
 * Every result a test of the HTTP Observatory can have: what it is worth, and what to do about it.
 *
 * Source: MDN HTTP Observatory, algorithm 4 (npm package 1.4), whose names these are.
 *
 * @module
 */

/** Names of results. */
// prettier-ignore
export type ObservatoryCode =
  | 'csp-implemented-with-no-unsafe-default-src-none'
  | 'csp-implemented-with-no-unsafe'
  | 'csp-implemented-with-unsafe-inline-in-style-src-only'
  | 'csp-implemented-but-duplicate-directives'
  | 'csp-implemented-with-insecure-scheme-in-passive-content-only'
  | 'csp-implemented-with-unsafe-eval'
  | 'csp-implemented-with-unsafe-inline'
  | 'csp-implemented-with-insecure-scheme'
  | 'csp-header-invalid'
  | 'csp-not-implemented'
  | 'csp-not-implemented-but-reporting-enabled'
  | 'cookies-secure-with-httponly-sessions-and-samesite'
  | 'cookies-secure-with-httponly-sessions'
  | 'cookies-not-found'
  | 'cookies-without-secure-flag-but-protected-by-hsts'
  | 'cookies-session-without-secure-flag-but-protected-by-hsts'
  | 'cookies-without-secure-flag'
  | 'cookies-samesite-flag-invalid'
  | 'cookies-anticsrf-without-samesite-flag'
  | 'cookies-session-without-httponly-flag'
  | 'cookies-session-without-secure-flag'
  | 'cross-origin-resource-sharing-not-implemented'
  | 'cross-origin-resource-sharing-implemented-with-public-access'
  | 'cross-origin-resource-sharing-implemented-with-restricted-access'
  | 'cross-origin-resource-sharing-implemented-with-universal-access'
  | 'redirection-all-redirects-preloaded'
  | 'redirection-to-https'
  | 'redirection-not-needed-no-http'
  | 'redirection-off-host-from-http'
  | 'redirection-not-to-https-on-initial-redirection'
  | 'redirection-not-to-https'
  | 'redirection-missing'
  | 'redirection-invalid-cert'
  | 'referrer-policy-private'
  | 'referrer-policy-not-implemented'
  | 'referrer-policy-unsafe'
  | 'referrer-policy-header-invalid'
  | 'hsts-implemented-max-age-at-least-six-months'
  | 'hsts-implemented-max-age-less-than-six-months'
  | 'hsts-not-implemented'
  | 'hsts-header-invalid'
  | 'hsts-not-implemented-no-https'
  | 'hsts-invalid-cert'
  | 'sri-implemented-and-all-scripts-loaded-securely'
  | 'sri-implemented-and-external-scripts-loaded-securely'
  | 'sri-not-implemented-response-not-html'
  | 'sri-not-implemented-but-no-scripts-loaded'
  | 'sri-not-implemented-but-all-scripts-loaded-from-secure-origin'
  | 'sri-not-implemented-but-external-scripts-loaded-securely'
  | 'sri-implemented-but-external-scripts-not-loaded-securely'
  | 'sri-not-implemented-and-external-scripts-not-loaded-securely'
  | 'x-content-type-options-nosniff'
  | 'x-content-type-options-not-implemented'
  | 'x-content-type-options-header-invalid'
  | 'x-frame-options-implemented-via-csp'
  | 'x-frame-options-sameorigin-or-deny'
  | 'x-frame-options-allow-from-origin'
  | 'x-frame-options-not-implemented'
  | 'x-frame-options-header-invalid'
  | 'corp-implemented-with-same-origin'
  | 'corp-implemented-with-same-site'
  | 'corp-implemented-with-cross-origin'
  | 'corp-not-implemented'
  | 'corp-header-invalid'

export type ObservatoryResult = {
  readonly modifier: number
  /** What it means, in one sentence. */
  readonly says: string
  /** What to do; empty when nothing is to be done. */
  readonly mend: string
}

const result = (modifier: number, says: string, mend: string = ''): ObservatoryResult => ({
  modifier,
  says,
  mend,
})

/** Result → worth, sentence, mend. */
export const observatoryResults: Readonly<Record<ObservatoryCode, ObservatoryResult>> = {
  'csp-implemented-with-no-unsafe-default-src-none': result(
    10,
    'The Content-Security-Policy forbids all by default and allows nothing unsafe.',
  ),
  'csp-implemented-with-no-unsafe': result(
    5,
    'The Content-Security-Policy allows nothing unsafe.',
    "Begin the policy with default-src 'none'.",
  ),
  'csp-implemented-with-unsafe-inline-in-style-src-only': result(
    0,
    'The Content-Security-Policy allows unsafe styles.',
    "Remove 'unsafe-inline', data: and whole schemes from style-src.",
  ),
  'csp-implemented-but-duplicate-directives': result(
    0,
    'The Content-Security-Policy names a report address twice.',
    'Name it once.',
  ),
  'csp-implemented-with-insecure-scheme-in-passive-content-only': result(
    -10,
    'The Content-Security-Policy lets images or media come over plain HTTP.',
    'Remove http: from img-src and media-src.',
  ),
  'csp-implemented-with-unsafe-eval': result(
    -10,
    "The Content-Security-Policy allows 'unsafe-eval'.",
    "Stop using eval() and remove 'unsafe-eval'.",
  ),
  'csp-implemented-with-unsafe-inline': result(
    -20,
    'The Content-Security-Policy lets scripts or plug-ins come from anywhere, or inline.',
    "Set script-src and object-src; use nonces instead of 'unsafe-inline'.",
  ),
  'csp-implemented-with-insecure-scheme': result(
    -20,
    'The Content-Security-Policy lets scripts or other active content come over plain HTTP.',
    'Remove every http: and ftp: source.',
  ),
  'csp-header-invalid': result(
    -25,
    'The Content-Security-Policy cannot be read.',
    'Give each directive once; use strict-dynamic only with a nonce or hash.',
  ),
  'csp-not-implemented': result(
    -25,
    'There is no Content-Security-Policy.',
    "Send one; default-src 'none' plus what the pages need is a good start.",
  ),
  'csp-not-implemented-but-reporting-enabled': result(
    -25,
    'The Content-Security-Policy only reports and enforces nothing.',
    'Send it as Content-Security-Policy too.',
  ),
  'cookies-secure-with-httponly-sessions-and-samesite': result(
    5,
    'All cookies are Secure and SameSite, session cookies HttpOnly.',
  ),
  'cookies-secure-with-httponly-sessions': result(
    0,
    'Cookies are Secure, session cookies HttpOnly, but not all are SameSite.',
    'Add SameSite=Lax or Strict.',
  ),
  'cookies-not-found': result(0, 'No cookies were set.'),
  'cookies-without-secure-flag-but-protected-by-hsts': result(
    -5,
    'A cookie is not Secure; only Strict-Transport-Security protects it.',
    'Add Secure.',
  ),
  'cookies-session-without-secure-flag-but-protected-by-hsts': result(
    -10,
    'A session cookie is not Secure; only Strict-Transport-Security protects it.',
    'Add Secure.',
  ),
  'cookies-without-secure-flag': result(
    -20,
    'A cookie is not Secure: it travels unencrypted too.',
    'Add Secure.',
  ),
  'cookies-samesite-flag-invalid': result(
    -20,
    'A cookie has a SameSite value that browsers do not take.',
    'Use Lax or Strict; None only together with Secure.',
  ),
  'cookies-anticsrf-without-samesite-flag': result(
    -20,
    'A cookie against request forgery is not SameSite.',
    'Add SameSite=Lax or Strict.',
  ),
  'cookies-session-without-httponly-flag': result(
    -30,
    'A session cookie can be read by scripts.',
    'Add HttpOnly.',
  ),
  'cookies-session-without-secure-flag': result(
    -40,
    'A session cookie is not Secure: anyone on the way can take it.',
    'Add Secure and send Strict-Transport-Security.',
  ),
  'cross-origin-resource-sharing-not-implemented': result(
    0,
    'Other sites cannot read what this site answers.',
  ),
  'cross-origin-resource-sharing-implemented-with-public-access': result(
    0,
    'Other sites can read what everybody can read.',
  ),
  'cross-origin-resource-sharing-implemented-with-restricted-access': result(
    0,
    'Named other sites can read what this site answers.',
  ),
  'cross-origin-resource-sharing-implemented-with-universal-access': result(
    -50,
    'Any other site can act and read in the name of a visitor.',
    'Do not echo Origin together with Access-Control-Allow-Credentials.',
  ),
  'redirection-all-redirects-preloaded': result(0, 'All names on the way are preloaded as HTTPS.'),
  'redirection-to-https': result(0, 'Plain HTTP is redirected to HTTPS on the same host.'),
  'redirection-not-needed-no-http': result(0, 'Nothing answers over plain HTTP.'),
  'redirection-off-host-from-http': result(
    -5,
    'The first redirect leads to another host, so this one never gets HSTS.',
    'Redirect to HTTPS on the same host first.',
  ),
  'redirection-not-to-https-on-initial-redirection': result(
    -10,
    'The first redirect is to plain HTTP again.',
    'Redirect to HTTPS at once.',
  ),
  'redirection-not-to-https': result(
    -20,
    'Redirects end on plain HTTP.',
    'Redirect to HTTPS at once.',
  ),
  'redirection-missing': result(
    -20,
    'Plain HTTP is answered with content.',
    'Redirect it to HTTPS.',
  ),
  'redirection-invalid-cert': result(
    -20,
    'The certificate behind the redirect is not trusted.',
    'Install a certificate of a trusted authority.',
  ),
  'referrer-policy-private': result(5, 'Other sites learn at most where a visitor came from.'),
  'referrer-policy-not-implemented': result(
    0,
    'There is no Referrer-Policy; browsers use strict-origin-when-cross-origin.',
    'Send Referrer-Policy: strict-origin-when-cross-origin.',
  ),
  'referrer-policy-unsafe': result(
    -5,
    'The Referrer-Policy tells other sites more than it should.',
    'Send strict-origin-when-cross-origin or stricter.',
  ),
  'referrer-policy-header-invalid': result(
    -5,
    'The Referrer-Policy is none that browsers know.',
    'Send strict-origin-when-cross-origin or stricter.',
  ),
  'hsts-implemented-max-age-at-least-six-months': result(
    0,
    'Browsers are told to use HTTPS only, for half a year or more.',
  ),
  'hsts-implemented-max-age-less-than-six-months': result(
    -10,
    'Strict-Transport-Security lasts less than half a year.',
    'Set max-age to 31536000 or more.',
  ),
  'hsts-not-implemented': result(
    -20,
    'There is no Strict-Transport-Security.',
    'Send Strict-Transport-Security: max-age=31536000; includeSubDomains.',
  ),
  'hsts-header-invalid': result(
    -20,
    'Strict-Transport-Security cannot be read, or is sent twice.',
    'Send it once, with max-age.',
  ),
  'hsts-not-implemented-no-https': result(-20, 'There is no HTTPS.', 'Serve HTTPS.'),
  'hsts-invalid-cert': result(
    -20,
    'Browsers ignore Strict-Transport-Security, as the certificate is not trusted.',
    'Install a certificate of a trusted authority.',
  ),
  'sri-implemented-and-all-scripts-loaded-securely': result(5, 'Scripts bear their own digest.'),
  'sri-implemented-and-external-scripts-loaded-securely': result(
    5,
    'Scripts of other sites bear their digest.',
  ),
  'sri-not-implemented-response-not-html': result(0, 'The page is not HTML.'),
  'sri-not-implemented-but-no-scripts-loaded': result(0, 'The page loads no scripts.'),
  'sri-not-implemented-but-all-scripts-loaded-from-secure-origin': result(
    0,
    'All scripts come from this site.',
  ),
  'sri-not-implemented-but-external-scripts-loaded-securely': result(
    -5,
    'Scripts of other sites are loaded without a digest.',
    'Add integrity to them, or serve them yourself.',
  ),
  'sri-implemented-but-external-scripts-not-loaded-securely': result(
    -20,
    'Scripts of other sites may be loaded over plain HTTP.',
    'Load them by https:.',
  ),
  'sri-not-implemented-and-external-scripts-not-loaded-securely': result(
    -50,
    'Scripts of other sites may be loaded over plain HTTP, unchecked.',
    'Load them by https: with integrity, or serve them yourself.',
  ),
  'x-content-type-options-nosniff': result(0, 'Browsers do not guess types.'),
  'x-content-type-options-not-implemented': result(
    -5,
    'Browsers may guess types.',
    'Send X-Content-Type-Options: nosniff.',
  ),
  'x-content-type-options-header-invalid': result(
    -5,
    'X-Content-Type-Options is not nosniff.',
    'Send X-Content-Type-Options: nosniff, once.',
  ),
  'x-frame-options-implemented-via-csp': result(5, 'Framing is governed by frame-ancestors.'),
  'x-frame-options-sameorigin-or-deny': result(
    0,
    'Other sites cannot frame the pages.',
    'Say it with frame-ancestors in the Content-Security-Policy too.',
  ),
  'x-frame-options-allow-from-origin': result(
    0,
    'Framing is allowed from a named site, in a way browsers have dropped.',
    'Use frame-ancestors instead.',
  ),
  'x-frame-options-not-implemented': result(
    -20,
    'Other sites can frame the pages.',
    "Send frame-ancestors 'self' and X-Frame-Options: SAMEORIGIN.",
  ),
  'x-frame-options-header-invalid': result(
    -20,
    'X-Frame-Options is none that browsers know.',
    'Send DENY or SAMEORIGIN, once.',
  ),
  'corp-implemented-with-same-origin': result(10, 'Only this origin may embed what it answers.'),
  'corp-implemented-with-same-site': result(10, 'Only this site may embed what it answers.'),
  'corp-implemented-with-cross-origin': result(0, 'Every site may embed what it answers.'),
  'corp-not-implemented': result(
    0,
    'There is no Cross-Origin-Resource-Policy.',
    'Send Cross-Origin-Resource-Policy: same-origin.',
  ),
  'corp-header-invalid': result(
    -5,
    'Cross-Origin-Resource-Policy is none that browsers know.',
    'Send same-origin or same-site.',
  ),
}

/** The header policy as somebody else would send it, for servers that take the gateway's place. */
export const policyFields: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'",
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=()',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'x-xss-protection': '0',
}

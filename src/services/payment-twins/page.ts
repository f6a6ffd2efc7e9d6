/**
 * The twins' pages: plain, and clearly a demonstration.
 *
 * @module
 */
import { html } from 'hono/html'

type Html = ReturnType<typeof html>

/** Forms lead back to the club over another host: Chromium checks the whole way against this. */
export const twinPolicy: string =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' https:; base-uri 'none'; " +
  "frame-ancestors 'none'"

export type PayPage = {
  readonly brand: string
  readonly amount: string
  readonly reference: string
  /** Paths the buttons post to; the choice is a field. */
  readonly action: string
  readonly cancelUrl: string
  readonly said: string
}

export function payPage(page: PayPage): Html {
  const { brand, amount, reference, action, cancelUrl, said } = page
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" /><meta name="viewport" content="width=device-width" />
      <title>${brand} (demonstration)</title>
      <style>
        body {
          font:
            18px/1.5 system-ui,
            sans-serif;
          max-width: 32rem;
          margin: 2rem auto;
          padding: 0 1rem;
        }
        .mark {
          background: #ffe9a8;
          color: #222;
          padding: 0.5rem 1rem;
          border: 2px solid #b58900;
        }
        button,
        a {
          font: inherit;
          margin-right: 1rem;
          padding: 0.5rem 1rem;
        }
      </style>
      <p class="mark">
        <strong>Demonstration.</strong> This is not ${brand}. No money moves, and there is no card
        to type.
      </p>
      <h1>${brand} (demonstration)</h1>
      <p>Amount: <strong>${amount}</strong><br />Payment: ${reference}</p>
      ${said === '' ? '' : html`<p role="alert">${said}</p>`}
      <form method="post" action="${action}">
        <button name="choice" value="pay">Pay ${amount}</button>
        <button name="choice" value="refuse">Let the bank refuse</button>
        <a href="${cancelUrl}">Cancel</a>
      </form>
    </html>`
}

/**
 * What stands below the promises: who else handles data, how to check, whom to write to.
 *
 * @module
 */
import type { VNode } from 'preact'
import type { Language } from '#lib/claims/claim.ts'
import type { TrustConfig } from './config.ts'
import { ui } from './texts.ts'

export type ColophonProps = { readonly language: Language; readonly config: TrustConfig }

export function Subprocessors({ language, config }: ColophonProps): VNode {
  const { subprocessors, documents } = config
  return (
    <section>
      <h2>{ui.subprocessors[language]}</h2>
      {subprocessors.length === 0 ? (
        <p>{ui.noSubprocessors[language]}</p>
      ) : (
        <>
          <p class="intro">{ui.subprocessorsText[language]}</p>
          <div class="scroll" role="region" tabIndex={0} aria-label={ui.subprocessors[language]}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{ui.subprocessor[language]}</th>
                  <th scope="col">{ui.purpose[language]}</th>
                  <th scope="col">{ui.where[language]}</th>
                </tr>
              </thead>
              <tbody>
                {subprocessors.map(({ name, purpose, where }) => (
                  <tr>
                    <th scope="row">{name}</th>
                    <td>{purpose}</td>
                    <td>{where}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
      {documents.length > 0 && (
        <>
          <h2 class="minor">{ui.documents[language]}</h2>
          <ul class="plain">
            {documents.map(({ title, address }) => (
              <li>
                <a href={address}>{title}</a>
              </li>
            ))}
          </ul>
        </>
      )}
    </section>
  )
}

/** Two verifiers that share no code. */
const commands =
  'bin/veilig trust verify evidence.bundle\npython3 bin/verify-evidence.py evidence.bundle'

export function Verify({ language, config }: ColophonProps): VNode {
  return (
    <section>
      <h2 id="check">{ui.verify[language]}</h2>
      <p>{ui.verifyText[language]}</p>
      <pre>
        <code>{commands}</code>
      </pre>
      <p>
        <a class="button" href="/evidence.bundle" download="evidence.bundle">
          {ui.download[language]}
        </a>
        <a class="button quiet" href="/claims.json">
          {ui.asJson[language]}
        </a>
        <a class="button quiet" href="/history.json">
          {ui.historyJson[language]}
        </a>
        <a class="button quiet" href="/oscal.json">
          {ui.oscal[language]}
        </a>
      </p>
      <h2 class="minor">{ui.badge[language]}</h2>
      <p>
        <img class="badge" src={`/badge.${language}.svg`} alt={ui.badge[language]} height="28" />
      </p>
      <p class="intro">{ui.badgeText[language]}</p>
      <h2 class="minor">{ui.contact[language]}</h2>
      <p>
        {ui.contactText[language]}{' '}
        <a href={config.securityContact}>{config.securityContact.replace('mailto:', '')}</a> (
        <a href="/.well-known/security.txt">security.txt</a>).
      </p>
    </section>
  )
}

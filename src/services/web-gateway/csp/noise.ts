/**
 * Reports that say nothing of the site: extensions, bookmarklets, translators, virus scanners and
 * browsers' own pages run inside a visitor's page and trip over its policy.
 *
 * Source of the list: what collectors of reports publish as their own filters, and the explained
 * cases of the CSP-useful project. A wrong entry here costs a source that nobody proposes; a
 * missing one costs a line the operator reads.
 *
 * @module
 */
import type { Violation } from './reports.ts'

/** Schemes that no page of a web server has. */
const foreignSchemes =
  'about android-webview-video-poster brave-extension capacitor chrome chrome-extension ' +
  'chromeinvoke chromeinvokeimmediate chromenull devtools edge-extension file gsa intent ionic ' +
  'isolated-app itms-apps itmss jar masked-url mbinit moz-extension ms-browser-extension mx ' +
  'mxaddon-pkg mxjscall none null opera-extension qrcode res resource safari-extension ' +
  'safari-resource safari-web-extension se-extension sraf symres tmtbff ucbrowser user-script ' +
  'userscript view-source vivaldi-extension webkit-masked-url webviewprogressproxy'

const foreignScheme = new RegExp(`^(?:blob:)?(?:${foreignSchemes.replaceAll(' ', '|')}):`, 'i')

/** The same without a colon: reports may name a scheme alone. */
const foreignWord = new RegExp(`^(?:${foreignSchemes.replaceAll(' ', '|')})$`, 'i')

/** Hosts that programs on the visitor's machine or line put into every page. */
const injectors =
  'adguard.com adguard.org ajax.microsoft-edge-translate.com apollocdn.com avast.com avg.com ' +
  'best-deals-products.com bitdefender.net cloudguard.me davebestdeals.com diigo.com drweb.com ' +
  'evernote.com foxydeal.com getpocket.com ghostery.com grammarly.com grammarly.io honey.io ' +
  'hola.org instapaper.com jollywallet.com joinhoney.com jsrdn.com kaspersky-labs.com ' +
  'lastpass.com metamask.io microsofttranslator.com nikkomsgchannel pricepeep.net ' +
  'readability.com superfish.com tlscdn.com translate-pa.googleapis.com translate.google.com ' +
  'translate.googleapis.com translate.yandex.com translate.yandex.net visicom.com ' +
  'wappalyzer.com zotero.org a.akamaihd.net'

const injectorHost = new RegExp(
  `^https?://(?:[^/]*[.-])?(?:${injectors.replaceAll('.', '\\.').replaceAll(' ', '|')})(?:[/:]|$)`,
  'i',
)

/** Pieces of code that extensions put inline, by how they begin. */
const injectedSample = new RegExp(
  [
    ';?\\(function\\s*installGlobalHook',
    '/\\*.*(?:extension|content.?script)',
    'window\\.(?:__firefox__|__REACT_DEVTOOLS|ethereum|phantom|solana)',
    'var\\s+(?:BPQS|_gm_|GM_)',
    '(?:chrome|browser)\\.runtime',
    'grammarly|lastPass|ethereum',
  ]
    .map((start) => `^\\s*(?:${start})`)
    .join('|'),
  'i',
)

/**
 * Why a report is thrown away; undefined when it may speak of the site.
 *
 * @param host Of the site, without port.
 */
export function noiseOf(violation: Violation, host: string): string | undefined {
  const { document, blocked, sourceFile, sample, directive } = violation
  if (hostNameOf(document) !== host) return 'another site’s page'
  if (isForeign(sourceFile)) return 'an extension’s script'
  if (isForeign(blocked)) return 'an extension’s file'
  if (injectorHost.test(blocked) || injectorHost.test(sourceFile)) return 'a program on the way'
  if (injectedSample.test(sample)) return 'an extension’s script'
  if (blocked === '' && sourceFile === '') return 'nothing said'
  // A script of the site has a place; what has none was put there by a bookmark or an extension.
  const isInline = blocked === 'inline' || blocked === 'self' || blocked === 'eval'
  if (isInline && sourceFile === '' && directive === 'script-src') return 'a bookmark’s script'
  if (sourceFile.startsWith('javascript:') || blocked.startsWith('javascript:'))
    return 'a bookmark’s script'
  return undefined
}

function isForeign(address: string): boolean {
  return foreignScheme.test(address) || foreignWord.test(address)
}

function hostNameOf(address: string): string | undefined {
  return URL.parse(address)?.hostname
}

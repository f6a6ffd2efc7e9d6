/**
 * The console's only script: passkeys need the browser's own dialogue. The rest works without.
 *
 * @module
 */
export const passkeyScript: string = `
const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
const post = async (path, csrf, body) => {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body),
    headers: { 'content-type': 'application/json', 'x-csrf': csrf } });
  if (!answer.ok) throw new Error((await answer.json()).message);
  return answer.json();
};
const acts = {
  async create(path, csrf) {
    const o = await post(path + '/options', csrf, {});
    if (o.next) return o;
    o.challenge = bytes(o.challenge); o.user.id = bytes(o.user.id);
    o.excludeCredentials = (o.excludeCredentials ?? []).map((c) => ({ ...c, id: bytes(c.id) }));
    const made = await navigator.credentials.create({ publicKey: o });
    return post(path, csrf, { id: made.id, rawId: text(made.rawId), type: made.type,
      clientExtensionResults: made.getClientExtensionResults(),
      response: { clientDataJSON: text(made.response.clientDataJSON),
        attestationObject: text(made.response.attestationObject),
        transports: made.response.getTransports?.() ?? [] } });
  },
  async get(path, csrf, back, how = {}) {
    const o = await post(path + '/options', csrf, {});
    o.challenge = bytes(o.challenge);
    o.allowCredentials = (o.allowCredentials ?? []).map((c) => ({ ...c, id: bytes(c.id) }));
    const got = await navigator.credentials.get({ publicKey: o, ...how });
    return post(path, csrf, { back, id: got.id, rawId: text(got.rawId), type: got.type,
      clientExtensionResults: got.getClientExtensionResults(),
      response: { clientDataJSON: text(got.response.clientDataJSON),
        authenticatorData: text(got.response.authenticatorData),
        signature: text(got.response.signature),
        userHandle: got.response.userHandle ? text(got.response.userHandle) : undefined } });
  },
};
const make = (name, words, more = {}) =>
  Object.assign(document.createElement(name), { textContent: words }, more);
const showCodes = (codes, next) => {
  const list = make('ul', '', { className: 'codes' });
  for (const code of codes) list.append(make('li', ''));
  codes.forEach((code, at) => list.children[at].append(make('code', code)));
  document.getElementById('main').replaceChildren(
    make('h1', 'Keep these codes'),
    make('p', 'Without your passkey, each of these lets you in once. Print them or keep them in ' +
      'your password manager: they are not shown again.'),
    list, make('a', 'I have kept them', { href: next, className: 'button' }));
};
// The browser may offer a passkey where the name is typed; pressing a button ends that offer.
const offer = new AbortController();
for (const button of document.querySelectorAll('button[data-passkey]')) {
  if (!window.PublicKeyCredential) continue;
  button.hidden = false;
  button.addEventListener('click', async () => {
    const said = document.getElementById('passkey-said');
    offer.abort();
    try {
      const { passkey, path, csrf, back } = button.dataset;
      const { next, codes } = await acts[passkey](path, csrf ?? '', back);
      if (codes) showCodes(codes, next);
      else location.assign(next);
    } catch (error) {
      const cancelled = error.name === 'NotAllowedError';
      said.textContent = cancelled ? 'The passkey was not used. You can try again.' : error.message;
    }
  });
}
const named = document.querySelector('input[autocomplete~="webauthn"]');
if (named && await window.PublicKeyCredential?.isConditionalMediationAvailable?.()) {
  const how = { mediation: 'conditional', signal: offer.signal };
  acts.get('/login/passkey', '', undefined, how).then(
    ({ next }) => location.assign(next),
    () => undefined, // nobody took the offer; the buttons are there
  );
}
`

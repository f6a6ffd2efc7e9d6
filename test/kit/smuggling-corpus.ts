/**
 * Requests that two servers may read as two different things, after the catalogue of HTTP request
 * smuggling: two lengths, hidden and misspelt transfer codings, odd line ends, odd request lines,
 * chunks that lie. Each hides `GET /smuggled` where a right reading sees a body or nothing.
 *
 * Source: Linhart, Klein, Heled, Orrin 2005; Kettle, "HTTP Desync Attacks" 2019 and "Browser-Powered
 * Desync Attacks" 2022; Jabiyev et al., "T-Reqs" 2021; RFC 9112 §11.2.
 */

export type SmugglingCase = { readonly name: string; readonly bytes: string }

const HIDDEN = 'GET /smuggled HTTP/1.1\r\nHost: localhost\r\nX: '
const chunked = `0\r\n\r\n${HIDDEN}`
const wrapped = `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`

const post = (lines: string, body: string): string =>
  `POST /front HTTP/1.1\r\nHost: localhost\r\n${lines}\r\n${body}`

/** Transfer-Encoding as some server still reads it, or some does not. */
const codings: readonly string[] = [
  'Transfer-Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding:chunked',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: \tchunked\t ',
  'Transfer-Encoding\t: chunked',
  ' Transfer-Encoding: chunked',
  '\tTransfer-Encoding: chunked',
  'X: y\r\n Transfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'Transfer-Encoding\r\n : chunked',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunkedx',
  'Transfer-Encoding: chunk',
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: 'chunked'",
  'Transfer-Encoding: CHUNKED',
  'Transfer-Encoding: cHuNkEd',
  'transfer-encoding: chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding:',
  'Transfer-Encoding: ',
  'Transfer-Encoding: \x00chunked',
  'Transfer-Encoding: chunked\x00',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: \x0cchunked',
  'Transfer-Encoding: chunked\x7f',
  'Transfer-Encoding: \xa0chunked',
  'Transfer-Encoding: \xefchunked',
  'Transfer_Encoding: chunked',
  'TransferEncoding: chunked',
  'Transfer Encoding: chunked',
  'Transfer-\x00Encoding: chunked',
  'Transfer-Enc\xf8ding: chunked',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked',
  'X-HTTP-Method-Override: GET\r\nTransfer-Encoding: chunked',
]

/** Content-Length as some server still reads it, or some does not; `N` is the body's size. */
const lengths: readonly string[] = [
  'Content-Length: N\r\nContent-Length: 0',
  'Content-Length: 0\r\nContent-Length: N',
  'Content-Length: N\r\nContent-Length: N',
  'Content-Length: N, N',
  'Content-Length: 0, N',
  'Content-Length: N,',
  'Content-Length: +N',
  'Content-Length: -N',
  'Content-Length: 0xN',
  'Content-Length: 0N',
  'Content-Length: N.0',
  'Content-Length: Ne0',
  'Content-Length: N;a',
  'Content-Length: "N"',
  'Content-Length: N 1',
  'Content-Length: N\x00',
  'Content-Length: \x00N',
  'Content-Length: \x0bN',
  'Content-Length:',
  'Content-Length: ',
  'Content-Length : N',
  'Content-Length\t: N',
  ' Content-Length: N',
  'Content_Length: N',
  'Content-\x00Length: N',
  'X: y\nContent-Length: N',
  'X: y\rContent-Length: N',
  'Content-Length:\r\n N',
  'Content-Length: 18446744073709551616',
  'Content-Length: 99999999999999999999999999',
  'Connection: Content-Length\r\nContent-Length: N',
  'Expect: 100-continue\r\nContent-Length: N\r\nContent-Length: 0',
  'Expect: 100-Continue, x\r\nContent-Length: N',
]

/** Chunked bodies that lie; a right reader refuses each before `/smuggled`. */
const chunks: readonly string[] = [
  `0\n\n${HIDDEN}`,
  `0\r\r${HIDDEN}`,
  `0 \r\n\r\n${HIDDEN}`,
  `0x0\r\n\r\n${HIDDEN}`,
  `+0\r\n\r\n${HIDDEN}`,
  `-0\r\n\r\n${HIDDEN}`,
  `\r\n0\r\n\r\n${HIDDEN}`,
  ` 0\r\n\r\n${HIDDEN}`,
  `0;\n\r\n${HIDDEN}`,
  `0;a=\x00\r\n\r\n${HIDDEN}`,
  `0;a\rb\r\n\r\n${HIDDEN}`,
  `5\r\nhelloX\r\n0\r\n\r\n${HIDDEN}`,
  `5\r\nhello\n0\r\n\r\n${HIDDEN}`,
  `5\nhello\r\n0\r\n\r\n${HIDDEN}`,
  `5\r\nhello0\r\n\r\n${HIDDEN}`,
  `10000000000000000\r\n${HIDDEN}`,
  `ffffffffffffffffff\r\n${HIDDEN}`,
  `g\r\n\r\n${HIDDEN}`,
  `1g\r\nx\r\n0\r\n\r\n${HIDDEN}`,
  `0\r\nGET /smuggled HTTP/1.1\r\n\r\n`,
  `0\r\nX: y\nZ: w\r\n\r\n${HIDDEN}`,
  `0\r\n X: y\r\n\r\n${HIDDEN}`,
  `0\r\nX : y\r\n\r\n${HIDDEN}`,
  `0_0\r\n\r\n${HIDDEN}`,
  `"0"\r\n\r\n${HIDDEN}`,
]

/** Request lines and heads that some server takes for one or for two requests. */
const heads: readonly string[] = [
  'GET /front HTTP/1.1\nHost: localhost\n\n',
  'GET /front HTTP/1.1\rHost: localhost\r\r',
  'GET /front HTTP/1.1\r\nHost: localhost\r\n\n',
  'GET /front HTTP/1.1\r\nHost: localhost\n\r\n',
  'GET /front\r\n',
  'GET /front HTTP/0.9\r\n\r\n',
  'GET /front HTTP/2.0\r\nHost: localhost\r\n\r\n',
  'GET /front HTTP/1.2\r\nHost: localhost\r\n\r\n',
  'GET /front HTTP/01.1\r\nHost: localhost\r\n\r\n',
  'GET /front HTTP/1.1 \r\nHost: localhost\r\n\r\n',
  'GET /front  HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET  /front HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET\t/front HTTP/1.1\r\nHost: localhost\r\n\r\n',
  ' GET /front HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /fr\x00ont HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /fr ont HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /front#x HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET http://elsewhere/front HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET front HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'GET /front HTTP/1.1\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: localhost, elsewhere\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: local host\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: localhost/x\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: x@localhost\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: localhost\r\n: x\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: localhost\r\nX\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n',
  'GET /front HTTP/1.1\r\nHost: localhost\r\nX: a\x00b\r\n\r\n',
  '\r\n\r\nGET /front HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'G\x00T /front HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
]

export const smugglingCorpus: readonly SmugglingCase[] = [
  // The length says that all of it is body; a coding says that the body is empty, and the reverse.
  ...codings.map((line) => ({
    name: `CL.TE ${JSON.stringify(line)}`,
    bytes: post(`${line}\r\nContent-Length: ${chunked.length}\r\n`, chunked),
  })),
  ...codings.map((line) => ({
    name: `TE.CL ${JSON.stringify(line)}`,
    bytes: post(`Content-Length: 4\r\n${line}\r\n`, wrapped),
  })),
  ...lengths.map((line) => ({
    name: `CL.CL ${JSON.stringify(line)}`,
    bytes: post(`${line.replaceAll('N', String(HIDDEN.length))}\r\n`, HIDDEN),
  })),
  ...chunks.map((body) => ({
    name: `chunk ${JSON.stringify(body.slice(0, 24))}`,
    bytes: post('Transfer-Encoding: chunked\r\n', body),
  })),
  ...heads.map((head) => ({ name: `head ${JSON.stringify(head)}`, bytes: head + HIDDEN })),
  ...['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PUT', 'PATCH', 'LOCK', 'SEARCH'].flatMap((method) => [
    {
      name: `${method} with a body`,
      bytes:
        `${method} /front HTTP/1.1\r\nHost: localhost\r\n` +
        `Content-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    },
    {
      name: `${method} with chunks`,
      bytes:
        `${method} /front HTTP/1.1\r\nHost: localhost\r\n` +
        `Transfer-Encoding: chunked\r\n\r\n${wrapped}`,
    },
  ]),
]

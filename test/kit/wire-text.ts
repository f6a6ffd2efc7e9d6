/** Bytes of text protocols as one readable line, in vector files. */

/** `\r \n \t \\ \xHH` and `{text*count}` to bytes; everything else is Latin-1. */
export function wireText(line: string): Buffer {
  const repeated = line.replace(/\{([^{}*]+)\*(\d+)\}/g, (_, text: string, count: string) =>
    text.repeat(Number(count)),
  )
  const text = repeated.replace(/\\(r|n|t|\\|x[0-9a-f]{2})/g, (_, escape: string) => {
    if (escape.startsWith('x')) return String.fromCharCode(parseInt(escape.slice(1), 16))
    return { r: '\r', n: '\n', t: '\t' }[escape] ?? '\\'
  })
  return Buffer.from(text, 'latin1')
}

/** Every way to cut bytes in two, and one byte at a time: a stream may arrive as any of them. */
export function* cuts(bytes: Buffer): Generator<Buffer[]> {
  const step = Math.max(1, Math.floor(bytes.length / 400)) // long vectors: not every single cut
  for (let at = 0; at <= bytes.length; at += step) yield [bytes.subarray(0, at), bytes.subarray(at)]
  yield Array.from(bytes, (_, at) => bytes.subarray(at, at + 1))
}

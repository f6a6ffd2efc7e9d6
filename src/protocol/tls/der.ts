/**
 * DER, as far as certificates need it: elements in a row, and one put together again.
 *
 * Source: X.690; RFC 5280 §4.1 for where a certificate keeps its extensions.
 *
 * @module
 */

export type Element = {
  readonly tag: number
  readonly body: Buffer
  /** Tag and length included. */
  readonly whole: Buffer
}

/** The tag of a TBSCertificate's extensions. */
export const EXTENSIONS = 0xa3

export const SEQUENCE = 0x30

/** The elements in a row of DER; ends at the first that is cut. */
export function children(der: Buffer): Element[] {
  const elements: Element[] = []
  let at = 0
  while (der.length - at >= 2) {
    const first = der[at + 1] ?? 0
    const more = first < 0x80 ? 0 : first & 0x7f
    if (more > 4 || der.length - at < 2 + more) break
    const size = more === 0 ? first : der.readUIntBE(at + 2, more)
    const start = at + 2 + more
    if (der.length - start < size) break
    const body = der.subarray(start, start + size)
    elements.push({ tag: der[at] ?? 0, body, whole: der.subarray(at, start + size) })
    at = start + size
  }
  return elements
}

/** @param body At most 16 MiB. */
export function encode(tag: number, body: Buffer): Buffer {
  const size = body.length
  const bytes = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 255]
  const long = [0x83, size >> 16, (size >> 8) & 255, size & 255]
  return Buffer.concat([Buffer.from([tag, ...(size < 0x10000 ? bytes : long)]), body])
}

/** The fields of a TBSCertificate; none when it is no such thing. */
export function fieldsOf(tbs: Buffer): readonly Element[] {
  const outer = children(tbs)[0]
  return outer ? children(outer.body) : []
}

/** The extensions among the fields of a TBSCertificate; undefined without any. */
export function extensionsAmong(fields: readonly Element[]): readonly Element[] | undefined {
  const wrapper = fields.find(({ tag }) => tag === EXTENSIONS)
  const list = wrapper && children(wrapper.body)[0]
  return list && children(list.body)
}

/**
 * Fixed fields of binary formats: unsigned, big-endian, one after the other.
 *
 * @module
 */

/** Puts fields one after the other. */
export class FieldWriter {
  readonly #parts: Uint8Array[] = []

  u8(value: number): this {
    return this.bytes(Uint8Array.of(value))
  }

  u16(value: number): this {
    const part = new Uint8Array(2)
    new DataView(part.buffer).setUint16(0, value)
    return this.bytes(part)
  }

  u32(value: number): this {
    const part = new Uint8Array(4)
    new DataView(part.buffer).setUint32(0, value)
    return this.bytes(part)
  }

  u64(value: bigint): this {
    const part = new Uint8Array(8)
    new DataView(part.buffer).setBigUint64(0, value)
    return this.bytes(part)
  }

  bytes(part: Uint8Array): this {
    this.#parts.push(part)
    return this
  }

  /** Text without terminator: for constants, or after its length. */
  text(text: string): this {
    return this.bytes(new TextEncoder().encode(text))
  }

  /** Length in two bytes, then the text; at most 65,535 bytes of it. */
  named(text: string): this {
    const bytes = new TextEncoder().encode(text)
    return this.u16(bytes.length).bytes(bytes)
  }

  finish(): Uint8Array {
    return concatBytes(this.#parts)
  }
}

/** Takes fields one after the other; `short` makes the error when the bytes end too early. */
export class FieldReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #short: () => Error
  #at = 0

  constructor(bytes: Uint8Array, short: () => Error) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#short = short
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8))
  }

  /** A view, not a copy. */
  bytes(size: number): Uint8Array {
    const at = this.#take(size)
    return this.#bytes.subarray(at, at + size)
  }

  #take(size: number): number {
    if (size > this.left) throw this.#short()
    const at = this.#at
    this.#at += size
    return at
  }
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Hex digits to bytes, or undefined when the text is anything else. */
export function fromHex(text: string): Uint8Array | undefined {
  if (!/^(?:[0-9a-f]{2})*$/.test(text)) return undefined
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

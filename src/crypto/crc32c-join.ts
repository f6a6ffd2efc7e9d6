/**
 * The CRC-32C of a whole from the checksums of its parts, in whatever order those came.
 *
 * A checksum is a polynomial over GF(2); bytes that follow multiply it by a power of x.
 *
 * Source: zlib's crc32_combine (multmodp, x2nmodp), here for the Castagnoli polynomial.
 *
 * @module
 */
const REVERSED_POLYNOMIAL = 0x82f63b78
/** x to the 0, bits reversed. */
const ONE = 0x8000_0000
/** Lengths up to 2 to the 56 bytes. */
const POWERS = 60

/** x to the power of 2 to the n. */
const squares = makeSquares()

/**
 * @param first CRC-32C of what comes first; 0 of nothing.
 * @param second Of what follows it.
 * @param secondLength Bytes of what follows.
 * @returns Of both; unsigned 32-bit.
 */
export function joinCrc32c(first: number, second: number, secondLength: number): number {
  return (times(powerOf(secondLength), first) ^ second) >>> 0
}

/** The checksum once so many zero bytes have followed. */
export function crc32cWithZeros(crc: number, zeros: number): number {
  return ~times(powerOf(zeros), ~crc >>> 0) >>> 0
}

/** x to the power of eight times the length. */
function powerOf(length: number): number {
  let power = ONE
  let left = length
  for (let at = 3; left > 0; at++) {
    if (left % 2 === 1) power = times(squares[at] ?? ONE, power)
    left = Math.floor(left / 2)
  }
  return power
}

/** Product of two polynomials modulo the polynomial, bits reversed. */
function times(a: number, b: number): number {
  let product = 0
  let factor = b
  for (let bit = ONE; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) product ^= factor
    factor = (factor >>> 1) ^ (factor & 1 ? REVERSED_POLYNOMIAL : 0)
  }
  return product >>> 0
}

function makeSquares(): readonly number[] {
  const made = [0x4000_0000]
  while (made.length < POWERS) made.push(times(made.at(-1)!, made.at(-1)!))
  return made
}

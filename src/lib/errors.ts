/**
 * The errors of Veilig: one class per reaction, one code per cause.
 *
 * A caller decides by class what to do (hang up, refuse, retry) and reports the code. A bug is
 * none of these: it is an AssertionError, nobody catches it, and the process ends.
 *
 * @module
 */

/** Shared shape. `message` is for the operator and may name internals; never send it to a peer. */
export abstract class VeiligError extends Error {
  /** Stable, searchable, listed in docs/errors.md; never reused for another cause. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(`${code}: ${message}`, options)
    this.name = new.target.name
    this.code = code
  }
}

/** The peer broke the protocol. Reaction: record it and hang up; never resynchronise. */
export class ProtocolError extends VeiligError {}

/** Policy refused. Reaction: record it and answer `publicMessage`; the connection may live on. */
export class DeniedError extends VeiligError {
  /** What the peer may know: no rule names, no internals. */
  readonly publicMessage: string

  constructor(code: string, message: string, publicMessage: string) {
    super(code, message)
    this.publicMessage = publicMessage
  }
}

/** A disk, network or dependency failed. Reaction: stop promising; retry the whole operation. */
export class FaultError extends VeiligError {}

/** Stored bytes are not what was stored. Reaction: use none of them, name the object, alert. */
export class IntegrityError extends VeiligError {}

/** The operator asked for what cannot be. Reaction: one sentence with what to do; exit 2. */
export class UsageError extends VeiligError {}

/**
 * What every service is once it runs.
 *
 * @module
 */

/** A running service. Disposing it stops accepting, finishes what was accepted, and closes. */
export interface RunningService extends AsyncDisposable {
  /** Resolves when the service can go on no longer; rejects with the reason. Never on disposal. */
  readonly failed?: Promise<never>
}
